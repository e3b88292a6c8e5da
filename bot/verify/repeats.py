"""One sentence for several symbols of a file: what fits them all says nothing of any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.data import Evidence, Rejected, Suggestion, Verified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Outcome

__all__ = ["Seen", "sentence", "without_repeats"]

_NAME = re.compile(r"`+[^`]+`+|\"[^\"]+\"|(?<!\w)'[^']+'(?!\w)")

Seen = dict[tuple[str, str], dict[str, None]]
"""Names of the symbols that each (path, sentence) was proposed for, in order."""


def sentence(text: str) -> str:
    """Return a summary with case folded, names in quotes or backticks masked, and plain spaces."""
    return " ".join(_NAME.sub("`_`", text).casefold().split()).rstrip(".")


def without_repeats(outcomes: Sequence[Outcome], seen: Seen) -> list[Outcome]:
    """Reject every suggestion whose sentence was proposed for a symbol of another name in the same file.

    Symbols of equal names (overloads, `close` of two classes) may share one. What was rejected before
    counts as proposed.

    Args:
        outcomes: A window of outcomes; all in it that share a sentence are rejected.
        seen: What earlier windows proposed; this window is added.
    """
    for outcome in outcomes:
        if found := _proposal(outcome):
            seen.setdefault(_key(found), {})[_name(found)] = None
    return [_judged(outcome, seen) for outcome in outcomes]


def _judged(outcome: Outcome, seen: Seen) -> Outcome:
    if not isinstance(outcome, Verified):
        return outcome
    one = outcome.suggestion
    others = [name for name in seen.get(_key(one), ()) if name != _name(one)]
    if not others:
        return outcome
    detail = f"the same sentence for {', '.join(others[:3])}"
    evidence = (*outcome.evidence, Evidence("repeats", passed=False, detail=detail))
    return Rejected(one.chunk, "repeated", detail, one.completions, one, evidence)


def _proposal(outcome: Outcome) -> Suggestion | None:
    one = outcome.suggestion if isinstance(outcome, (Verified, Rejected)) else None
    return one if one and one.chunk.symbol and one.completions else None


def _key(one: Suggestion) -> tuple[str, str]:
    text = one.completions[0].text if one.completions else ""  # the summary is asked for first
    return one.path, sentence(text.strip().partition("\n\n")[0])


def _name(one: Suggestion) -> str:
    return one.chunk.symbol.name if one.chunk.symbol else ""
