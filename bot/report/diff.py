"""Unified hunks from known edits: the file is never compared as a whole, which would take minutes at size."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.report.places import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.data import Change, Suggestion

__all__ = ["Hunk", "first_line", "hunks", "source_lines", "split_lines", "suggested"]

Line = TypeVar("Line", str, bytes)


@dataclass(frozen=True, slots=True)
class Hunk(Generic[Line]):
    """Lines that change, and some around them; `old` and `new` count the lines before it in each file."""

    old: int
    new: int
    lines: tuple[tuple[str, Line], ...]  # (" ", "-" or "+", line)

    def count(self, marks: str) -> int:
        """Return how many lines bear one of `marks`."""
        return sum(mark in marks for mark, _ in self.lines)


def split_lines(data: Line, feed: Line) -> list[Line]:
    """Return the lines of `data` with their ends; only `feed` ends a line, as in git and the syntax tree."""
    pieces = data.split(feed)
    lines: list[Line] = [piece + feed for piece in pieces[:-1]]
    if pieces[-1]:
        lines.append(pieces[-1])
    return lines


def source_lines(change: Change) -> tuple[list[str], str]:
    """Return the lines of a file, and what ends them; once a file, for it may be long."""
    feed = "\n" if b"\n" in change.source or b"\r" not in change.source else "\r"
    return split_lines(change.source.decode("utf-8", "replace"), feed), feed


def suggested(
    suggestion: Suggestion, lines: Sequence[str], feed: str, context: int = 3
) -> Iterator[Hunk[str]]:
    """Yield what a suggestion changes; `lines` and `feed` are those of `source_lines`."""
    new = split_lines(suggestion.replacement, feed)
    if suggestion.new_file:
        yield from hunks([], [(0, 0, new)], context)
        return
    for hunk in hunks(lines, [(suggestion.start_line - 1, suggestion.end_line, new)], context):
        yield _trimmed(hunk)


def first_line(suggestion: Suggestion, found: Sequence[Hunk[str]]) -> int:
    """Return the line to name: the symbol's that lacks a docstring, else the first that changes.

    Args:
        suggestion: What is shown.
        found: Its hunks, of `suggested`.
    """
    if suggestion.task == "docstring" or suggestion.new_file or not found:
        return place(suggestion).start
    marks = [mark for mark, _ in found[0].lines]
    return found[0].old + next((at for at, mark in enumerate(marks) if mark != " "), 0) + 1


def _trimmed(hunk: Hunk[str]) -> Hunk[str]:
    """Return a hunk without blank lines at its ends that do not change."""
    telling = [at for at, (mark, line) in enumerate(hunk.lines) if mark != " " or line.strip()]
    if not telling:
        return hunk
    first, last = telling[0], telling[-1] + 1
    return Hunk(hunk.old + first, hunk.new + first, hunk.lines[first:last])


def hunks(
    old: Sequence[Line], edits: Iterable[tuple[int, int, Sequence[Line]]], context: int = 3
) -> Iterator[Hunk[Line]]:
    """Yield the hunks that turn `old` into what it is after `edits`.

    Args:
        old: The lines of the file.
        edits: `(start, end, new)` puts `new` in place of `old[start:end]`; sorted, without overlap.
        context: Unchanged lines to show around each change.
    """
    group: list[tuple[int, int, Sequence[Line]]] = []
    moved = 0  # how many lines longer the new file has become, before the group
    for change in _narrow(old, edits):
        if group and change[0] - group[-1][1] > 2 * context:
            yield _hunk(old, group, moved, context)
            moved += sum(len(new) - (end - start) for start, end, new in group)
            group = []
        group.append(change)
    if group:
        yield _hunk(old, group, moved, context)


def _narrow(
    old: Sequence[Line], edits: Iterable[tuple[int, int, Sequence[Line]]]
) -> Iterator[tuple[int, int, Sequence[Line]]]:
    """Yield the parts of the edits that do change a line."""
    for start, end, new in edits:
        codes = SequenceMatcher(None, old[start:end], new, autojunk=False).get_opcodes()
        for tag, i1, i2, j1, j2 in codes:
            if tag != "equal":
                yield start + i1, start + i2, new[j1:j2]


def _hunk(
    old: Sequence[Line], group: list[tuple[int, int, Sequence[Line]]], moved: int, context: int
) -> Hunk[Line]:
    first = at = max(0, group[0][0] - context)
    lines: list[tuple[str, Line]] = []
    for start, end, new in group:
        lines += ((" ", line) for line in old[at:start])
        lines += (("-", line) for line in old[start:end])
        lines += (("+", line) for line in new)
        at = end
    lines += ((" ", line) for line in old[at : at + context])
    return Hunk(first, first + moved, tuple(lines))
