"""Where a docstring goes: the lines it replaces, found in the source and never in a model's answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.data import Symbol
    from bot.languages import DocForm

__all__ = [
    "Anchor",
    "above",
    "doc_lines",
    "header_end",
    "inside",
    "longest_line",
    "module_top",
    "room_for",
    "starts_inline",
]

_STRING = re.compile(
    rb"(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')",
    re.DOTALL,
)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")
_LICENCE = re.compile(
    rb"copyright|licen[cs]e|spdx|all rights reserved|\(c\)|-\*-|\bauthors?\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Lines `start_line`..`end_line` make room for `before` + the doc comment's lines + `after`.

    `before` and `after` are source text with whole lines; `newline` ends the inserted lines.
    """

    start_line: int
    end_line: int
    before: str
    after: str
    indent: str
    newline: str

    def around(self, lines: list[str]) -> str:
        """Return the replacement text: the anchor's own lines around the indented `lines`."""
        inserted = "".join((self.indent + line).rstrip() + self.newline for line in lines)
        before = self.before if not self.before or self.before.endswith("\n") else self.before + self.newline
        return before + inserted + self.after


def room_for(symbol: Symbol, source: bytes, form: DocForm) -> Anchor | None:
    """Return where a symbol's doc comment goes; None where there is no room for one."""
    if form.placement == "before":
        return above(source, symbol)
    return module_top(source) if symbol.kind == "module" else inside(source, symbol)


def header_end(source: bytes, symbol: Symbol) -> int | None:
    """Return the offset just behind the colon that ends a Python signature, None if there is none."""
    depth, at = 0, symbol.header
    while at < symbol.end:
        char = source[at : at + 1]
        if char in {b'"', b"'"}:
            literal = _STRING.match(source, at)
            at = literal.end() if literal else at + 1
            continue
        if char == b"#":
            newline = source.find(b"\n", at)
            at = newline if newline >= 0 else symbol.end
            continue
        if char in {b"(", b"[", b"{"}:
            depth += 1
        elif char in {b")", b"]", b"}"}:
            depth -= 1
        elif char == b":" and depth == 0:
            return at + 1
        at += 1
    return None


def starts_inline(source: bytes, colon: int) -> bool:
    """Whether code follows the colon on its own line, or none follows at all."""
    newline = source.find(b"\n", colon)
    rest = source[colon : newline if newline >= 0 else len(source)].strip()
    return newline < 0 or (bool(rest) and not rest.startswith(b"#"))


def inside(source: bytes, symbol: Symbol) -> Anchor | None:
    """Return the place of a Python function's or class's docstring: below the signature's last line.

    Blank lines between signature and body give way (a docstring touches both, D201 and D202); comments
    stay where they are, below it.
    """
    colon = header_end(source, symbol)
    if colon is None or starts_inline(source, colon):
        return None
    lines = source.split(b"\n")
    first = source.count(b"\n", 0, colon)  # index of the signature's last line
    last = first
    while last + 1 < len(lines) and not lines[last + 1].strip():
        last += 1
    following = lines[last + 1].strip() if last + 1 < len(lines) else b""
    newline = "\r\n" if lines[first].endswith(b"\r") else "\n"
    nested = last > first and re.match(rb"(?:async\s+)?def\b|class\b|@", following)
    return Anchor(
        start_line=first + 1,
        end_line=last + 1,
        before=_text(lines[first] + b"\n"),
        after=newline if symbol.kind == "class" or nested else "",
        indent=symbol.body_indent or symbol.indent + "    ",
        newline=newline,
    )


def module_top(source: bytes) -> Anchor | None:
    """Return the place of a module's docstring: below `#!`, coding cookie and licence, above all code."""
    lines = source.split(b"\n")
    count = len(lines) - 1 if not lines[-1] else len(lines)
    if count == 0:
        return None
    newline = "\r\n" if lines[0].endswith(b"\r") else "\n"
    top = 0
    while top < min(2, count) and (
        (top == 0 and lines[top].startswith(b"#!")) or _COOKIE.match(lines[top]) is not None
    ):
        top += 1
    block = top
    while block < count and lines[block].lstrip().startswith(b"#"):
        block += 1
    comment = b"\n".join(lines[top:block])
    if block > top and (_LICENCE.search(comment) or (block < count and not lines[block].strip())):
        top = block
    blank = top
    while blank < count and not lines[blank].strip():
        blank += 1
    if blank >= count:
        return None  # nothing but comments
    gap = newline if top > 0 and blank > top else ""
    return Anchor(
        start_line=max(top, 1),
        end_line=max(blank, 1),
        before=(_text(lines[top - 1] + b"\n") if top else "") + gap,
        after=newline + ("" if blank else _line(lines, 0)),
        indent="",
        newline=newline,
    )


def above(source: bytes, symbol: Symbol) -> Anchor | None:
    """Return the place of a doc comment directly above a definition, its decorators and attributes.

    None where something else stands in front of the definition on its line: the comment would be about that.
    """
    lines = source.split(b"\n")
    first = source.count(b"\n", 0, symbol.start)
    line = lines[first]
    indent = line[: symbol.start - source.rfind(b"\n", 0, symbol.start) - 1]
    if indent.strip():
        return None
    newline = "\r\n" if line.endswith(b"\r") else "\n"
    return Anchor(first + 1, first + 1, "", _line(lines, first), _text(indent), newline)


def doc_lines(source: bytes, doc: tuple[int, int]) -> tuple[int, int, list[str], str]:
    """Return the first and last line number of a docstring, its lines without ends, and their line end."""
    first, last = source.count(b"\n", 0, doc[0]), source.count(b"\n", 0, doc[1])
    lines = source.split(b"\n")[first : last + 1]
    newline = "\r\n" if lines[0].endswith(b"\r") else "\n"
    return first + 1, last + 1, [_text(line.removesuffix(b"\r")) for line in lines], newline


def longest_line(source: bytes) -> int:
    """Return the length in characters of the longest line that is plainly code: no string, no comment."""
    longest = 0
    for line in source.splitlines():
        if len(line) > longest and b"#" not in line and b'"' not in line and b"'" not in line:
            longest = max(longest, len(line.decode("utf-8", "replace").expandtabs(4)))
    return longest


def _line(lines: list[bytes], index: int) -> str:
    """Return a line with its ending, exactly as the file has it."""
    return _text(lines[index] + (b"\n" if index + 1 < len(lines) else b""))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
