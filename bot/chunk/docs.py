"""Header, body and doc comment of a definition, as byte offsets."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from bot.chunk.nodes import child_of
from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from bot.chunk.definitions import Definition, Lead
    from bot.chunk.tree import Node
    from bot.languages import Language

__all__ = ["as_indent", "body_indent", "body_of", "header_of", "indent_of", "of", "of_module", "preamble"]

Span = tuple[int, int]
Body = tuple[int, int, "Node"]

_PREAMBLE = re.compile(rb"\A(?:#![^\n]*(?:\n|\Z))?(?:#[^\n]*coding[:=][^\n]*(?:\n|\Z))?")
_OPENERS = (b'"', b"'", b'r"', b"r'", b'R"', b"R'", b'u"', b"u'", b'U"', b"U'")  # never f"" or b""
_FIRST_LINE = re.compile(rb"[{:]?[ \t]*(?:(?://|#|--)[^\n]*)?\r?\n(?:[ \t\r]*\n)*([ \t]*)(?=[^\s})])")


def preamble(source: bytes) -> int:
    """Return where a module's body starts: after `#!` and encoding lines."""
    match = _PREAMBLE.match(source)
    return match.end() if match else 0


def header_of(row: Language, outer: Node) -> int:
    """Return the first byte of the definition itself, after decorators, annotations and attributes."""
    if not row.annotations:
        return outer.start_byte
    first = outer.child(0)
    if first is None or (first.type not in row.annotations and first.type != "modifiers"):
        return outer.start_byte
    for child in outer.children:
        if child.type in row.annotations or child.type in row.comments:
            continue
        if child.type == "modifiers":
            word = next((each for each in child.children if each.type not in row.annotations), None)
            if word is None:
                continue
            return word.start_byte
        return child.start_byte
    return outer.start_byte


def body_of(row: Language, node: Node, header: int, source: bytes) -> Body | None:
    """Return where a body starts, where its first statement (or brace) does, and its node; None without.

    In Python the body starts right after the colon; elsewhere at the opening brace or first statement.
    """
    body = node.child_by_field_name("body")
    if body is None:
        body = child_of(node.child_by_field_name("type") if row.name == "go" else node, row.bodies)
        if body is None:
            return None
    first = body.start_byte
    if not row.plain_start:
        return first, first, body
    colon_at = source.rfind(b":", header, first)
    if colon_at >= 0 and source[colon_at + 1 : first].isspace():  # nearly always
        return colon_at + 1, first, body
    before = source[header:first].rstrip()
    if before.endswith(b":"):
        return header + len(before), first, body
    colon = next((each for each in reversed(node.children) if each.type == ":"), None)  # comments between
    return (colon.end_byte if colon else first), first, body


def of(row: Language, each: Definition, inside: Body | None, source: bytes) -> Span | None:
    """Return the span of a definition's doc comment, or None."""
    if not row.plain_start:
        return _above(row, each.lead, source) if each.lead else None
    if inside is None or not source.startswith(_OPENERS, inside[1]):
        return None
    return _docstring(inside[2], source)


def of_module(row: Language, root: Node, source: bytes) -> Span | None:
    """Return the span of a file's own docstring, or None. Only Python's files have one."""
    return _docstring(root, source) if row.plain_start else None


def _docstring(block: Node, source: bytes) -> Span | None:
    for number in range(block.child_count):
        statement = block.child(number)
        if statement.type == "comment":
            continue
        if statement.type != "expression_statement" or statement.child_count != 1:
            return None
        string = statement.child(0)
        if string.type not in {"string", "concatenated_string"}:
            return None
        span = string.byte_range
        return span if source.startswith(_OPENERS, span[0]) else None
    return None


@cache
def _marks(language: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    doc = LANGUAGES[language].doc
    return tuple(mark.encode() for mark in doc.marks), tuple(mark.encode() for mark in doc.goes_on)


def _above(row: Language, lead: list[Lead], source: bytes) -> Span | None:
    """Return the doc comment among what stands directly above: one block, or the lines nearest to it."""
    marks, goes_on = _marks(row.name)
    taken: Span | None = None
    pending: int | None = None  # end of lines that only count below a line with a mark
    for is_comment, start, end in reversed(lead):
        if not is_comment:
            if taken:
                break
            continue
        doc = source.startswith(marks, start) and not source.startswith(row.directives, start)
        if doc and source.startswith((b"/*", b"--[["), start):
            return taken or (start, end)
        if doc:
            taken = (start, taken[1] if taken else pending or end)
        elif taken:
            break
        elif goes_on and source.startswith(goes_on, start):
            pending = pending or end
    if taken is None:
        return None
    return taken[0], taken[0] + len(source[taken[0] : taken[1]].rstrip())


def indent_of(source: bytes, at: int) -> str:
    """Return the white space in front of `at` on its line; "" where code stands there."""
    return as_indent(source[source.rfind(b"\n", 0, at) + 1 : at])


@lru_cache(maxsize=256)  # a file has few different ones
def as_indent(lead: bytes) -> str:
    """Return the start of a line as text if it is white space, else ""."""
    return "" if lead.strip() else lead.decode("ascii", "replace")


def body_indent(row: Language, inside: Body | None, indent: str, source: bytes) -> str:
    """Return the white space in front of a body's first statement, or what it would be."""
    if inside is not None and row.plain_start:
        line = source.rfind(b"\n", inside[0], inside[1]) + 1
        if line:
            return as_indent(source[line : inside[1]])
    elif inside is not None:
        if not source.startswith(b"{", inside[0]):
            own = indent_of(source, inside[0])
            if len(own) > len(indent):
                return own
        match = _FIRST_LINE.match(source, inside[0])
        if match and len(match[1]) > len(indent):
            return match[1].decode("ascii")
    return indent + ("\t" if indent.startswith("\t") else row.indent)
