"""What may tell a true answer from a false one: each feature a number, or None where it cannot be had."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from bot.verify.support import content_words, supported, unsupported, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.data import Completion
    from bot.verify.subject import Subject

__all__ = ["FEATURES", "Feature", "FeatureInput"]

_UNLIKELY = -2.3  # a token that got less than a tenth
# How a small model opens when it has not understood what is done ("Convert …" over arithmetic): of 46 read
# summaries that open so 21 were wrong, of 237 others 40.
_VAGUE = re.compile(r"(?:convert|validate|initiali[sz]e|handle)s?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeatureInput:
    """One answer with its scores: log-probabilities of its tokens after the prompt, and without the body."""

    subject: Subject
    completion: Completion | None
    body: tuple[float, ...] = ()
    baseline: tuple[float, ...] = ()

    @property
    def said(self) -> str:
        """What the answer became: the summary, or the phrase that describes a parameter or result."""
        if self.completion is None or self.completion.prompt.purpose in {"", "summary"}:
            return self.subject.summary
        return self.completion.text


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


def _unsupported(given: FeatureInput) -> float:
    return float(len(unsupported(given.said, given.subject.near or given.subject.code)))


def _share(given: FeatureInput, code: str) -> float:
    """Return the share of the summary's content words that `code` has."""
    said, known = content_words(given.said), vocabulary(code)
    return sum(supported(word, known) for word in said) / len(said) if said else 0.0


_BASELINE = frozenset({"baseline"})

FEATURES: dict[str, Feature] = {
    "mean_logprob": _of_body(fmean),
    "sum_logprob": _of_body(sum),
    "min_logprob": _of_body(min),
    "low3_logprob": _of_body(lambda body: fmean(sorted(body)[:3])),
    "first_logprob": _of_body(lambda body: body[0]),
    # The end token's: a model that was taught to doubt tells there what it thinks of its answer.
    "last_logprob": _of_body(lambda body: body[-1]),
    "std_logprob": _of_body(pstdev),
    "low_quintile_logprob": _of_body(lambda body: sorted(body)[len(body) // 5]),
    "unlikely_share": _of_body(lambda body: sum(p < _UNLIKELY for p in body) / len(body)),
    "tokens": _of_body(lambda body: float(len(body))),
    "log_tokens": _of_body(lambda body: math.log(len(body))),
    "pmi": Feature(_pmi, _BASELINE),
    "pmi_per_token": Feature(_pmi_per_token, _BASELINE),
    "baseline_mean_logprob": Feature(_baseline, _BASELINE),
    "support": Feature(lambda given: _share(given, given.subject.near or given.subject.code)),
    "name_overlap": Feature(lambda given: _share(given, given.subject.symbol.qualname)),
    "unsupported_words": Feature(_unsupported),
    "vague_opening": Feature(lambda given: float(_VAGUE.match(given.said.lstrip("`'\"")) is not None)),
    "summary_words": Feature(lambda given: float(len(given.said.split()))),
    "log_code_lines": Feature(lambda given: math.log1p(given.subject.code.count("\n"))),
}
