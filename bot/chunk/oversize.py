"""Splitting what does not fit: at statements, inside them, at lines, and last between characters."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.chunk.tree import Node
    from bot.data import Symbol

__all__ = ["Room", "split"]

Span = tuple[int, int]

_WHITE = frozenset((b"", b" ", b"\t", b"\n", b"\r", b"\f"))  # in front of what may start a line
_start = attrgetter("start_byte")
_end = attrgetter("end_byte")


class Room:
    """A budget, and how much of it a run of bytes takes."""

    def __init__(self, source: bytes, budget: int, measure: Callable[[str], int] | None) -> None:
        self.source = source
        self.budget = budget
        self.in_bytes = measure is None
        self._measure = measure

    def tokens(self, start: int, end: int) -> int:
        """Return what `source[start:end]` takes."""
        if self._measure is None:
            return end - start
        return self._measure(self.source[start:end].decode("utf-8", "replace"))

    def fits(self, start: int, end: int) -> bool:
        """Whether `source[start:end]` is within the budget, without measuring where its size tells."""
        if end - start <= self.budget:
            return True
        return self._measure is not None and self.tokens(start, end) <= self.budget

    def core(self, symbol: Symbol, start: int, end: int) -> Span | None:
        """Return a span around a symbol that fits where `start`..`end` does not, or None."""
        line = self.source.rfind(b"\n", 0, symbol.start) + 1
        stop = self.source.find(b"\n", symbol.end) + 1 or len(self.source)
        for span in ((max(line, start), min(stop, end)), (symbol.start, symbol.end)):
            if start <= span[0] and span[1] <= end and self.fits(*span):
                return span
        return None


class _Unit(NamedTuple):
    """A run that is kept together where possible, and the node to cut it by where not."""

    start: int
    end: int
    node: Node | None


def split(room: Room, start: int, end: int, node: Node | None, keep: int) -> list[Span]:
    """Cut `start`..`end` into runs within the budget, as long as possible.

    Args:
        room: the budget.
        start: first byte.
        end: past the last byte.
        node: a node that covers the run, by whose statements it is cut; None for blank lines.
        keep: the first run reaches at least this far, if that fits.
    """
    waiting: list[_Unit | _Run] = [_Unit(keep, end, node)] if keep < end else []
    if start < keep:
        waiting.append(_Unit(start, keep, None))
    out: list[Span] = []
    taken: list[_Unit] = []  # the run that is being filled
    filled = 0  # its tokens, as the sum of its units'
    while waiting or taken:
        if not waiting:
            _flush(room, taken, waiting, out)
            filled = 0
            continue
        unit = waiting.pop()
        if isinstance(unit, _Run):
            waiting.extend(unit.parted(room, filled))
            continue
        size = room.tokens(unit.start, unit.end)
        if size > room.budget:
            waiting.extend(_expand(room, unit))
            continue
        if filled + size > room.budget:
            waiting.append(unit)
            _flush(room, taken, waiting, out)
            filled = 0
            continue
        taken.append(unit)
        filled += size
    return out


def _flush(room: Room, taken: list[_Unit], waiting: list[_Unit | _Run], out: list[Span]) -> None:
    """Close the run. Where the whole has more tokens than its units together, the last ones go back."""
    while len(taken) > 1 and not room.fits(taken[0].start, taken[-1].end):
        waiting.append(taken.pop())
    out.append((taken[0].start, taken[-1].end))
    taken.clear()


def _expand(room: Room, unit: _Unit) -> Sequence[_Unit | _Run]:
    """Return smaller units that make up `unit`, the last one first."""
    source = room.source
    if unit.node is not None:
        run = _by_node(source, unit, unit.node)
        return [run] if run else _expand(room, unit._replace(node=None))
    for separator in (b"\n\n", b"\n"):
        units = _after_each(source, unit, separator)
        if len(units) > 1:
            return units[::-1]
    return _halves(source, unit)[::-1]


def _by_node(source: bytes, unit: _Unit, node: Node) -> _Run | None:
    """Cut at the children that start a line; in code without line ends, at any named child."""
    for on_lines in (True, False):
        inner: Node | None = node
        while inner is not None:
            children = _overlapping(inner, unit)
            run = _Run(source, unit, children, on_lines=on_lines)
            if run.cut_after(0)[1] < unit.end:
                return run
            inner = max(children, key=_length, default=None)
    return None


def _overlapping(node: Node, unit: _Unit) -> list[Node]:
    """Return the children that share bytes with a unit."""
    start, end = node.byte_range
    children = node.children
    if unit.start <= start and end <= unit.end:
        return children
    first = bisect_right(children, unit.start, key=_end)
    return children[first : bisect_left(children, unit.end, first, key=_start)]


def _length(node: Node) -> int:
    return node.end_byte - node.start_byte


class _Run:
    """What is to be cut at the children of a node: a unit at a time, so that few children are looked at."""

    __slots__ = ("_at", "_children", "_end", "_on_lines", "_source", "_start")

    def __init__(self, source: bytes, unit: _Unit, children: list[Node], *, on_lines: bool) -> None:
        self._source = source
        self._start, self._end, _ = unit
        self._children = children
        self._at = 0  # the first child of what is left
        self._on_lines = on_lines

    def parted(self, room: Room, filled: int) -> Sequence[_Unit | _Run]:
        """Take the next unit off: return what is left, if anything, and the unit.

        Where tokens are bytes it is as long as fits on top of `filled`, else it ends at the next cut.
        """
        start, first = self._start, self._at
        limit = start + room.budget - filled
        if room.in_bytes and self._end <= limit:
            return [_Unit(start, self._end, None)]
        last = first
        if room.in_bytes and start < limit:
            last = bisect_right(self._children, limit, first, key=_start)
        number, cut = self._cut_before(last, limit) if last > first else (first, -1)
        if cut < 0:
            number, cut = self.cut_after(last)
        node = None
        if cut - start > room.budget or not room.in_bytes:
            node = max(self._children[first:number], key=_length, default=None)
        unit = _Unit(start, cut, node)
        self._start, self._at = cut, number
        return [self, unit] if cut < self._end else [unit]

    def _cut_before(self, number: int, limit: int) -> tuple[int, int]:
        """Return the last child up to `number` with a cut at or before `limit`, and that cut or -1."""
        for each in range(min(number, len(self._children) - 1), self._at - 1, -1):
            cut = self._cut(each)
            if 0 <= cut <= limit:
                return each, cut
        return number, -1

    def cut_after(self, number: int) -> tuple[int, int]:
        """Return the first child from `number` on with a cut, and that cut; at the end the end."""
        for each in range(number, len(self._children)):
            cut = self._cut(each)
            if cut >= 0:
                return each, cut
        return len(self._children), self._end

    def _cut(self, number: int) -> int:
        """Return where to cut before a child, or -1 where that must not be."""
        child = self._children[number]
        at = child.start_byte
        if at <= self._start or (number and self._joins(self._children[number - 1])):
            return -1
        line = _line(self._source, at)
        if line > self._start:
            return line
        return at if line < 0 and not self._on_lines and child.is_named else -1

    def _joins(self, child: Node) -> bool:
        """Whether a child is a comment with lines of its own, directly above the next."""
        end = child.end_byte
        return (
            self._source[end : end + 2].count(b"\n") == 1
            and "comment" in child.type
            and _line(self._source, child.start_byte) >= 0
        )


def _line(source: bytes, at: int) -> int:
    """Return where the line of `at` starts if there is only white space in front, else -1."""
    if source[at - 1 : at] not in _WHITE:
        return -1
    line = source.rfind(b"\n", 0, at) + 1
    return -1 if source[line:at].strip() else line


def _after_each(source: bytes, unit: _Unit, separator: bytes) -> list[_Unit]:
    units: list[_Unit] = []
    start = unit.start
    while start < unit.end:
        found = source.find(separator, start, unit.end)
        end = unit.end if found < 0 else found + len(separator)
        while separator == b"\n\n" and source[end : end + 1] == b"\n" and end < unit.end:
            end += 1
        units.append(_Unit(start, end, None))
        start = end
    return units


def _halves(source: bytes, unit: _Unit) -> list[_Unit]:
    """Cut in the middle, never inside a character."""
    middle = (unit.start + unit.end) // 2
    while middle < unit.end and source[middle] & 0xC0 == 0x80:  # noqa: PLR2004 - a continuation byte
        middle += 1
    if middle >= unit.end:
        middle = (unit.start + unit.end) // 2
        while middle > unit.start and source[middle] & 0xC0 == 0x80:  # noqa: PLR2004
            middle -= 1
    if not unit.start < middle < unit.end:  # not UTF-8 after all
        middle = unit.start + 1
    return [_Unit(unit.start, middle, None), _Unit(middle, unit.end, None)]
