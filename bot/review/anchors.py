"""Where a suggestion can be commented on: only inside a hunk of the diff, and only in one.

https://docs.github.com/rest/pulls/comments: `line` and `start_line` must be lines of the diff, and of the
same hunk. A review with one wrong anchor is refused as a whole, so each is checked here before it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.chunk.edit import line_starts, same_ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.data import LineRange, Suggestion

__all__ = ["Anchor", "anchor", "inside"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Lines of the new side, and what takes their place: the suggestion, perhaps told on other lines."""

    start: int
    end: int
    replacement: str


def inside(start: int, end: int, spans: Sequence[LineRange]) -> bool:
    """Whether lines `start` to `end` lie in one of `spans`."""
    return any(span.start <= start and end <= span.end for span in spans)


def anchor(
    suggestion: Suggestion, spans: Sequence[LineRange], taken: Sequence[LineRange] = ()
) -> Anchor | None:
    """Return where to comment, or None where the suggestion cannot be one.

    The suggestion's own lines come first. Where they reach out of a hunk, the same edit is told on fewer
    lines, or as an insertion after its first line.

    Args:
        suggestion: What to tell.
        spans: Hunks of the file, context included.
        taken: Lines of other comments, which none may touch.
    """
    change = suggestion.chunk.change
    plain = change.encoding == "utf-8" or (change.encoding == "utf-8-sig" and suggestion.start_line > 1)
    if suggestion.new_file or not plain or change.newline == "\r" or not _sendable(suggestion.path):
        return None
    for candidate in _candidates(suggestion):
        free = not any(lines.touches(candidate.start, candidate.end) for lines in taken)
        if free and inside(candidate.start, candidate.end, spans):
            return candidate
    return None


def _candidates(suggestion: Suggestion) -> Iterator[Anchor]:
    yield Anchor(suggestion.start_line, suggestion.end_line, suggestion.replacement)
    source = suggestion.chunk.change.source
    starts = line_starts(source)
    text = [source[a:b].decode("utf-8", "replace") for a, b in pairwise(starts)]
    old = text[suggestion.start_line - 1 : suggestion.end_line]
    new = suggestion.replacement.splitlines(keepends=True) if "\r" not in suggestion.replacement else None
    new = (
        new if new is not None else [p + "\n" for p in suggestion.replacement.removesuffix("\n").split("\n")]
    )
    if not suggestion.replacement.endswith("\n"):
        return  # the end of a file without a last line ending stays as it was proven
    head, tail = same_ends(old, new)
    first, last = suggestion.start_line + head, suggestion.end_line - tail  # lines that do change
    middle = new[head : len(new) - tail]
    if first <= last:
        yield Anchor(first, last, "".join(middle))
        return
    for line, piece in (
        (first - 1, [*text[first - 2 : first - 1], *middle]),
        (first, [*middle, *text[first - 1 : first]]),
    ):
        if 1 <= line <= len(text) and text[line - 1].endswith("\n"):
            yield Anchor(line, line, "".join(piece))


def _sendable(path: str) -> bool:
    """Whether a path can be spelled in JSON: undecodable names cannot."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
