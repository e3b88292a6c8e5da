"""Where a finding lies in a file as it was read: its bytes, its lines, its symbol, and what names it."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.chunk.edit import line_starts
from bot.chunk.symbols import symbols
from bot.data import Chunk, Symbol
from bot.findings.finding import Finding, span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.data import Change

__all__ = ["Key", "Located", "Place", "locate", "outline", "statement_lines"]

Key = tuple[str, str, str]  # tool, rule, qualified name of the symbol: what survives a shift of lines


@dataclass(frozen=True, slots=True)
class Located:
    """A finding in its file. Offsets are bytes, lines 1-based and inclusive."""

    finding: Finding
    change: Change
    language: str
    symbol: Symbol  # the smallest one around it; the module where there is none
    start: int
    end: int
    start_line: int
    end_line: int
    first: int  # lines that an edit may touch: the symbol's own, or the statement's outside of functions
    last: int
    ordinal: int = 0  # how many earlier findings of the file have the same name

    @property
    def key(self) -> Key:
        """What findings are compared by when lines shift."""
        return self.finding.tool, self.finding.rule, self.symbol.qualname

    @property
    def text(self) -> str:
        """The code it complains of, white space made one."""
        return " ".join(self.change.source[self.start : self.end].decode("utf-8", "replace").split())

    @property
    def chunk(self) -> Chunk:
        """The function it lies in, or the statement's lines outside of functions."""
        one = self.symbol
        if one.kind in {"function", "method"}:
            return Chunk(
                self.change, self.language, "function", one.start, one.end, one.start_line, one.end_line, one
            )
        starts = line_starts(self.change.source)
        start, end = starts[self.first - 1], starts[min(self.last, len(starts) - 1)]
        return Chunk(self.change, self.language, "block", start, end, self.first, self.last, one)


class Place:
    """One file, in which findings are located."""

    def __init__(self, change: Change, language: str) -> None:
        self._change = change
        self._language = language
        self._source = change.source
        self._starts = line_starts(self._source)
        self._symbols = outline(language, self._source)

    def find(self, finding: Finding, *, rooms: bool = True) -> Located | None:
        """Return where a finding lies, or None where the file has no such place; see `locate`."""
        bytes_ = span(self._source, finding.region)
        if bytes_ is None or not self._source:
            return None
        start, end = bytes_
        start_line = self._line(start)
        end_line = max(start_line, self._line(max(start, end - 1)))
        symbol = self._around(start_line, end_line)
        first, last = self._room(symbol, start_line, end_line) if rooms else (start_line, end_line)
        return Located(
            finding, self._change, self._language, symbol, start, end, start_line, end_line, first, last
        )

    def _line(self, offset: int) -> int:
        """Return the line of a byte; at the very end of a file, its last line."""
        low, high = 0, len(self._starts) - 1
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low + 1

    def _around(self, start_line: int, end_line: int) -> Symbol:
        around = [s for s in self._symbols if s.start_line <= start_line and end_line <= s.end_line]
        return min(around, key=lambda s: (s.end - s.start, s.kind == "module"), default=self._symbols[0])

    def _room(self, symbol: Symbol, start_line: int, end_line: int) -> tuple[int, int]:
        """Return the lines that an edit may touch, blank ones around them included."""
        if symbol.kind in {"function", "method"}:
            first, last = symbol.start_line, symbol.end_line
        else:
            first, last = start_line, end_line
            if self._language == "python":
                first, last = statement_lines(self._source, first, last)
        while first > 1 and not self._text(first - 1).strip():
            first -= 1
        while last < len(self._starts) - 1 and not self._text(last + 1).strip():
            last += 1
        return first, last

    def _text(self, line: int) -> bytes:
        return self._source[self._starts[line - 1] : self._starts[line]]


@lru_cache(maxsize=8)
def outline(language: str, source: bytes) -> tuple[Symbol, ...]:
    """Return a source's symbols; kept, since a file is asked about once for every fix of it."""
    return tuple(symbols(language, source))


def locate(
    change: Change, language: str, findings: Iterable[Finding], *, rooms: bool = True
) -> tuple[list[Located], list[Finding]]:
    """Return the findings in order of their place, and those that name a place the file does not have.

    Args:
        change: The file.
        language: A row of the language table.
        findings: Of this file.
        rooms: Whether to find out which lines an edit may touch, which only matters for what is to be fixed.
    """
    place = Place(change, language)
    found: list[Located] = []
    astray: list[Finding] = []
    for finding in findings:
        one = place.find(finding, rooms=rooms)
        if one is None:
            astray.append(finding)
        else:
            found.append(one)
    found.sort(key=lambda one: (one.start, one.end, one.finding.rule))
    seen: Counter[tuple[Key, str]] = Counter()
    numbered = []
    for one in found:
        name = (one.key, one.text)
        numbered.append(replace(one, ordinal=seen[name]) if seen[name] else one)
        seen[name] += 1
    return numbered, astray


def statement_lines(source: bytes, first: int, last: int) -> tuple[int, int]:
    """Return the lines of the innermost Python statement around some lines, or those lines."""
    best = (1, 1 << 60)
    for start, end in _statements(source):
        if start <= first and last <= end and end - start < best[1] - best[0]:
            best = (start, end)
    return best if best[1] < 1 << 60 else (first, last)


@lru_cache(maxsize=4)
def _statements(source: bytes) -> tuple[tuple[int, int], ...]:
    if re.search(rb"\r(?!\n)", source):
        return ()  # `ast` counts lines that this file does not have
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the code's own: invalid escapes and the like
        try:
            tree = ast.parse(source.decode("utf-8", "replace"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            decorators = [d.lineno for d in getattr(node, "decorator_list", ())]
            found.append((min([node.lineno, *decorators]), node.end_lineno or node.lineno))
    return tuple(found)
