"""Header, body and doc comment of a definition, as byte offsets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.chunk.definitions import Definition
    from bot.chunk.tree import Node
    from bot.languages import Language

__all__ = ["body_indent", "body_of", "header_of", "of", "of_module", "preamble"]

Span = tuple[int, int]

_PREAMBLE = re.compile(rb"\A(?:#![^\n]*(?:\n|\Z))?(?:#[^\n]*coding[:=][^\n]*(?:\n|\Z))?")
_OPENERS = (b'"', b"'", b'r"', b"r'", b'R"', b"R'", b'u"', b"u'", b'U"', b"U'")  # never f"" or b""


def preamble(source: bytes) -> int:
    """Return where a module's body starts: after `#!` and encoding lines."""
    match = _PREAMBLE.match(source)
    return match.end() if match else 0


def header_of(row: Language, node: Node) -> int:
    """Return the first byte of the definition itself, after annotations that the node itself holds."""
    return node.start_byte


def body_of(row: Language, node: Node, header: int, source: bytes) -> Span | None:
    """Return where a body starts and where its first statement (or brace) does; None without a body.

    In Python the body starts right after the colon; elsewhere at the opening brace or keyword.
    """
    body = node.child_by_field_name("body")
    if body is None:
        return None
    first = body.start_byte
    if row.doc.placement == "before":
        return first, first
    before = source[header:first].rstrip()
    if before.endswith(b":"):
        return header + len(before), first
    colon = next((each for each in reversed(node.children) if each.type == ":"), None)  # comments between
    return (colon.end_byte if colon else first), first


def of(row: Language, each: Definition, inside: Span | None, source: bytes) -> Span | None:
    """Return the span of a definition's doc comment, or None."""
    if row.doc.placement == "inside":
        if inside is None or not source.startswith(_OPENERS, inside[1]):
            return None
        body = each.node.child_by_field_name("body")
        return _docstring(body) if body else None
    return None


def of_module(row: Language, root: Node, source: bytes) -> Span | None:
    """Return the span of a file's own doc comment, or None."""
    if row.doc.placement == "inside":
        return _docstring(root)
    return None


def _docstring(block: Node) -> Span | None:
    for statement in block.children:
        if statement.type == "comment":
            continue
        if statement.type != "expression_statement" or statement.child_count != 1:
            return None
        string = statement.child(0)
        if string is None or string.type not in {"string", "concatenated_string"}:
            return None
        return string.byte_range if (string.text or b"").startswith(_OPENERS) else None
    return None


def body_indent(row: Language, inside: Span | None, indent: str, source: bytes) -> str:
    """Return the white space in front of a body's first statement, or what it would be."""
    if inside is not None:
        first = inside[1]
        line = source.rfind(b"\n", 0, first) + 1
        if line > inside[0]:
            return source[line:first].decode("ascii", "replace")
    return indent + ("\t" if indent.startswith("\t") else "    ")
