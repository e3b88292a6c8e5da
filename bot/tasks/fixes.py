"""The fix task: from a finding and what a tool or a model offers to an edit on whole lines.

Neither chooses lines here. A tool's own fix names bytes, which are checked; a model gives text for the lines
that the syntax tree says hold the fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Union

from bot.chunk.edit import line_starts
from bot.data import Suggestion
from bot.findings.finding import span
from bot.tasks.identity import symbol_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.data import Completion
    from bot.findings.locate import Located

__all__ = ["Edits", "Unfit", "cost", "fix_id", "groups", "suggest", "tool_edits"]

Bytes = tuple[int, int, str]  # first byte, behind the last one, text in their place
_MESSAGE = 160  # characters of a finding that a suggestion's one line quotes


@dataclass(frozen=True, slots=True)
class Edits:
    """Edits that settle one or several findings of a file, none touching another."""

    found: tuple[Located, ...]
    edits: tuple[Bytes, ...]
    message: str

    def lines(self) -> tuple[int, int]:
        """Return the first and the last line they touch."""
        starts = line_starts(self.found[0].change.source)
        first = self.edits[0][0]
        last = max(self.edits[-1][0], self.edits[-1][1] - 1)
        return _line(starts, first), _line(starts, last)


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why what a tool offers cannot be made an edit; `reason` is a key of `bot.data.REJECTIONS`."""

    reason: str
    detail: str


def tool_edits(one: Located) -> Union[Edits, Unfit]:
    """Return a tool's own fix of a finding as edits of bytes, in order."""
    fix = one.finding.fix
    if fix is None or not fix.edits:
        return Unfit("no-fix", f"{one.finding.tool} offers no fix")
    source = one.change.source
    edits: list[Bytes] = []
    for each in fix.edits:
        where = span(source, each.region)
        if where is None:
            return Unfit("does-not-apply", "its fix names a place that the file does not have")
        edits.append((*where, _line_ends(each.text, one.change.newline)))
    edits.sort(key=lambda edit: edit[:2])
    if any(after[0] < before[1] for before, after in pairwise(edits)):
        return Unfit("does-not-apply", "the parts of its fix overlap")
    return Edits((one,), tuple(edits), fix.message or one.finding.message)


def groups(fixes: Iterable[Edits]) -> tuple[list[Edits], list[Edits]]:
    """Join fixes of one file that share a line into one; suggestions never share lines.

    Returns:
        The joined fixes in order, and those that cannot be joined because they change the same bytes.
    """
    joined: list[Edits] = []
    left: list[Edits] = []
    for one in sorted(fixes, key=lambda e: (e.lines(), e.edits)):
        if not joined or one.lines()[0] > joined[-1].lines()[1]:
            joined.append(one)
            continue
        both = _joined(joined[-1], one)
        if both is None:
            left.append(one)
        else:
            joined[-1] = both
    return joined, left


def cost(one: Suggestion) -> tuple[int, int]:
    """Return how much a suggestion changes: lines that come or go, then characters that do."""
    start, end = one.start_line, one.end_line
    starts = line_starts(one.chunk.change.source)
    old = one.chunk.change.source[starts[start - 1] : starts[end]].decode("utf-8", "replace").splitlines()
    new = one.replacement.splitlines()
    kept = sum(match.size for match in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks())
    return len(old) + len(new) - 2 * kept, abs(len("".join(new)) - len("".join(old)))


def suggest(
    found: Sequence[Located],
    edits: Sequence[Bytes],
    message: str,
    completions: Sequence[Completion] = (),
) -> Suggestion:
    """Return the suggestion that makes `edits`, on whole lines; `found` are the findings it settles."""
    change = found[0].change
    source, starts = change.source, line_starts(change.source)
    first = _line(starts, edits[0][0])
    last = max(first, _line(starts, max(edits[-1][0], edits[-1][1] - 1)))
    text, at = b"", starts[first - 1]
    for start, end, new in edits:
        text += source[at:start] + new.encode("utf-8", "replace")
        at = end
    text += source[at : starts[last]]
    if text and text[-1:] not in b"\r\n" and last < len(starts) - 1:  # it joins its last line to the next
        text += source[starts[last] : starts[last + 1]]
        last += 1
    return Suggestion(
        id=fix_id(found),
        task="fix",
        chunk=found[0].chunk,
        start_line=first,
        end_line=last,
        replacement=text.decode("utf-8", "replace"),
        message=_message(found, message),
        completions=tuple(completions),
        covers=tuple(one.chunk for one in found) if len(found) > 1 else (),
    )


def fix_id(found: Sequence[Located]) -> str:
    """Return the name of a finding, or of several that are settled together, whoever offers the fix."""
    one = found[0]
    also = [f"{o.finding.rule}\0{o.finding.test}\0{o.text}\0{o.ordinal}" for o in found]
    return symbol_id("fix", one.change, one.symbol, *also)


def _message(found: Sequence[Located], message: str) -> str:
    labels = ", ".join(dict.fromkeys(one.finding.label for one in found))
    text = " ".join(message.split())
    if len(found) > 1:
        text = "; ".join(dict.fromkeys(" ".join(one.finding.message.split()) for one in found))
    return f"{text if len(text) <= _MESSAGE else text[: _MESSAGE - 1] + '…'} ({labels})"


def _joined(one: Edits, two: Edits) -> Edits | None:
    """Return both fixes as one, or None where they change the same bytes in different ways."""
    edits = sorted({*one.edits, *two.edits}, key=lambda edit: edit[:2])
    for before, after in pairwise(edits):
        if after[0] < before[1] or before[:2] == after[:2]:
            return None
    return Edits((*one.found, *two.found), tuple(edits), one.message)


def _line(starts: Sequence[int], offset: int) -> int:
    """Return the line of a byte; at the end of the source, its last line."""
    low, high = 0, len(starts) - 1
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if starts[middle] <= offset else (low, middle)
    return low + 1


def _line_ends(text: str, newline: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain if newline == "\n" else plain.replace("\n", newline)
