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
from bot.tasks.examples import PURPOSE as EXAMPLES
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
    kinds: frozenset[str] = frozenset()  # of symbols it was calibrated on; empty: all

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
    """Return one result a subject, the worst of its answers'; every score is asked for in one batch.

    The gate is calibrated on summaries. Descriptions of parameters and results go through it all the same:
    a phrase is a shorter claim of the same kind, and one that is not gated at all would be believed.
    """
    answers = [_answers(subject) for subject in subjects]
    scores = _scores([one for several in answers for one in several if one], gate, scorer)
    return [
        min((_judge(_input(subject, one, scores), gate) for one in several), key=lambda worst: worst[0])[1]
        for subject, several in zip(subjects, answers, strict=True)
    ]


def _judge(given: FeatureInput, gate: Gate) -> tuple[float, Result]:
    value = gate.probability(given) if gate.weights else None
    kind = given.subject.symbol.kind
    if gate.threshold is not None and gate.kinds and kind not in gate.kinds:
        return -1.0, Problem("unconfident", f"this gate is not calibrated for a {kind}")
    if value is None:
        words = "no confidence: the engine gives no probabilities" if gate.weights else "no confidence gate"
        refused = gate.threshold is not None and not gate.allow_unscored
        return -1.0, Problem("unconfident", words) if refused else words
    if gate.threshold is None:
        return value, f"confidence {value:.2f}, no threshold"
    if value < gate.threshold:
        purpose = given.completion.prompt.purpose if given.completion else "summary"
        of = "" if purpose == "summary" else f" ({purpose})"
        return value, Problem("unconfident", f"confidence {value:.2f} < {gate.threshold:.2f}{of}")
    return value, f"confidence {value:.2f} >= {gate.threshold:.2f}"


_Pair = tuple[str, str]  # prompt text and answer


def _scores(answers: list[Completion], gate: Gate, scorer: Scorer | None) -> dict[_Pair, tuple[float, ...]]:
    """Return the scores that the gate's features need and the engine did not give along."""
    needs = frozenset().union(*(FEATURES[one.feature].needs for one in gate.weights))
    pairs: dict[_Pair, None] = {}
    for one in answers:
        if "body" in needs and one.logprobs is None:
            pairs[one.prompt.text, one.text] = None
        if "baseline" in needs and one.prompt.baseline:
            pairs[one.prompt.baseline, one.text] = None
            # both halves of a difference have to come from the same arithmetic
            pairs[one.prompt.text, one.text] = None
    if scorer is None or not pairs:
        return {}
    return dict(zip(pairs, scorer.score(list(pairs)), strict=True))


def _input(subject: Subject, one: Completion | None, scores: dict[_Pair, tuple[float, ...]]) -> FeatureInput:
    if one is None:
        return FeatureInput(subject, None)
    body = scores.get((one.prompt.text, one.text), ()) or one.logprobs or ()
    return FeatureInput(subject, one, body, scores.get((one.prompt.baseline, one.text), ()))


def _answers(subject: Subject) -> tuple[Completion | None, ...]:
    """Return the answers that the docstring's words were made of, the summary first; examples are proven."""
    said = [c for c in subject.suggestion.completions if c.prompt.purpose != EXAMPLES]
    return tuple(sorted(said, key=lambda c: c.prompt.purpose != "summary")) or (None,)


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
        kinds = frozenset(str(kind) for kind in data.get("kinds", ()))
        gate = Gate(str(data["name"]), weights, float(data["bias"]), threshold, allow_unscored, kinds)
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
