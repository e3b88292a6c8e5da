"""What came of a set of cases under one engine and one wording."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.data import Completion, Failed, Outcome, Rejected, Skipped, Verified
from bot.measure.scores import Figure, bleu, figure, rouge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.measure.held_out import Case

__all__ = ["Row", "tally"]

Key = tuple[str, str, int]  # path, symbol, ordinal


@dataclass(frozen=True, slots=True)
class Row:
    """One engine and wording: how its summaries agree with people's, and what the proofs let through."""

    engine: str
    model: str
    wording: str
    asked: int
    bleu: Figure
    rouge: Figure
    shown: Figure  # percent of the functions asked about that get a docstring
    shown_bleu: Figure  # of those that are shown
    rejected: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    tokens: int = 0  # written in this run; answers from the cache cost none
    seconds: float = 0.0  # wall time
    scores: tuple[float, ...] = ()  # BLEU-4 of each case, in order, for paired comparison


def tally(
    cases: Sequence[Case],
    outcomes: Iterable[Outcome],
    *,
    engine: str,
    model: str,
    wording: str,
    seconds: float,
) -> Row:
    """Score every case; one without an answer scores zero, as it would for a user."""
    said: dict[Key, str] = {}
    shown: set[Key] = set()
    counts = {kind: Counter[str]() for kind in (Rejected, Skipped, Failed)}
    tokens = 0
    wanted = {(case.path, case.symbol, case.ordinal) for case in cases}
    for outcome in outcomes:
        key = _key(outcome)
        if key not in wanted:
            continue
        for completion in _completions(outcome):
            tokens += 0 if completion.cached else completion.completion_tokens
            if completion.prompt.purpose == "summary":
                said[key] = (completion.text.strip().splitlines() or [""])[0]
        if isinstance(outcome, Verified):
            shown.add(key)
        else:
            counts[type(outcome)][outcome.reason] += 1
    keys = [(case.path, case.symbol, case.ordinal) for case in cases]
    pairs = [(said.get(key, ""), case.summary) for key, case in zip(keys, cases, strict=True)]
    scores = [bleu(*pair) for pair in pairs]
    return Row(
        engine=engine,
        model=model,
        wording=wording,
        asked=len(cases),
        bleu=figure(scores),
        rouge=figure([rouge(*pair) for pair in pairs]),
        shown=figure([100.0 * (key in shown) for key in keys]),
        shown_bleu=figure([score for key, score in zip(keys, scores, strict=True) if key in shown]),
        rejected=dict(counts[Rejected].most_common()),
        skipped=dict(counts[Skipped].most_common()),
        failed=dict(counts[Failed].most_common()),
        tokens=tokens,
        seconds=seconds,
        scores=tuple(scores),
    )


def _key(outcome: Outcome) -> Key:
    chunk = outcome.suggestion.subject if isinstance(outcome, Verified) else outcome.chunk
    if chunk is None or chunk.symbol is None:
        return ("", "", 0)
    return (chunk.change.path, chunk.symbol.qualname, chunk.symbol.ordinal)


def _completions(outcome: Outcome) -> tuple[Completion, ...]:
    if isinstance(outcome, Verified):
        return outcome.suggestion.completions
    return outcome.completions if isinstance(outcome, Rejected) else ()
