"""Chunks cover a file exactly once, in order and within the budget, whatever state the file is in."""

from __future__ import annotations

import random
import sysconfig
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chunk.split import SMALLEST, split
from bot.chunk.symbols import symbols
from bot.data import Change, Chunk
from bot.languages import LANGUAGES
from tests.chunk.samples import SAMPLES

TOKENIZER = Path(__file__).parents[2] / "model_repository/embedded/1/tokenizer.json"
LIBRARY = Path(sysconfig.get_path("stdlib"))
NAMES = ("ast.py", "argparse.py", "dataclasses.py", "heapq.py", "bisect.py", "types.py", "copy.py", "abc.py")
EXTRAS = b"\n \t(){}[]\"'`#/*:;\\<>=\x00\xc3\xa9"

BUDGETS = st.sampled_from([SMALLEST, 40, 150, 700, 7680])


@cache
def real_files() -> tuple[tuple[str, bytes], ...]:
    """Return files of the standard library and the samples of every language."""
    library = [(name, (LIBRARY / name).read_bytes()[:20_000]) for name in NAMES if (LIBRARY / name).exists()]
    return (
        *library,
        *(("a" + LANGUAGES[n].extensions[0], text.encode()) for n, (text, _) in SAMPLES.items()),
    )


@cache
def count() -> object:
    """Return the embedded model's own token counter."""
    if not TOKENIZER.exists():
        pytest.skip("the embedded model's tokenizer is not here")
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(TOKENIZER))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def cut(path: str, source: bytes, budget: int = 7680, measure: object = None) -> list[Chunk]:
    """Split a file and check what must hold of any file."""
    chunks = split(Change(path, source, source), budget=budget, measure=measure)  # type: ignore[arg-type]
    at, line = 0, 1
    for chunk in chunks:
        assert chunk.start == at < chunk.end, "every byte exactly once, in order"
        assert chunk.start_line == line
        assert chunk.end_line == source.count(b"\n", 0, chunk.end - 1) + 1
        size = measure(chunk.text) if callable(measure) else chunk.end - chunk.start
        assert size <= budget
        at, line = chunk.end, source.count(b"\n", 0, chunk.end) + 1
    assert at == len(source)
    return chunks


def mutilated(source: bytes, seed: int) -> bytes:
    """Return a file after careless editing; still UTF-8."""
    chance = random.Random(seed)  # noqa: S311 - the same damage every time
    text = source.decode()
    for _ in range(chance.randrange(1, 6)):
        a, b = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + chance.randrange(1, 400))
        damage = chance.randrange(5)
        if damage == 0:
            text = text[:a] + text[b:]
        elif damage == 1:
            text = text[:a] + "".join(chance.choices(EXTRAS.decode(), k=5)) + text[a:]
        elif damage == 2:
            text = text[: max(b, 1)]
        elif damage == 3:
            text = text[:a] + text[a:b] * 2 + text[b:]
        else:
            text = text.replace("\n", "\r\n")
    return text.encode()


@given(st.data(), BUDGETS)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_real_files_are_covered_and_what_fits_is_whole(data: st.DataObject, budget: int) -> None:
    path, source = real_files()[data.draw(st.integers(0, len(real_files()) - 1))]
    for chunk in cut(path, source, budget):
        symbol = chunk.symbol
        if symbol and chunk.kind == "function" and symbol.end - symbol.start <= budget:
            assert chunk.parts == 1
            assert chunk.start <= symbol.start
            assert symbol.end <= chunk.end


@given(st.data(), BUDGETS, st.integers(0, 10_000))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_mutilated_files_are_covered_too(data: st.DataObject, budget: int, seed: int) -> None:
    path, source = real_files()[data.draw(st.integers(0, len(real_files()) - 1))]
    cut(path, mutilated(source, seed), budget)


@given(st.text(max_size=300), st.sampled_from(sorted(LANGUAGES)), BUDGETS)
@settings(derandomize=True, deadline=None, max_examples=150)
def test_any_text_is_covered_in_any_language(text: str, language: str, budget: int) -> None:
    cut("a" + LANGUAGES[language].extensions[0], text.encode("utf-8", "ignore"), budget)


@given(st.data(), st.sampled_from([40, 150, 2000]), st.integers(0, 10_000))
@settings(derandomize=True, deadline=None, max_examples=25)
def test_no_chunk_exceeds_the_budget_in_true_tokens(data: st.DataObject, budget: int, seed: int) -> None:
    path, source = real_files()[data.draw(st.integers(0, len(real_files()) - 1))]
    measure = count()
    assert callable(measure)
    for text in (source[:8000], mutilated(source[:8000].decode("utf-8", "ignore").encode(), seed)):
        for chunk in cut(path, text.decode("utf-8", "ignore").encode(), budget, measure):
            symbol = chunk.symbol
            if chunk.parts > 1 and symbol and chunk.kind == "function":
                body = chunk.change.source[symbol.start : symbol.end].decode()
                assert measure(body) > budget, "a function that fits is never split"


@pytest.mark.parametrize(
    "source",
    [
        b"\n",
        b" \t\n\n  ",
        b"x",
        b"\r\n\r\n",
        b"def f(): pass",
        b"\n\n\ndef f(): pass\n\n\n",
        b"x" * 50_000,
        b"x = '" + "é".encode() * 20_000 + b"'\n",
        b"(" * 20_000,
        b"x = [\n" + b"    1,\n" * 9000 + b"]\n",
        b"\x01\x02\x7f\n" * 100,
    ],
    ids=lambda source: repr(source[:12]),
)
@pytest.mark.parametrize("path", ["a.py", "a.js", "a.rb", "a.txt"])
def test_odd_files_are_covered(source: bytes, path: str) -> None:
    for budget in (64, 7680):
        cut(path, source, budget)


def test_an_empty_file_has_no_chunks() -> None:
    assert cut("a.py", b"") == []


def test_a_budget_that_no_character_may_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="budget"):
        split(Change("a.py", b"x", b"x"), budget=SMALLEST - 1)


def test_a_class_is_its_head_and_one_chunk_a_member() -> None:
    source = SAMPLES["python"][0].encode()
    shown = [(c.kind, c.symbol.qualname if c.symbol else None, c.start_line) for c in cut("a.py", source)]
    assert shown == [
        ("module", "", 1),
        ("class", "Stack", 6),
        ("function", "Stack.of", 11),  # with the comment directly above
        ("function", "Stack._drop", 17),
        ("block", None, 20),
        ("function", "fast", 21),
    ]


@pytest.mark.parametrize("language", SAMPLES)
def test_every_symbol_of_a_sample_has_its_chunk(language: str) -> None:
    source = SAMPLES[language][0].encode()
    chunks = cut("a" + LANGUAGES[language].extensions[0], source)
    names = [c.symbol.qualname for c in chunks if c.symbol and c.symbol.kind != "module"]
    assert names == [name.replace("Shape.secret", "Shape.#secret") for name, *_ in SAMPLES[language][1]]
    for chunk in chunks:
        if chunk.symbol and chunk.symbol.doc:
            assert chunk.start <= chunk.symbol.doc[0] < chunk.end


def test_an_oversize_function_keeps_signature_and_docstring_and_is_cut_at_statements() -> None:
    statements = "".join(f"    value_{n} = call(\n        {n},\n    )\n" for n in range(30))
    source = f'def f(\n    a,\n    b,\n):\n    """Doc."""\n{statements}    return a\n'.encode()
    first, *rest = cut("a.py", source, 200)
    assert first.text.startswith('def f(\n    a,\n    b,\n):\n    """Doc."""\n')
    assert [(c.part, c.parts) for c in (first, *rest)] == [(n, len(rest) + 1) for n in range(len(rest) + 1)]
    for chunk in rest:
        assert chunk.text.startswith(("    value_", "    return"))


def test_a_statement_that_is_oversize_alone_is_cut_at_the_statements_in_it() -> None:
    inner = "".join(f"            work({n})\n" for n in range(40))
    source = f"def f(a):\n    start()\n    if a:\n        for x in a:\n{inner}    return a\n".encode()
    for chunk in cut("a.py", source, 120)[1:]:
        assert chunk.text.lstrip().startswith(("work(", "return", "if a", "for x"))


def test_comments_around_a_function_give_way_before_the_function_is_split() -> None:
    comment = b"# words and words\n" * 20
    function = b"def f():\n" + b"    call()\n" * 20
    chunks = cut("a.py", b"import a\n\n" + comment + function + b"\n" * 50 + b"x = 1\n", 240)
    assert [c.text for c in chunks if c.kind == "function"] == [function.decode()]


def test_the_sound_parts_of_a_file_that_does_not_parse_are_kept() -> None:
    source = (
        b"import os\n\n\ndef sound(a):\n    return a\n\n\ndef broken(a:\n    return (a\n\n\n"
        b"class Sound:\n    def method(self):\n        return 1\n\n\ndef last(): pass\n"
    )
    chunks = cut("a.py", source)
    sound = {c.symbol.qualname for c in chunks if c.symbol and not c.symbol.broken}
    assert "sound" in sound
    assert "last" in sound


@given(st.integers(0, 10_000))
@settings(derandomize=True, deadline=None, max_examples=40)
def test_damage_in_one_function_leaves_most_others_sound(seed: int) -> None:
    source = (LIBRARY / "heapq.py").read_bytes()
    whole = [s for s in symbols("python", source) if s.kind == "function" and not s.broken]
    chance = random.Random(seed)  # noqa: S311 - the same damage every time
    victim = chance.choice(whole)
    at = chance.randrange(victim.body, victim.end)
    broken = source[:at] + chance.choice([b")", b"]", b" = = ", b" def ", b"@"]) + source[at:]
    kept = {c.symbol.qualname for c in cut("heapq.py", broken) if c.symbol and not c.symbol.broken}
    assert len({s.qualname for s in whole} - kept) <= 3


def test_a_file_that_takes_too_long_to_parse_is_cut_at_blank_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost, and it is said that the file does not parse."""
    monkeypatch.setattr("bot.chunk.tree.SECONDS", 0.0)
    source = b"x = 1\n\n" * 4000
    chunks = cut("a.py", source, 700)
    assert {c.kind for c in chunks} == {"error"}
    assert all(c.text.endswith("\n\n") for c in chunks)


def test_line_endings_of_windows_stay_with_their_line() -> None:
    source = SAMPLES["python"][0].replace("\n", "\r\n").encode()
    for chunk in cut("a.py", source, 64):
        assert not chunk.text.startswith("\n")
