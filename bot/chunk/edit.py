r"""Line edits on bytes. What is outside the edited lines is carried over byte for byte.

Lines end at "\\n", as git, tree-sitter and editors count them; a "\\r" in front of it belongs to the line
ending. Only where a file has no "\\n" at all does a lone "\\r" end lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.data import Change, Suggestion

__all__ = ["Edit", "apply_all", "edited_source", "line_starts", "replace_lines", "same_ends"]

Line = TypeVar("Line", str, bytes)
Edit = tuple[int, int, str]  # first line, last line (1-based, inclusive), text in their place


def line_starts(source: bytes) -> list[int]:
    """Return the offset where each line starts, and last the source's length: N lines give N + 1 numbers.

    A line ending at the very end starts no further line; an empty source has no lines.
    """
    end = b"\n" if b"\n" in source else b"\r"
    starts = [0]
    found = source.find(end)
    while found >= 0:
        starts.append(found + 1)
        found = source.find(end, found + 1)
    if starts[-1] != len(source):
        starts.append(len(source))
    return starts


def replace_lines(source: bytes, start_line: int, end_line: int, replacement: str) -> bytes:
    """Return `source` with `replacement` in place of lines `start_line` to `end_line`, 1-based and inclusive.

    Raises:
        ValueError: The lines do not exist.
    """
    return apply_all(source, [(start_line, end_line, replacement)])


def apply_all(source: bytes, edits: Iterable[Edit]) -> bytes:
    """Return `source` with every edit applied; all of them count lines in `source` as it is given.

    The order of `edits` makes no difference. `replacement` is written as it is: it has the line ending
    that its last line is to have, or none.

    Raises:
        ValueError: Two edits share a line, or the lines of one do not exist.
    """
    starts = line_starts(source)
    pieces: list[bytes] = []
    done = 0  # lines already carried over
    for start, end, replacement in sorted(edits):
        if not 1 <= start <= end < len(starts):
            raise ValueError(f"lines {start}-{end} are not in a file of {len(starts) - 1} lines")
        if start <= done:
            raise ValueError(f"two edits share line {start}")
        pieces += (source[starts[done] : starts[start - 1]], replacement.encode("utf-8"))
        done = end
    return b"".join((*pieces, source[starts[done] :]))


def edited_source(change: Change, suggestions: Sequence[Suggestion]) -> bytes:
    """Return `change.source` with all `suggestions` for this file applied.

    Raises:
        ValueError: Two of them share a line.
    """
    return apply_all(change.source, [(s.start_line, s.end_line, s.replacement) for s in suggestions])


def same_ends(old: Sequence[Line], new: Sequence[Line]) -> tuple[int, int]:
    """Return how many lines two texts share at their start, and how many of the rest at their end."""
    most = min(len(old), len(new))
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail
