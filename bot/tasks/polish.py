"""A model's fix that brings new findings, and what the tool itself would safely do about these, on top of it.

The result is a suggestion like any other: nothing of it is believed before all of it is proven.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.chunk.edit import edited_source, line_starts
from bot.tasks.fixes import Unfit, tool_edits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Suggestion
    from bot.findings.locate import Located

__all__ = ["polished"]


def polished(one: Suggestion, before: Sequence[Located], after: Sequence[Located]) -> Suggestion | None:
    """Return a suggestion with the tool's safe fixes of the findings that it brings.

    Args:
        one: The suggestion.
        before: What the tools find in the file as it is.
        after: What they find in it with the suggestion.

    Returns:
        The suggestion with other text for the same lines; None where a new finding has no safe fix, or one
        that edits other lines, where it is not this suggestion's to mend.
    """
    source = one.chunk.change.source
    starts = line_starts(source)
    first, last = starts[one.start_line - 1], starts[one.end_line]
    text = edited_source(one.chunk.change, [one])
    end = len(text) - (len(source) - last)  # of the suggestion's lines in the edited text
    added = Counter(each.key for each in after)
    added.subtract(each.key for each in before)
    edits = set()
    for key, count in added.items():
        new = [each for each in after if each.key == key and first <= each.start < end] if count > 0 else []
        if len(new) < count:
            return None
        for each in new:
            made = tool_edits(each)
            if isinstance(made, Unfit) or not (each.finding.fix and each.finding.fix.safe):
                return None
            edits |= set(made.edits)
    ordered = sorted(edits)
    if not ordered or ordered[0][0] < first or ordered[-1][1] > end:
        return None
    if any(right[0] < left[1] or right[:2] == left[:2] for left, right in pairwise(ordered)):
        return None
    pieces, at = [], first
    for start, stop, words in ordered:
        pieces += [text[at:start], words.encode("utf-8", "replace")]
        at = stop
    made_of = b"".join([*pieces, text[at:end]]).decode("utf-8", "replace")
    return replace(one, replacement=made_of) if made_of != one.replacement else None
