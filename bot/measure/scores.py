"""Agreement with a sentence that people wrote, and how far a figure from a sample can be trusted.

Agreement is not truth: a better sentence in other words scores nothing, and a model may have read a public
repository in training. It compares models and prompts on the same functions; it does not grade them.
"""

from __future__ import annotations

import math
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Figure", "bleu", "figure", "mean", "rouge", "words"]

_DRAWS = 1000
_LOW, _HIGH = 25, 974  # of the sorted draws: the middle 95 %


@dataclass(frozen=True, slots=True)
class Figure:
    """A statistic of a sample, with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def bleu(said: str, meant: str) -> float:
    """Return smoothed sentence BLEU-4 times 100, as CodeXGLUE's code-to-text `bleu.py` computes it.

    Lin and Och 2004, "ORANGE": one is added to the counts of 2-, 3- and 4-grams.
    https://github.com/microsoft/CodeXGLUE/blob/main/Code-Text/code-to-text/evaluator/evaluator.py
    """
    guess, truth = words(said), words(meant)
    total = 0.0
    for n in range(1, 5):
        ours = Counter(tuple(guess[i : i + n]) for i in range(len(guess) - n + 1))
        theirs = Counter(tuple(truth[i : i + n]) for i in range(len(truth) - n + 1))
        right, smooth, least = sum((ours & theirs).values()), int(n > 1), sys.float_info.min
        total += math.log(right + smooth + least) - math.log(sum(ours.values()) + smooth + least)
    brevity = min(0.0, 1 - (len(truth) + 1) / (len(guess) + 1))
    return 100 * math.exp(total / 4 + brevity)


def rouge(said: str, meant: str) -> float:
    """Return ROUGE-L (Lin 2004) times 100: the F1 of the longest common subsequence of words."""
    guess, truth = words(said), words(meant)
    row = [0] * (len(truth) + 1)
    for word in guess:
        before = row[:]
        for i, other in enumerate(truth, 1):
            row[i] = before[i - 1] + 1 if word == other else max(before[i], row[i - 1])
    return 200 * row[-1] / (len(guess) + len(truth)) if guess and truth else 0.0


def words(text: str) -> list[str]:
    """Return lower-case words and punctuation marks."""
    return re.findall(r"\w+|[^\s\w]", text.lower())


def mean(values: Sequence[float]) -> float:
    """Return the mean; zero of nothing."""
    return math.fsum(values) / len(values) if values else 0.0


def figure(values: Sequence[float], statistic: Callable[[Sequence[float]], float] = mean) -> Figure:
    """Return a statistic with its 95 % bootstrap interval, the same on every run."""
    if not values:
        return Figure(0.0, 0.0, 0.0)
    rng = random.Random(0)  # noqa: S311 - no secret
    again = sorted(statistic(rng.choices(values, k=len(values))) for _ in range(_DRAWS))
    return Figure(statistic(values), again[_LOW], again[_HIGH])
