"""Taking a definition apart."""

from __future__ import annotations

from bot.prompt.pieces import take_apart
from tests.prompt.source import chunk_of


def test_a_comment_behind_the_colon_stays_with_the_signature() -> None:
    pieces = take_apart(chunk_of("@cache\ndef f(a,\n      b):  # why\n    # note\n    return a\n", "f"))
    assert pieces.head == "@cache\ndef f(a,\n      b):  # why\n"
    assert pieces.body == "    # note\n    return a\n"


def test_a_one_line_function_gets_a_body_of_its_own() -> None:
    pieces = take_apart(chunk_of("class A:\n    def f(self): return 1\n", "A.f"))
    assert (pieces.head, pieces.body) == ("    def f(self):\n", "        return 1\n")
    assert pieces.class_header == "class A:\n"


def test_the_docstring_it_has_is_left_out() -> None:
    pieces = take_apart(chunk_of('def f():\n    """Old.\n\n    Text.\n    """\n    return 1\n', "f"))
    assert (pieces.head, pieces.body) == ("def f():\n", "    return 1\n")


def test_line_ends_are_line_feeds() -> None:
    pieces = take_apart(chunk_of("def f():\r\n    x = 1\r\n    return x\r\n", "f"))
    assert (pieces.head, pieces.body) == ("def f():\n", "    x = 1\n    return x\n")


def test_a_doc_comment_above_keeps_the_brace_with_the_signature() -> None:
    source = "package p\n\nfunc Add(a int, b int) int {\n\treturn a + b\n}\n"
    pieces = take_apart(chunk_of(source, "Add", "go", "a.go"))
    assert not pieces.inside
    assert (pieces.head, pieces.body) == ("func Add(a int, b int) int {\n", "\treturn a + b\n}\n")
    assert (pieces.open, pieces.close) == ("// ", "")


def test_block_comments_open_and_close_on_one_line() -> None:
    pieces = take_apart(chunk_of("function f() {\n  return 1;\n}\n", "f", "javascript", "a.js"))
    assert (pieces.open, pieces.close) == ("/** ", " */")
