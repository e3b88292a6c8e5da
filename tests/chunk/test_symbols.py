"""What is found in a file of each language."""

from __future__ import annotations

import pytest

from bot.chunk.split import split
from bot.chunk.symbols import detail, symbols
from bot.data import Change, Symbol
from bot.languages import LANGUAGES
from tests.chunk.samples import SAMPLES

FRONT = {  # what the symbol and its header start with: decorators and attributes included, then left out
    "python": ("Stack.of", "@classmethod", "def of"),
    "typescript": ("Job", "@Injectable", "export abstract class Job"),
    "rust": ("Pair", "#[derive", "pub struct Pair"),
    "java": ("Queue.find", "@Override", "protected <K>"),
    "cpp": ("geo.Box", "template <typename T>\nclass", "template <typename T>\nclass"),
    "csharp": ("Shop.Cart.Basket", "[Serializable]", "public sealed class"),
    "php": ("User", "#[Entity]", "final class"),
    "kotlin": ("User.greet", "@JvmStatic", "suspend fun"),
    "scala": ("Point.move", "@inline", "def move"),
    "swift": ("Cup.fill", "@discardableResult", "func fill"),
    "javascript": ("twice", "export const", "export const"),
}


def found(language: str) -> tuple[bytes, list[Symbol]]:
    source = SAMPLES[language][0].encode()
    return source, symbols(language, source)


def one(language: str, qualname: str) -> tuple[bytes, Symbol]:
    source, listed = found(language)
    return source, next(each for each in listed if each.qualname == qualname)


def test_every_language_of_the_table_has_a_sample() -> None:
    assert set(LANGUAGES) == set(SAMPLES)


@pytest.mark.parametrize("language", SAMPLES)
def test_names_kinds_visibility_parameters_and_doc_comments_are_found(language: str) -> None:
    _, (module, *rest) = found(language)
    assert (module.kind, module.qualname, module.broken) == ("module", "", False)
    assert [
        (s.qualname, s.kind, s.public, tuple(p.name.lstrip("#") for p in s.parameters), s.doc is not None)
        for s in rest
    ] == [(name.replace("Shape.secret", "Shape.#secret"), *others) for name, *others in SAMPLES[language][1]]


@pytest.mark.parametrize("language", SAMPLES)
def test_offsets_are_in_order_and_lines_agree_with_them(language: str) -> None:
    source, listed = found(language)
    for each in listed:
        assert 0 <= each.start <= each.header <= each.body <= each.end <= len(source)
        if each.kind != "module":
            assert each.start_line == source.count(b"\n", 0, each.start) + 1
            assert each.header_line == source.count(b"\n", 0, each.header) + 1
            assert each.end_line == source.count(b"\n", 0, each.end) + 1
        if each.doc and LANGUAGES[language].doc.placement == "before":
            assert each.doc[1] <= each.header
            assert source[each.doc[1] : each.start].count(b"\n") >= 1


@pytest.mark.parametrize("language", FRONT)
def test_decorators_and_wrappers_belong_to_a_symbol_but_not_to_its_header(language: str) -> None:
    qualname, start, header = FRONT[language]
    source, symbol = one(language, qualname)
    assert source[symbol.start :].startswith(start.encode())
    assert source[symbol.header :].startswith(header.encode())


def test_the_doc_comment_of_go_leaves_out_directives() -> None:
    source, symbol = one("go", "Point.Move")
    assert symbol.doc is not None
    assert source[slice(*symbol.doc)] == b"// Move shifts p.\n// It changes it."
    assert symbol.returns == "(moved bool, err error)"


def test_a_python_signature_is_read_whole() -> None:
    source = b"@a\n@b(1)\nasync def f(a, /, b: int = 1, *c: str, d, e=2, **k) -> dict[str, int]: ...\n"
    symbol = symbols("python", source)[1]
    assert [(p.name, p.kind, p.annotation, p.default) for p in symbol.parameters] == [
        ("a", "positional-only", None, None),
        ("b", "normal", "int", "1"),
        ("c", "variadic", "str", None),
        ("d", "keyword-only", None, None),
        ("e", "keyword-only", None, "2"),
        ("k", "keywords", None, None),
    ]
    assert (symbol.returns, symbol.decorators) == ("dict[str, int]", ("@a", "@b(1)"))


def test_a_python_body_starts_after_the_colon_even_with_comments_between() -> None:
    source = b'def f(a=":"):  # why\n  # more\n\n  "doc"\n  return 1\n'
    symbol = symbols("python", source)[1]
    assert source[symbol.header : symbol.body] == b'def f(a=":"):'
    assert (symbol.body_line, symbol.body_indent) == (4, "  ")
    assert symbol.doc is not None
    assert source[slice(*symbol.doc)] == b'"doc"'


@pytest.mark.parametrize("literal", ['f"no"', 'b"no"', '"a" + "b"', "x"])
def test_what_is_no_docstring_is_not_taken_for_one(literal: str) -> None:
    assert symbols("python", f"def f():\n    {literal}\n".encode())[1].doc is None


def test_the_same_name_twice_is_told_apart_by_its_ordinal() -> None:
    source = b"if a:\n    def f(): pass\nelse:\n    def f(x): pass\n"
    assert [(s.qualname, s.ordinal) for s in symbols("python", source)[1:]] == [("f", 0), ("f", 1)]


def test_detail_adds_to_a_chunk_s_symbol_what_splitting_leaves_out() -> None:
    source = SAMPLES["python"][0].encode()
    for chunk in split(Change("a.py", source, source), budget=4096):
        if chunk.symbol is not None:
            assert detail(chunk) in symbols("python", source)
    with pytest.raises(ValueError, match="no symbol"):
        detail(split(Change("a.txt", b"x", b"x"), budget=8)[0])


def test_what_a_function_defines_is_part_of_it() -> None:
    source = b"def f():\n    def g(): pass\n    class A: pass\n"
    assert [s.qualname for s in symbols("python", source)] == ["", "f"]


def test_text_of_no_language_is_one_module() -> None:
    assert [s.kind for s in symbols("text", b"Hello\nthere")] == ["module"]


def test_thousands_of_nested_blocks_do_not_exhaust_the_stack() -> None:
    source = b"class A {" * 3000 + b"}" * 3000
    assert len(symbols("java", source)) > 1
    deep = b"".join(b" " * i + b"if x:\n" for i in range(1500)) + b" " * 1500 + b"def f(): pass\n"
    assert symbols("python", deep)
