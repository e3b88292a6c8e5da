"""What may tell a true answer from a false one: each feature a number, or None where it cannot be had."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import fmean, pstdev

from bot.verify.words import STOP_WORDS, stem, subwords
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.verify.subject import Subject
    from bot.data import Completion
    from collections.abc import Callable

__all__ = ["FEATURES", "Feature", "FeatureInput"]

_UNLIKELY = -2.3  # a token that got less than a tenth


@dataclass(frozen=True, slots=True)
class FeatureInput:
    """One answer with its scores: log-probabilities of its tokens after the prompt, and without the body."""

    subject: Subject
    completion: Completion | None
    body: tuple[float, ...] = ()
    baseline: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """A number from an answer; `needs` names the scores it reads ("body", "baseline")."""

    compute: Callable[[FeatureInput], float | None]
    needs: frozenset[str] = frozenset()


def _of_body(function: Callable[[tuple[float, ...]], float]) -> Feature:
    return Feature(lambda given: function(given.body) if given.body else None, frozenset({"body"}))


def _pmi(given: FeatureInput) -> float | None:
    if not given.body or len(given.body) != len(given.baseline):
        return None
    return sum(given.body) - sum(given.baseline)


def _pmi_per_token(given: FeatureInput) -> float | None:
    total = _pmi(given)
    return None if total is None else total / len(given.body)


def _baseline(given: FeatureInput) -> float | None:
    return fmean(given.baseline) if given.baseline else None


def _content(summary: str) -> list[str]:
    words = [part for word in re.findall(r"[^\W\d]\w*", summary) for part in subwords(word)]
    return [stem(word) for word in words if word not in STOP_WORDS and len(word) > 1]


def _support(given: FeatureInput) -> float:
    """Return the share of the summary's content words that the code has in some inflection."""
    said = _content(given.subject.summary)
    code = {stem(part) for part in given.subject.words.parts}
    return sum(word in code for word in said) / len(said) if said else 0.0


def _own_support(given: FeatureInput) -> float:
    """Return the same share over the symbol's own code alone."""
    said = _content(given.subject.summary)
    code = {stem(part) for name in re.findall(r"[^\W\d]\w*", given.subject.code) for part in subwords(name)}
    return sum(word in code for word in said) / len(said) if said else 0.0


def _unsupported(given: FeatureInput) -> float:
    said = _content(given.subject.summary)
    code = {stem(part) for part in given.subject.words.parts}
    return float(sum(word not in code for word in said))


def _name_overlap(given: FeatureInput) -> float:
    said = _content(given.subject.summary)
    name = {stem(part) for part in subwords(given.subject.symbol.qualname)}
    return sum(word in name for word in said) / len(said) if said else 0.0


def _name_covered(given: FeatureInput) -> float:
    """Return the share of the name's words that the summary says."""
    said = set(_content(given.subject.summary))
    name = [stem(part) for part in subwords(given.subject.symbol.name) if part not in STOP_WORDS]
    return sum(part in said for part in name) / len(name) if name else 0.0


_BASELINE = frozenset({"baseline"})

FEATURES: dict[str, Feature] = {
    "mean_logprob": _of_body(fmean),
    "sum_logprob": _of_body(sum),
    "min_logprob": _of_body(min),
    "first_logprob": _of_body(lambda body: body[0]),
    "std_logprob": _of_body(pstdev),
    "low_quintile_logprob": _of_body(lambda body: sorted(body)[len(body) // 5]),
    "unlikely_share": _of_body(lambda body: sum(p < _UNLIKELY for p in body) / len(body)),
    "tokens": _of_body(lambda body: float(len(body))),
    "log_tokens": _of_body(lambda body: math.log(len(body))),
    "pmi": Feature(_pmi, _BASELINE),
    "pmi_per_token": Feature(_pmi_per_token, _BASELINE),
    "baseline_mean_logprob": Feature(_baseline, _BASELINE),
    "support": Feature(_support),
    "own_support": Feature(_own_support),
    "unsupported_words": Feature(_unsupported),
    "name_overlap": Feature(_name_overlap),
    "name_covered": Feature(_name_covered),
    "summary_words": Feature(lambda given: float(len(given.subject.summary.split()))),
    "log_code_lines": Feature(lambda given: math.log1p(given.subject.code.count("\n"))),
}
