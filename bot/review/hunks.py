"""A unified diff of one file, read for the lines of its new side."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.data import LineRange

__all__ = ["Patch", "read_patch"]

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Patch:
    """`spans` are hunks with their context, which comments may lie in; `changed` is what was written."""

    spans: tuple[LineRange, ...]
    changed: tuple[LineRange, ...]


def read_patch(patch: str) -> Patch:  # noqa: C901 - one branch a kind of line
    """Read a `patch` as GitHub gives it: hunks only, without file headers.

    Hunks are counted out, so that lines which look like headers are content. Where lines were only removed,
    the line in front of the gap stands for them, as in `bot.git`.
    """
    spans: list[LineRange] = []
    changed: list[LineRange] = []
    at = old = new = 0  # next line of the new side; lines left in the hunk, by side
    removed = added = 0  # in the run of changed lines that ends before this one
    for line in [*patch.split("\n"), ""]:
        mark = line[:1]
        if mark not in {"+", "-", "\\"} or (old <= 0 and new <= 0):
            if added:
                changed.append(LineRange(at - added, at - 1))
            elif removed:
                changed.append(LineRange(max(at - 1, 1), max(at - 1, 1)))
            removed = added = 0
        if old <= 0 and new <= 0:
            if match := _HUNK.match(line):
                old, at, new = (1 if n is None else int(n) for n in match.groups())
                if new:
                    spans.append(LineRange(at, at + new - 1))
                else:
                    at += 1  # a range of no lines is named by the line before it
        elif mark == "+":
            added, at, new = added + 1, at + 1, new - 1
        elif mark == "-":
            removed, old = removed + 1, old - 1
        elif mark != "\\":  # context; some tools leave out the blank of an empty line
            at, old, new = at + 1, old - 1, new - 1
    return Patch(tuple(spans), _without_gaps(changed))


def _without_gaps(ranges: list[LineRange]) -> tuple[LineRange, ...]:
    joined: list[LineRange] = []
    for each in ranges:
        if joined and each.start <= joined[-1].end + 1:
            joined[-1] = LineRange(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return tuple(joined)
