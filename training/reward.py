"""What an answer is worth: nothing where the product would refuse it, else what fitted models say.

The product's own checks come first, so that no answer is liked for what nobody would be shown. What passes is
told apart by how likely a teacher finds it (`reward.toml`).
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.verify.grounding import ungrounded
from bot.verify.support import unsupported
from bot.verify.text import degeneracy, restates, unsafe
from bot.verify.words import words_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.verify.words import Words

__all__ = ["Judged", "Logistic", "Reward", "advantages", "features", "flaw"]

_SHEET = Path(__file__).with_name("reward.toml")
_FUNCTION, _METHOD = 78, 74  # characters that have room in a line of 88, indented and in quotes
_SHORTEST = 12  # characters
_LOOSE_WORDS = 1  # content words that the code does not bear out, as for a teacher's answers


class Judged(NamedTuple):
    """What one answer is worth, and why."""

    reward: float
    flaw: str = ""  # why the product would refuse it, "" if it would not
    not_wrong: float | None = None  # probability; None: nobody was asked
    good: float | None = None  # probability, if it is not wrong


def flaw(text: str, name: str, code: str, kind: str) -> str:  # noqa: PLR0911 - one answer a reason
    """Return why the product would not show an answer, "" if it would.

    Args:
        text: One answer, "" for one that did not end.
        name: Dotted name of what it describes.
        code: All that a teacher would be shown.
        kind: function or method.
    """
    if not text:
        return "unfinished"
    if not text.endswith(".") or not text.isascii() or '"' in text or "\n" in text or len(text) < _SHORTEST:
        return "form"
    if len(text) > (_METHOD if kind == "method" else _FUNCTION):
        return "long"
    if ". " in text:
        return "sentences"
    if unsafe(text) or degeneracy(text, text):
        return "degenerate"
    if restates(text, name):
        return "restates"
    if next(ungrounded(text, _words(code)), None):
        return "ungrounded"
    return "unsupported" if len(unsupported(text, code)) > _LOOSE_WORDS else ""


@lru_cache(4096)
def _words(code: str) -> Words:
    return words_of([code])  # several answers are about the same code


def features(given: Sequence[float], alone: Sequence[float]) -> dict[str, float]:
    """Return what the models look at.

    Args:
        given: Log-probabilities of an answer's tokens and its end, given the code.
        alone: The same, given the signature alone.
    """
    total, count = sum(given), len(given)
    gain = total - sum(alone)
    return {
        "sum": total,
        "mean": total / count,
        "least": min(given),
        "gain": gain,
        "gain_mean": gain / count,
    }


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model of standardised features."""

    bias: float
    terms: Mapping[str, Sequence[float]]  # feature: weight, mean, standard deviation

    def probability(self, seen: Mapping[str, float]) -> float:
        """Return the probability, given the features."""
        z = self.bias + sum(
            w * (seen[name] - mean) / spread for name, (w, mean, spread) in self.terms.items()
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


@dataclass(frozen=True, slots=True)
class Reward:
    """The fitted models and how they make a reward."""

    not_wrong: Logistic
    good: Logistic
    flaw: float
    useful: float

    @classmethod
    def read(cls, file: Path = _SHEET) -> Reward:
        """Return what a file says."""
        sheet: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        not_wrong, good = (Logistic(sheet[n]["bias"], sheet[n]["terms"]) for n in ("not_wrong", "good"))
        return cls(not_wrong, good, sheet["flaw"], sheet["useful"])

    def refused(self, why: str) -> Judged:
        """Return what an answer is worth that has a flaw: less than any other."""
        return Judged(self.flaw, why)

    def passed(self, given: Sequence[float], alone: Sequence[float]) -> Judged:
        """Return what an answer without one is worth; for the arguments see `features`."""
        seen = features(given, alone)
        not_wrong, good = self.not_wrong.probability(seen), self.good.probability(seen)
        return Judged(not_wrong * (1 + self.useful * good), "", not_wrong, good)


def advantages(rewards: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Return by how much each answer to one prompt is better than its mean, times how often it was drawn."""
    mean = sum(r * n for r, n in zip(rewards, counts, strict=True)) / sum(counts)
    return [(r - mean) * n for r, n in zip(rewards, counts, strict=True)]
