"""Find where kept suggestions belong in a file as it is now. Pure: text in, edits or reasons out.

A suggestion was proven on a function as it was. So it fits where that function still stands unchanged, and
once: wherever in the file that is, and whatever the line endings. Anything less is a reason, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Union

from bot.chunk.edit import apply_all, line_starts
from bot.take.kept import lines_of, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.chunk.edit import Edit
    from bot.take.kept import Kept

__all__ = ["Fitted", "Misfit", "Present", "edited", "fit", "rebase"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The lines of the file that a suggestion's lines are now."""

    kept: Kept
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Present:
    """The file has the suggestion already."""

    kept: Kept


@dataclass(frozen=True, slots=True)
class Misfit:
    """The suggestion has no place in the file any more, and why, in words."""

    kept: Kept
    why: str


Place = Union[Fitted, Present, Misfit]


def fit(kept: Kept, source: bytes, blob: str) -> Place:
    """Return where `kept` belongs in a file.

    Args:
        kept: The suggestion, which is for a file that exists.
        source: The file's text in UTF-8.
        blob: Content hash of the file; where it is the suggestion's own, its line numbers hold.
    """
    if blob == kept.blob:
        return Fitted(kept, kept.start_line, kept.end_line)
    lines = lines_of(plain(source.decode("utf-8")))
    found = _where(lines, lines_of(kept.block))
    if len(found) == 1:
        by = found[0] + 1 - kept.first_line
        return Fitted(kept, kept.start_line + by, kept.end_line + by)
    if found:
        return Misfit(kept, "the same lines are there more than once")
    if len(_where(lines, lines_of(kept.edited))) == 1:
        return Present(kept)
    return Misfit(kept, "changed since the suggestion was made")


def edited(source: bytes, fitted: Sequence[Fitted], newline: str) -> bytes:
    """Return the file with the suggestions in their places; every other byte stays.

    Args:
        source: The file's text in UTF-8.
        fitted: At most one suggestion a line.
        newline: The line ending where the line in that place has none: it is the file's last.

    Raises:
        ValueError: Two suggestions share a line.
    """
    starts = line_starts(source)
    edits: list[Edit] = []
    for each in fitted:
        first = source[starts[each.start - 1] : starts[each.start]]
        last = source[starts[each.end - 1] : starts[each.end]]
        ending = _ending(first) or newline
        text = plain(each.kept.replacement).removesuffix("\n") + ("\n" if _ending(last) else "")
        edits.append((each.start, each.end, text.replace("\n", ending)))
    return apply_all(source, edits)


def _ending(line: bytes) -> str:
    return "\r\n" if line.endswith(b"\r\n") else line[-1:].decode() if line.endswith((b"\n", b"\r")) else ""


def rebase(kept: Kept, taken: Sequence[Fitted], blob: str) -> Kept:
    """Return `kept`, which was not taken, for the file that came of taking others.

    Args:
        kept: A suggestion for the file as it was before.
        taken: What was applied to exactly that file, none of it on a line of `kept`'s own.
        blob: Content hash of the file as it is now.
    """
    block, first, by = lines_of(kept.block), kept.first_line, 0
    for each in sorted(taken, key=lambda one: -one.start):  # from the bottom, so that numbers above hold
        new = lines_of(plain(each.kept.replacement))
        grown = len(new) - (each.end - each.start + 1)
        if each.end < kept.start_line:
            by += grown
        if each.end < first:
            first += grown
        elif each.start <= first + len(lines_of(kept.block)) - 1:
            low = each.start - kept.first_line
            high = each.end - kept.first_line + 1
            if low >= 0:
                block[low:high] = new
            else:  # it reaches over the block's first line: the block shrinks to the edit's own lines
                return _alone(kept, by, blob)
    return replace(
        kept,
        start_line=kept.start_line + by,
        end_line=kept.end_line + by,
        first_line=first,
        block="".join(block),
        blob=blob,
    )


def _alone(kept: Kept, by: int, blob: str) -> Kept:
    lines = lines_of(kept.block)[kept.start_line - kept.first_line : kept.end_line - kept.first_line + 1]
    start, end = kept.start_line + by, kept.end_line + by
    return replace(kept, start_line=start, end_line=end, first_line=start, block="".join(lines), blob=blob)


def _where(lines: Sequence[str], block: Sequence[str]) -> list[int]:
    """Return every index at which `block` starts in `lines`; a last line may lack its ending."""
    if not block:
        return []
    wanted = [line.rstrip("\n") for line in block]
    bare = [line.rstrip("\n") for line in lines]
    size = len(wanted)
    return [i for i in range(len(bare) - size + 1) if bare[i] == wanted[0] and bare[i : i + size] == wanted]
