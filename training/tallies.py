"""What a run of `prefer` says of a batch, and of the answers of a validation."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.policy import Answers
    from training.reward import Judged

__all__ = ["Shown", "learnt", "validated"]


class Shown(NamedTuple):
    """An answer of a validation."""

    name: str
    text: str
    judged: Judged
    verdict: float | None  # log-odds of the end token against doubt; None: the answer did not end


def learnt(
    drawn: Sequence[Answers], judged: Sequence[Sequence[Judged]], sums: Mapping[str, float]
) -> dict[str, Any]:
    """Return the record of a batch: mean reward, shares of refused answers, and losses.

    Args:
        drawn: The answers to each prompt.
        judged: What each is worth.
        sums: "kl" over so many "tokens", "verdict" over so many answers "asked", and the "replay" loss.
    """
    rewards, flaws = 0.0, Counter[str]()
    for one, several in zip(drawn, judged, strict=True):
        for count, found in zip(one.counts, several, strict=True):
            rewards += count * found.reward
            flaws[found.flaw] += count
    total = flaws.total()
    return {
        "reward": round(rewards / total, 4),
        "passed": round(flaws[""] / total, 4),
        "refused": {why: round(count / total, 4) for why, count in sorted(flaws.items()) if why},
        "kl": round(sums["kl"] / max(1.0, sums["tokens"]), 4),
        "verdict": round(sums["verdict"] / max(1.0, sums["asked"]), 4),
        "replay": round(sums["replay"], 4),
    }


def validated(shown: Sequence[Shown]) -> dict[str, float]:
    """Return shares of refused answers, means of those that passed, and how verdict and judge agree."""
    flaws = Counter(one.judged.flaw for one in shown)
    found = {
        "reward": statistics.fmean(one.judged.reward for one in shown),
        "passed": flaws[""] / len(shown),
        **{why: count / len(shown) for why, count in sorted(flaws.items()) if why},
    }
    for name in ("not_wrong", "good"):
        if values := [p for one in shown if (p := getattr(one.judged, name)) is not None]:
            found[name.replace("_", " ")] = statistics.fmean(values)
    if lengths := [len(one.text) for one in shown if not one.judged.flaw]:
        found["characters"] = statistics.fmean(lengths)
    pairs = sorted(
        (one.verdict, one.judged.not_wrong)
        for one in shown
        if one.verdict is not None and one.judged.not_wrong is not None
    )
    if pairs:
        found["not wrong of the surer half"] = statistics.fmean(p for _, p in pairs[len(pairs) // 2 :])
        found["verdict's correlation"] = _correlation(pairs)
    return {name: round(value, 4) for name, value in found.items()}


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    try:
        return statistics.correlation([x for x, _ in pairs], [y for _, y in pairs])
    except statistics.StatisticsError:  # fewer than two, or all alike
        return 0.0
