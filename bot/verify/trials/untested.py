"""The label of a fix that no test has run with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Union

from bot.data import Evidence
from bot.findings.finding import DOCTEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Rejected
    from bot.verify.fix import Standing

__all__ = ["UNTESTED", "NoTrials", "labelled"]

UNTESTED = "untested"  # evidence that is a label: nothing ran


def labelled(one: Standing, why: str) -> Standing:
    """Return a fix with the label, and why it has it; examples of docstrings that now pass are no tests."""
    if any(each.finding.rule == DOCTEST for each in one.fix.found):
        why = f"{why}, but the example passes now and no other fails"
    return replace(one, evidence=(*one.evidence, Evidence(UNTESTED, passed=True, detail=why)))


@dataclass(frozen=True, slots=True)
class NoTrials:
    """Runs nothing, and says so on every fix."""

    why: str

    def __call__(self, fixes: Sequence[Standing]) -> Sequence[Union[Standing, Rejected]]:
        """Return the fixes with the label."""
        return [labelled(one, self.why) for one in fixes]
