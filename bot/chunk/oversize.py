"""Splitting what does not fit: at statements, inside them, at lines, and last between characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.chunk.tree import Node
    from bot.data import Symbol

__all__ = ["Room", "split"]

Span = tuple[int, int]

_WHITE = frozenset((b"", b" ", b"\t", b"\n", b"\r", b"\f"))  # in front of what may start a line


class Room:
    """A budget, and how much of it a run of bytes takes."""

    def __init__(self, source: bytes, budget: int, measure: Callable[[str], int] | None) -> None:
        self.source = source
        self.budget = budget
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
    waiting = [_Unit(keep, end, node)] if keep < end else []
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
        size = room.tokens(unit.start, unit.end)
        if size > room.budget:
            waiting.extend(reversed(_expand(room, unit)))
            continue
        if filled + size > room.budget:
            waiting.append(unit)
            _flush(room, taken, waiting, out)
            filled = 0
            continue
        taken.append(unit)
        filled += size
    return out


def _flush(room: Room, taken: list[_Unit], waiting: list[_Unit], out: list[Span]) -> None:
    """Close the run. Where the whole has more tokens than its units together, the last ones go back."""
    while len(taken) > 1 and not room.fits(taken[0].start, taken[-1].end):
        waiting.append(taken.pop())
    out.append((taken[0].start, taken[-1].end))
    taken.clear()


def _expand(room: Room, unit: _Unit) -> list[_Unit]:
    """Return smaller units that make up `unit`; always at least two."""
    source = room.source
    if unit.node is not None:
        return _by_node(source, unit, unit.node) or _expand(room, unit._replace(node=None))
    for separator in (b"\n\n", b"\n"):
        units = _after_each(source, unit, separator)
        if len(units) > 1:
            return units
    return _halves(source, unit)


def _by_node(source: bytes, unit: _Unit, node: Node) -> list[_Unit]:
    """Cut at the children that start a line; in code without line ends, at any named child."""
    for on_lines in (True, False):
        inner: Node | None = node
        while inner is not None:
            children = _overlapping(inner, unit)
            units = _at_children(source, unit, children, on_lines=on_lines)
            if len(units) > 1:
                return units
            inner = max(children, key=_length, default=None)
    return []


def _overlapping(node: Node, unit: _Unit) -> list[Node]:
    """Return the children that share bytes with a unit."""
    start, end = node.byte_range
    if unit.start <= start and end <= unit.end:
        return node.children
    return [c for c in node.children if c.end_byte > unit.start and c.start_byte < unit.end]


def _length(node: Node) -> int:
    return node.end_byte - node.start_byte


def _at_children(source: bytes, unit: _Unit, children: list[Node], *, on_lines: bool) -> list[_Unit]:
    cuts: set[int] = set()
    joined = False  # to a comment directly above
    for child in children:
        start, end = child.byte_range
        line = -1
        if source[start - 1 : start] in _WHITE:
            line = source.rfind(b"\n", 0, start) + 1
            line = -1 if source[line:start].strip() else line
        if start > unit.start and not joined:
            if line >= 0:
                cuts.add(max(line, unit.start))
            elif not on_lines and child.is_named:
                cuts.add(start)
        joined = line >= 0 and source[end : end + 2].count(b"\n") == 1 and "comment" in child.type
    cuts.discard(unit.start)
    if not cuts:
        return []
    starts = [unit.start, *sorted(cuts)]
    ends = [*starts[1:], unit.end]
    largest: list[Node | None] = [None] * len(starts)
    number = 0
    longest = 0
    for child in children:  # the child that a unit is cut by if it must be: its largest
        start, end = child.byte_range
        while number + 1 < len(starts) and start >= starts[number + 1]:
            number, longest = number + 1, 0
        if end - start > longest:
            largest[number], longest = child, end - start
    return [_Unit(*each) for each in zip(starts, ends, largest, strict=True)]


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
