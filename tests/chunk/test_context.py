"""What linked context brings in, in which order, and what it must never bring in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.chunk.context import link
from tests.chunk.linked import FILES, build, chunk

if TYPE_CHECKING:
    from pathlib import Path

    from bot.data import Chunk, Snippet


def of(kind: str, snippets: tuple[Snippet, ...]) -> list[Snippet]:
    return [s for s in snippets if s.kind == kind]


def pairs(kind: str, snippets: tuple[Snippet, ...]) -> list[tuple[str, str]]:
    return [(s.path, s.symbol) for s in of(kind, snippets)]


def test_a_callee_is_found_through_a_reexport_under_another_name(tmp_path: Path) -> None:
    snippets = link(chunk(tmp_path_repo(tmp_path), "shop/cart.py", "checkout"), build(tmp_path))
    uses = {(s.path, s.symbol): s.text for s in of("uses", snippets)}
    assert "def gross_price(net, rate=VAT)" in uses["shop/pricing.py", "gross_price"]
    assert "Add the tax to a net price." in uses["shop/pricing.py", "gross_price"]
    assert uses["shop/pricing.py", "total"] == "def total(articles: list[Article], strip=None)"


def tmp_path_repo(root: Path) -> Path:
    build(root)
    return root


def test_a_class_comes_through_a_star_import_with_attributes_and_constructor(tmp_path: Path) -> None:
    snippets = link(chunk(tmp_path_repo(tmp_path), "shop/cart.py", "checkout"), build(tmp_path))
    article = next(s for s in of("uses", snippets) if s.symbol == "Article")
    assert article.path == "shop/models.py"
    assert "class Article(foundation.Record)" in article.text
    assert "attributes: title: str, net" in article.text
    assert "def __init__(self, title: str, net: float) -> None" in article.text


def test_members_of_the_own_class_and_of_its_base_are_used(tmp_path: Path) -> None:
    snippets = link(chunk(tmp_path_repo(tmp_path), "shop/models.py", "Article.describe"), build(tmp_path))
    assert snippets[0].kind == "class"
    assert '"""An article on the shelf."""' in snippets[0].text
    assert ("shop/models.py", "Article.price_tag") in pairs("uses", snippets)
    assert ("shop/base.py", "Record.identify") in pairs("uses", snippets)


def test_callers_come_with_the_line_that_calls(tmp_path: Path) -> None:
    index = build(tmp_path)
    snippets = link(chunk(tmp_path, "shop/pricing.py", "gross_price"), index)
    callers = {(s.path, s.symbol): s.text for s in of("used-by", snippets)}
    line = "owed = [gross(item.net) for item in cart if isinstance(item, Article)]"
    assert callers["shop/cart.py", "checkout"] == f"def checkout(cart)\n    {line}"
    assert callers["shop/models.py", "Article.price_tag"].endswith(
        'return f"{gross_price(self.net)} {currency}"'
    )


def test_a_namesake_elsewhere_is_neither_used_nor_a_user(tmp_path: Path) -> None:
    index = build(tmp_path)
    assert all(
        s.path != "unrelated/other.py" for s in link(chunk(tmp_path, "shop/cart.py", "checkout"), index)
    )
    assert not of("used-by", link(chunk(tmp_path, "unrelated/other.py", "total"), index))


def test_methods_of_builtin_types_are_not_taken_for_ours(tmp_path: Path) -> None:
    files = {**FILES, "shop/text.py": "class Text:\n    def strip(self):\n        return 1\n"}
    index = build(tmp_path, files)
    assert ("shop/text.py", "Text.strip") not in pairs(
        "uses", link(chunk(tmp_path, "shop/pricing.py", "total"), index)
    )


def test_a_receiver_is_taken_to_be_of_a_class_that_the_chunk_names(tmp_path: Path) -> None:
    index = build(tmp_path)
    snippets = link(chunk(tmp_path, "shop/pricing.py", "total"), index)
    assert ("shop/models.py", "Article.relabel") in pairs("uses", snippets)


def test_siblings_show_the_house_style(tmp_path: Path) -> None:
    index = build(tmp_path)
    first = of("sibling", link(chunk(tmp_path, "shop/models.py", "Article.describe"), index))[0]
    assert (first.symbol, first.answer) in {
        ("Article.price_tag", "Return the price as it is printed on the tag."),
        ("Article.relabel", "Give the article another title."),
    }
    assert first.answer not in first.text
    assert first.text.startswith("def ")
    assert '"""' not in first.text


def test_a_sibling_comes_from_the_same_folder_when_the_file_has_none(tmp_path: Path) -> None:
    files = {
        "p/a.py": 'def f(x):\n    """Return twice x."""\n    y = 2 * x\n    return y\n',
        "p/b.py": "def g(x):\n    return x\n",
    }
    siblings = of("sibling", link(chunk_of(tmp_path, files, "p/b.py", "g"), build(tmp_path, files)))
    assert [(s.path, s.symbol, s.text) for s in siblings] == [
        ("p/a.py", "f", "def f(x):\n    y = 2 * x\n    return y")
    ]


def chunk_of(root: Path, files: dict[str, str], path: str, qualname: str, language: str = "python") -> Chunk:
    build(root, files)
    return chunk(root, path, qualname, language)


@pytest.mark.parametrize(
    "doc",
    [
        "TODO: write this",
        "x",
        "f(x) -> y",
        "See also g there.",
        "Auto-generated by the tool.",
        "One of these:",
        "The 'func' argument is included for compatibility with existing code.",
        "'x' is the number to double.",
        "Use the x parameter is deprecated.",
        "This returns twice the number.",
        "Same as the other one.",
        "Return one of: 2, 4, 6.",
        "Double a number, e.g.",
    ],
)
def test_a_poor_summary_is_no_example(tmp_path: Path, doc: str) -> None:
    files = {
        "a.py": f'def f(x):\n    """{doc}"""\n    y = 2 * x\n    return y\n\n\ndef g(x):\n    return x\n'
    }
    assert not of("sibling", link(chunk_of(tmp_path, files, "a.py", "g"), build(tmp_path, files)))


def test_two_siblings_do_not_say_the_same_and_are_neither_tiny_nor_long(tmp_path: Path) -> None:
    docs = {
        "a": "Return the width of the box.",
        "b": "Returns the width of a box.",
        "c": "Write every line to the log.",
        "__call__": "Call the wrapped function.",
    }
    body = "    y = 2 * x\n    return y\n"
    functions = [f'def {name}(x):\n    """{doc}"""\n{body}' for name, doc in docs.items()]
    functions += ['def tiny(x):\n    """Take the number twice."""\n    return 2 * x\n']
    functions += ['def long(x):\n    """Sum some numbers up."""\n' + "    x += 1\n" * 20]
    files = {"a.py": "\n\n".join([*functions, "def g(x):\n    return x\n"])}
    found = of("sibling", link(chunk_of(tmp_path, files, "a.py", "g"), build(tmp_path, files)))
    assert len(found) == 2
    assert {s.symbol for s in found} in ({"a", "c"}, {"b", "c"})


def test_examples_show_a_call_with_its_outcome(tmp_path: Path) -> None:
    index = build(tmp_path)
    snippets = link(chunk(tmp_path, "shop/pricing.py", "gross_price"), index)
    assert [(s.path, s.text) for s in of("example", snippets)] == [
        ("tests/test_pricing.py", "assert gross_price(200) == 238.0"),
        ("shop/pricing.py", ">>> gross_price(net_price(119.0))\n119.0"),
    ]


def test_the_own_documentation_never_leaks(tmp_path: Path) -> None:
    index = build(tmp_path)
    for path, name in [
        ("shop/pricing.py", "gross_price"),
        ("shop/models.py", "Article"),
        ("shop/pricing.py", ""),
    ]:
        one = chunk(tmp_path, path, name)
        assert one.symbol is not None
        assert one.symbol.doc is not None
        doc = one.change.source[slice(*one.symbol.doc)].decode().strip('"\n ').splitlines()[0]
        for snippet in link(one, index):
            assert doc not in snippet.text + snippet.answer
            assert snippet.text not in one.text


def test_an_inherited_copy_of_the_own_docstring_is_a_leak_too(tmp_path: Path) -> None:
    doc = '"""Return the size of the thing in bytes."""'
    files = {
        "a.py": f"class A:\n    def size(self):\n        {doc}\n        return 1\n\n\n"
        f"class B(A):\n    def size(self):\n        {doc}\n        return 2\n"
    }
    assert all(
        "in bytes" not in s.text + s.answer
        for s in link(chunk_of(tmp_path, files, "a.py", "B.size"), build(tmp_path, files))
    )


def test_a_class_comes_with_its_members(tmp_path: Path) -> None:
    index = build(tmp_path)
    members = of("class", link(chunk(tmp_path, "shop/models.py", "Article"), index))[0]
    assert "def describe(self, currency)" in members.text
    assert "Give the article another title." in members.text


def test_companions_come_last(tmp_path: Path) -> None:
    index = build(tmp_path)
    one = chunk(tmp_path, "shop/cart.py", "checkout")
    snippets = link(one, index, companions=["shop/base.py", "gone.py", "shop/cart.py"])
    assert (snippets[-1].kind, snippets[-1].path) == ("recent", "shop/base.py")
    assert snippets[-1].text == "class Record"


def test_the_most_useful_comes_first_and_nothing_twice(tmp_path: Path) -> None:
    index = build(tmp_path)
    for path, name in [
        ("shop/pricing.py", "total"),
        ("shop/cart.py", "checkout"),
        ("shop/models.py", "Article"),
    ]:
        snippets = link(chunk(tmp_path, path, name), index, limit=5)
        assert len(snippets) <= 5
        assert [s.score for s in snippets] == sorted((s.score for s in snippets), reverse=True)
        assert len({s.text for s in snippets}) == len(snippets)


def test_two_indexes_agree_whatever_was_asked_before(tmp_path: Path) -> None:
    first, second = build(tmp_path), build(tmp_path)
    asked = [
        ("shop/pricing.py", "total"),
        ("shop/cart.py", "checkout"),
        ("shop/models.py", "Article.describe"),
    ]
    forth = [link(chunk(tmp_path, *each), first) for each in asked]
    back = [link(chunk(tmp_path, *each), second) for each in reversed(asked)]
    assert forth == back[::-1]


def test_content_newer_than_the_index_is_linked_as_it_is(tmp_path: Path) -> None:
    index = build(tmp_path)
    (tmp_path / "shop/cart.py").write_text(
        "from shop.pricing import net_price\n\n\ndef fresh(x):\n    return net_price(x)\n"
    )
    (tmp_path / "shop/fresh.py").write_text(
        "from .base import Record\n\n\ndef make():\n    return Record()\n"
    )
    assert pairs("uses", link(chunk(tmp_path, "shop/cart.py", "fresh"), index)) == [
        ("shop/pricing.py", "net_price")
    ]
    assert ("shop/base.py", "Record") in pairs("uses", link(chunk(tmp_path, "shop/fresh.py", "make"), index))


OTHERS = {
    "typescript": {
        "src/money.ts": "/** Adds tax. */\nexport function gross(net: number): number { return net; }\n",
        "src/cart.ts": "import { gross as g } from './money';\n\n"
        "export function owe(n: number) {\n  return g(n);\n}\n",
    },
    "go": {
        "money/money.go": "package money\n\n// Gross adds tax.\nfunc Gross(net int) int { return net }\n",
        "cart/cart.go": 'package cart\n\nimport "example.org/shop/money"\n\n'
        "func owe(n int) int {\n\treturn money.Gross(n)\n}\n",
    },
    "java": {
        "a/Money.java": "package a;\n\npublic class Money {\n"
        "  /** Adds tax. */\n  public static int gross(int n) { return n; }\n}\n",
        "b/Cart.java": "package b;\n\nimport a.Money;\n\n"
        "class Cart {\n  int owe(int n) {\n    return Money.gross(n);\n  }\n}\n",
    },
    "rust": {
        "src/money.rs": "/// Adds tax.\npub fn gross(net: i64) -> i64 { net }\n",
        "src/cart.rs": "use crate::money::gross;\n\npub fn owe(n: i64) -> i64 {\n    gross(n)\n}\n",
    },
}


@pytest.mark.parametrize("language", OTHERS)
def test_imports_are_followed_in_other_languages(tmp_path: Path, language: str) -> None:
    files = OTHERS[language]
    used, using = files
    name = "Cart.owe" if language == "java" else "owe"
    snippets = link(chunk_of(tmp_path, files, using, name, language), build(tmp_path, files))
    found = [s.text for s in of("uses", snippets) if s.path == used]
    assert any("ross(" in text and "dds tax." in text for text in found)
