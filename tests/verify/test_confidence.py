"""The confidence gate: what it asks for, what it tells, and when it refuses."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.data import Rejected, Verified
from bot.errors import UsageError
from bot.verify.confidence import NO_GATE, Gate, Weight, gate_from, load_gate
from bot.verify.docstring import Proof, verify
from bot.verify.features import FEATURES
from tests.verify.build import document

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE = "def total(rows):\n    return sum(row.price for row in rows)\n"
DOC = "Add up what all rows cost."
MEAN = Gate("mean", (Weight("mean_logprob", 1.0),), bias=1.0, threshold=0.6)
DIFFERENCE = Gate("pmi", (Weight("pmi_per_token", 1.0),), threshold=0.6)


class Table:
    """A scorer that knows its answers by heart, and what it was asked."""

    def __init__(self, answers: dict[str, tuple[float, ...]]) -> None:
        self.answers = answers
        self.asked: list[list[tuple[str, str]]] = []

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        self.asked.append(list(pairs))
        return [self.answers.get(prompt, (-1.0, -1.0)) for prompt, _ in pairs]


def prove(gate: Gate, logprobs: tuple[float, ...] | None, scorer: Table | None = None) -> Proof:
    one = document(CODE, DOC, logprobs=logprobs, baseline="def total(rows):")
    return verify([one], scorer=scorer, gate=gate, convention="google")[0]


def detail(outcome: Proof) -> str:
    assert isinstance(outcome, (Verified, Rejected))
    return outcome.evidence[-1].detail


def test_a_confident_answer_passes_and_says_by_how_much() -> None:
    outcome = prove(MEAN, (-0.1, -0.1))
    assert isinstance(outcome, Verified)
    assert detail(outcome) == "confidence 0.71 >= 0.60"


def test_one_doubtful_description_is_enough_to_refuse_a_docstring() -> None:
    sure = document(CODE, DOC, logprobs=(-0.1, -0.1))
    first = sure.completions[0]
    asked = replace(first.prompt, purpose="param:rows")
    doubtful = replace(first, prompt=asked, text="The rows.", logprobs=(-3.0, -2.0))
    both = replace(sure, completions=(first, doubtful))
    outcome = verify([both], scorer=None, gate=MEAN, convention="google")[0]
    assert isinstance(outcome, Rejected)
    assert detail(outcome) == "confidence 0.18 < 0.60 (param:rows)"


def test_a_doubtful_answer_is_rejected_and_says_by_how_much() -> None:
    outcome = prove(MEAN, (-3.0, -0.1))
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, detail(outcome)) == ("unconfident", "confidence 0.37 < 0.60")


def test_without_a_threshold_confidence_is_told_and_never_rejects() -> None:
    outcome = prove(replace(MEAN, threshold=None), (-9.0, -9.0))
    assert isinstance(outcome, Verified)
    assert detail(outcome) == "confidence 0.00, no threshold"


def test_no_probabilities_are_rejected_unless_allowed() -> None:
    refused = prove(MEAN, None)
    assert isinstance(refused, Rejected)
    assert refused.reason == "unconfident"
    assert isinstance(prove(replace(MEAN, allow_unscored=True), None), Verified)
    assert isinstance(prove(NO_GATE, None), Verified)


def test_an_engine_without_probabilities_is_asked_to_score() -> None:
    scorer = Table({})
    assert isinstance(prove(MEAN, None, scorer), Rejected)
    assert len(scorer.asked) == 1


def test_probabilities_that_came_with_the_answer_are_not_asked_for_again() -> None:
    scorer = Table({})
    prove(MEAN, (-0.1, -0.1), scorer)
    assert scorer.asked == []


def test_the_difference_to_the_baseline_is_scored_in_one_batch_for_all() -> None:
    scorer = Table({"def total(rows):": (-3.0, -3.0)})
    made = [document(CODE, DOC, baseline="def total(rows):") for _ in range(3)]
    outcomes = verify(made, scorer=scorer, gate=DIFFERENCE, convention="google")
    assert [type(one) for one in outcomes] == [Verified] * 3
    assert [len(pairs) for pairs in scorer.asked] == [2]  # equal questions are asked once


def test_what_cheaper_checks_reject_is_never_scored() -> None:
    scorer = Table({})
    one = document(CODE, "Ask `Zebra` what rows cost.", baseline="def total(rows):")
    verify([one], scorer=scorer, gate=DIFFERENCE, convention="google")
    assert scorer.asked == []


def test_words_without_ground_lower_the_confidence_of_the_shipped_gate() -> None:
    gate = load_gate("", "fim")
    sure = (-0.2, -0.3, -0.1)

    def value(doc: str) -> float:
        one = document(CODE, doc, logprobs=sure)
        outcome = verify([one], scorer=None, gate=replace(gate, threshold=None), convention="google")[0]
        return float(detail(outcome).split()[1].rstrip(","))

    assert value("Sum the price of all rows.") > value("Sum the weight of all parcels.")


def test_the_shipped_chat_gate_trusts_a_vague_opening_less() -> None:
    gate = load_gate("", "chat")
    sure = (-0.2, -0.3, -0.1)
    outcomes = [
        verify([document(CODE, doc, logprobs=sure)], scorer=None, gate=gate, convention="google")[0]
        for doc in ("Sum the price of all rows to a total.", "Convert the price of all rows to a total.")
    ]
    assert [type(one) for one in outcomes] == [Verified, Rejected]
    assert " < " in detail(outcomes[1])


def test_a_gate_answers_only_for_the_kinds_it_was_calibrated_on() -> None:
    code = "class Total:\n    def __init__(self, rows):\n        self.rows = rows\n"
    gate = replace(MEAN, kinds=frozenset({"function", "method"}))
    one = document(code, "Rows that are added up.", "Total", logprobs=(-0.1, -0.1))
    outcome = verify([one], scorer=None, gate=gate, convention="google")[0]
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, "class" in detail(outcome)) == ("unconfident", True)
    shown = verify([one], scorer=None, gate=replace(gate, threshold=None), convention="google")[0]
    assert isinstance(shown, Verified)


@pytest.mark.parametrize("form", ["fim", "chat"])
def test_a_gate_ships_for_each_form_with_known_features_and_a_threshold(form: str) -> None:
    gate = load_gate("sha256:unheard-of", form)
    assert gate.threshold is not None
    assert 0 < gate.threshold < 1
    assert {one.feature for one in gate.weights} <= {*FEATURES}


def test_an_unknown_form_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError, match="'telepathy'"):
        load_gate("", "telepathy")


def test_a_calibration_file_with_an_unknown_feature_names_the_known_ones() -> None:
    data = {"name": "x", "features": {"mood": {"weight": 1}}, "bias": 0, "threshold": 0.5}
    with pytest.raises(UsageError, match="mood") as caught:
        gate_from(json.dumps(data))
    assert "mean_logprob" in caught.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"features": 3}'])
def test_a_broken_calibration_file_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match="not a calibration file"):
        gate_from(text)


def test_the_end_tokens_probability_alone_can_make_an_answer_doubtful() -> None:
    """That is where a model that was taught to doubt tells what it thinks of its answer."""
    gate = Gate("last", (Weight("last_logprob", 1.0),), bias=1.0, threshold=0.6)
    assert isinstance(prove(gate, (-3.0, -0.1)), Verified)
    assert isinstance(prove(gate, (-0.1, -3.0)), Rejected)


def test_infinite_probabilities_count_as_none() -> None:
    assert isinstance(prove(MEAN, (-math.inf, -0.1)), Rejected)
