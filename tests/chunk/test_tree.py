"""Parsing within bounds, and the proof that only doc comments changed."""

from __future__ import annotations

import gc
import time
import tracemalloc

import pytest

from bot.chunk.tree import grammar, has_error, parse, strip_equal
from tests.chunk.samples import SAMPLES

DOCUMENTED = {
    "python": ("def f(a):\n    return a\n", 'def f(a):\n    """Doc."""\n    return a\n'),
    "javascript": ("function f(a) { return a }\n", "/**\n * Doc.\n */\nfunction f(a) { return a }\n"),
    "go": ("package p\n\nfunc F() {}\n", "package p\n\n// F does.\nfunc F() {}\n"),
    "rust": ("fn f() {}\n", "/// Doc.\nfn f() {}\n"),
    "ruby": ("class A\n  def f\n  end\nend\n", "class A\n  # Doc.\n  def f\n  end\nend\n"),
    "bash": ("f() {\n  :\n}\n", "# Doc.\nf() {\n  :\n}\n"),
    "lua": ("local function f() end\n", "--- Doc.\nlocal function f() end\n"),
    "c": ("int f(void);\n", "/** Doc. */\nint f(void);\n"),
    "csharp": ("class A { void F() {} }\n", "class A {\n/// <summary>Doc.</summary>\nvoid F() {} }\n"),
    "swift": ("func f() {}\n", "/// Doc.\nfunc f() {}\n"),
}


@pytest.mark.parametrize("language", SAMPLES)
def test_each_grammar_loads_and_parses_its_sample_without_error(language: str) -> None:
    assert grammar(language).node_kind_count > 10
    assert not has_error(language, SAMPLES[language][0].encode())
    assert has_error(language, b"<?php\n}}} ))) <<< ((( $$$ @@@")


@pytest.mark.parametrize("language", DOCUMENTED)
def test_adding_a_doc_comment_leaves_the_rest_of_the_tree_equal(language: str) -> None:
    before, after = (text.encode() for text in DOCUMENTED[language])
    assert strip_equal(language, before, after)
    assert strip_equal(language, after, before)


@pytest.mark.parametrize("language", DOCUMENTED)
def test_any_other_change_is_seen(language: str) -> None:
    before, after = (text.encode() for text in DOCUMENTED[language])
    assert not strip_equal(language, before, after.replace(b"f", b"g").replace(b"F", b"G"))
    assert not strip_equal(language, before, after + after.replace(b"package p\n", b""))


def test_comments_that_instruct_a_tool_are_not_documentation() -> None:
    assert not strip_equal("go", b"package p\n", b"//go:build linux\npackage p\n")
    assert not strip_equal("ruby", b"x = 1\n", b"# frozen_string_literal: true\nx = 1\n")
    assert not strip_equal("javascript", b"x\n", b"// eslint-disable\nx\n")


def test_a_string_that_is_no_docstring_counts() -> None:
    assert not strip_equal("python", b"x = 1\n", b'x = 1\n"late"\n')
    assert not strip_equal("python", b"if x:\n    y\n", b'if x:\n    "no doc"\n    y\n')


def test_parsing_gives_up_on_input_that_takes_too_long() -> None:
    hostile = b"[{(" * 20_000
    start = time.monotonic()
    assert parse("scala", hostile, seconds=0.2) is None
    assert time.monotonic() - start < 5
    assert parse("python", b"x = 1\n" * 5_000) is not None


def test_parsing_long_files_does_not_grow_memory() -> None:
    source = b"value = call(1, 2, 3)\n" * 10_000
    parse("python", source)
    gc.collect()
    tracemalloc.start()
    for _ in range(10):
        parse("python", source)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < len(source) / 2


def test_text_has_no_tree_and_no_errors() -> None:
    assert parse("text", b"x") is None
    assert not has_error("text", b"(((")
    assert not strip_equal("text", b"x", b"x")


def test_a_parse_that_was_stopped_leaves_no_trace_in_the_next() -> None:
    assert parse("scala", b"[{(" * 20_000, seconds=0.0) is None
    source = b"class A\n" * 5_000
    tree = parse("scala", source)
    assert tree is not None
    assert (tree.root_node.end_byte, tree.root_node.has_error) == (len(source), False)
