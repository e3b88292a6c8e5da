"""Seeded wrong fixes are rejected for the right reason; right ones pass every static step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.data import Rejected
from bot.reasons import REJECTIONS
from bot.verify.fix import Standing
from tests.verify.fix_catalogue import RIGHT, SELECT, WRONG
from tests.verify.fixing import Case, gate

if TYPE_CHECKING:
    from pathlib import Path

STEPS = [
    "applies",
    "parses",
    "inside",
    "finding-gone",
    "no-new-finding",
    "not-silenced",
    "checks-kept",
    "signatures",
]


@pytest.mark.parametrize(
    ("reason", "case"), WRONG, ids=[f"{reason}-{i}" for i, (reason, _) in enumerate(WRONG)]
)
def test_a_wrong_fix_is_rejected_for_its_reason(reason: str, case: Case, tmp_path: Path) -> None:
    result = gate(case, tmp_path, SELECT)
    assert isinstance(result, Rejected), case.edited
    assert (result.reason, case.edits) == (reason, case.edits), result.detail
    assert result.reason in REJECTIONS
    assert result.detail
    assert [one.passed for one in result.evidence] == [True] * (len(result.evidence) - 1) + [False]


@pytest.mark.parametrize("case", RIGHT, ids=range(len(RIGHT)))
def test_a_right_fix_passes_every_step(case: Case, tmp_path: Path) -> None:
    result = gate(case, tmp_path, SELECT)
    assert isinstance(result, Standing), f"{result.reason}: {result.detail}"
    assert [one.check for one in result.evidence] == STEPS
    assert all(one.passed and one.detail for one in result.evidence)
    assert result.source.decode() == case.edited


def test_the_catalogue_covers_every_reason_of_the_gate() -> None:
    assert {reason for reason, _ in WRONG} == {
        "does-not-apply",
        "does-not-parse",
        "unsafe-text",
        "outside-symbol",
        "finding-remains",
        "new-finding",
        "silences",
        "weakens-check",
        "signature-changed",
    }
    assert len(WRONG) >= 50
