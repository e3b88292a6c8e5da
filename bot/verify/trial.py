"""What tests say of a fix, or that none says anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Union

from bot.data import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Rejected
    from bot.verify.fix import Standing

__all__ = ["UNTESTED", "NoTrials"]

UNTESTED = "untested"  # evidence that is a label: nothing ran


@dataclass(frozen=True, slots=True)
class NoTrials:
    """Runs nothing, and says so on every fix."""

    why: str

    def __call__(self, fixes: Sequence[Standing]) -> Sequence[Union[Standing, Rejected]]:
        """Return the fixes with the label."""
        label = Evidence(UNTESTED, passed=True, detail=self.why)
        return [replace(one, evidence=(*one.evidence, label)) for one in fixes]
