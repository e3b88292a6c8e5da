"""The confidence gate: a calibrated probability that an answer is true, from what the engine tells.

A gate is data: named features with weights, and a threshold. The files in `calibration/` hold one each, for
an engine's build or, failing that, for the form of its prompts.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.verify.features import FEATURES, FeatureInput
from bot.verify.subject import Problem, Result, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Completion
    from bot.ports import Scorer

__all__ = ["NO_GATE", "Gate", "Weight", "gate_from", "judge", "load_gate"]


@dataclass(frozen=True, slots=True)
class Weight:
    """What one feature of `features.FEATURES` counts for, once it is centred and scaled."""

    feature: str
    weight: float
    mean: float = 0.0
    std: float = 1.0


@dataclass(frozen=True, slots=True)
class Gate:
    """A logistic model over features, and the probability to reach. No threshold: it only tells."""

    name: str
    weights: tuple[Weight, ...] = ()
    bias: float = 0.0
    threshold: float | None = None
    allow_unscored: bool = False  # let answers through that no engine gave a probability for

    def probability(self, given: FeatureInput) -> float | None:
        """Return the probability that the answer is true; None if a feature cannot be computed."""
        total = self.bias
        for one in self.weights:
            value = FEATURES[one.feature].compute(given)
            if value is None or not math.isfinite(value):
                return None
            total += one.weight * (value - one.mean) / one.std
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


NO_GATE = Gate("none", allow_unscored=True)


def judge(subjects: Sequence[Subject], gate: Gate, scorer: Scorer | None) -> list[Result]:
    """Return one result a subject; every score the gate needs is asked for in one batch."""
    inputs = _inputs(subjects, gate, scorer)
    return [_judge(given, gate) for given in inputs]


def _judge(given: FeatureInput, gate: Gate) -> Result:
    value = gate.probability(given) if gate.weights else None
    if value is None:
        words = "no confidence: the engine gives no probabilities" if gate.weights else "no confidence gate"
        refused = gate.threshold is not None and not gate.allow_unscored
        return Problem("unconfident", words) if refused else words
    if gate.threshold is None:
        return f"confidence {value:.2f}, no threshold"
    if value < gate.threshold:
        return Problem("unconfident", f"confidence {value:.2f} < {gate.threshold:.2f}")
    return f"confidence {value:.2f} >= {gate.threshold:.2f}"


def _inputs(subjects: Sequence[Subject], gate: Gate, scorer: Scorer | None) -> list[FeatureInput]:
    needs = frozenset().union(*(FEATURES[one.feature].needs for one in gate.weights))
    pairs: dict[tuple[str, str], tuple[float, ...]] = {}
    for subject in subjects:
        one = _summary(subject)
        if one is not None and "body" in needs and one.logprobs is None:
            pairs[one.prompt.text, one.text] = ()
        if one is not None and "baseline" in needs and one.prompt.baseline:
            pairs[one.prompt.baseline, one.text] = ()
            # both halves of a difference have to come from the same arithmetic
            pairs[one.prompt.text, one.text] = ()
    if scorer is not None and pairs:
        pairs = dict(zip(pairs, scorer.score(list(pairs)), strict=True))
    inputs = []
    for subject in subjects:
        one = _summary(subject)
        body = pairs.get((one.prompt.text, one.text), ()) if one else ()
        baseline = pairs.get((one.prompt.baseline, one.text), ()) if one else ()
        inputs.append(FeatureInput(subject, one, body or ((one.logprobs or ()) if one else ()), baseline))
    return inputs


def _summary(subject: Subject) -> Completion | None:
    """Return the answer that the summary was made of."""
    completions = subject.suggestion.completions
    return next(
        (one for one in completions if one.prompt.purpose == "summary"),
        completions[0] if completions else None,
    )


def gate_from(text: str, *, allow_unscored: bool = False) -> Gate:
    """Read a gate from a calibration file's JSON.

    Raises:
        UsageError: if it is not one, or names a feature that does not exist.
    """
    try:
        data = json.loads(text)
        weights = tuple(
            Weight(name, float(row["weight"]), float(row.get("mean", 0.0)), float(row.get("std", 1.0)) or 1.0)
            for name, row in data["features"].items()
        )
        threshold = None if data["threshold"] is None else float(data["threshold"])
        gate = Gate(str(data["name"]), weights, float(data["bias"]), threshold, allow_unscored)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"not a calibration file: {error!r}", hint="see bot/verify/calibration") from error
    unknown = [one.feature for one in weights if one.feature not in FEATURES]
    if unknown:
        known = ", ".join(sorted(FEATURES))
        raise UsageError(f"unknown feature in calibration: {', '.join(unknown)}", hint=f"known are {known}")
    return gate


def load_gate(build: str, form: str, *, allow_unscored: bool = False) -> Gate:
    """Return the gate calibrated for an engine's `build`, else the one for its prompt form ("fim" or "chat").

    Raises:
        UsageError: if a calibration file is broken, or there is none for the form.
    """
    by_build, by_form = None, None
    for text in _files():
        data = json.loads(text)
        if build and build in data.get("engines", ()):
            by_build = text
        elif form in data.get("forms", ()):
            by_form = text
    found = by_build or by_form
    if found is None:
        raise UsageError(f"no confidence gate is calibrated for {form!r} prompts")
    return gate_from(found, allow_unscored=allow_unscored)


@lru_cache(maxsize=1)
def _files() -> tuple[str, ...]:
    folder = resources.files("bot.verify") / "calibration"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in names)
