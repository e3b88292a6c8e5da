"""What comparisons have in common whose answers are proven by running them: how their rows are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.report.evaluation.proofs import as_chart, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.measure.proofs import ProofRow

__all__ = ["Proven"]


class Noted(Protocol):
    """What was drawn."""

    notes: dict[str, None]  # what the user should know, a sentence each


class Proven:
    """Half of a `Kind`: the half that shows rows."""

    task: str

    def as_text(self, rows: Sequence[ProofRow], drawn: Noted, where: str) -> str:
        """Return the rows for a terminal."""
        return as_text(self.task, rows, list(drawn.notes), where)

    def as_json(self, rows: Sequence[ProofRow], drawn: Noted, where: Sequence[str], seed: int) -> str:
        """Return the rows for programs."""
        return as_json(self.task, rows, list(drawn.notes), where, seed)

    def as_chart(self, rows: Sequence[ProofRow], where: str) -> str:
        """Return the rows as SVG."""
        return as_chart(self.task, rows, where)
