"""Seeded wrong docstrings are rejected for the right reason; true ones pass every check."""

from __future__ import annotations

import pytest

from bot.data import Rejected, Verified
from bot.reasons import REJECTIONS
from bot.verify.confidence import NO_GATE
from bot.verify.docstring import Proof, verify
from tests.verify.build import document
from tests.verify.catalogue import CODE, TRUE, WRONG


@pytest.fixture(scope="module")
def of_wrong() -> list[Proof]:
    made = [document(CODE[code], doc, symbol or None) for code, symbol, doc, _ in WRONG]
    return verify(made, scorer=None, gate=NO_GATE, convention="google")


@pytest.fixture(scope="module")
def of_true() -> list[Proof]:
    made = [document(CODE[code], doc, symbol or None) for code, symbol, doc in TRUE]
    return verify(made, scorer=None, gate=NO_GATE, convention="google")


@pytest.mark.parametrize("number", range(len(WRONG)), ids=[f"{w[0]}-{i}" for i, w in enumerate(WRONG)])
def test_a_wrong_docstring_is_rejected_for_its_reason(number: int, of_wrong: list[Proof]) -> None:
    outcome, wanted = of_wrong[number], WRONG[number][3]
    assert isinstance(outcome, Rejected), f"passed: {WRONG[number][2]}"
    assert outcome.reason in wanted.split(), (outcome.detail, WRONG[number][2])
    assert outcome.reason in REJECTIONS
    assert not outcome.evidence[-1].passed
    assert all(one.passed for one in outcome.evidence[:-1])


@pytest.mark.parametrize("number", range(len(TRUE)), ids=[f"{t[0]}-{i}" for i, t in enumerate(TRUE)])
def test_a_true_docstring_passes_every_check(number: int, of_true: list[Proof]) -> None:
    outcome = of_true[number]
    assert isinstance(outcome, Verified), (outcome.detail, TRUE[number][2])
    assert [one.check for one in outcome.evidence][-2:] == ["convention", "confidence"]
    assert all(one.passed for one in outcome.evidence)


def test_the_catalogue_is_large_enough_and_names_real_reasons() -> None:
    assert len(WRONG) >= 60
    assert len(TRUE) >= 40
    assert {w[3].split()[0] for w in WRONG} <= {*REJECTIONS}
