"""The fix flow: tools, tests and the engine, from a run's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.findings.importers import Importers
from bot.findings.reports import read_reports
from bot.pipeline.fixes import Fixes
from bot.verify.checker import Tools
from bot.verify.rechecks import rechecks
from bot.verify.ruff import Ruff
from bot.verify.trials import NoTrials, Reaching, Trials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.session import Run
    from bot.data import Rejected
    from bot.ledger import Review
    from bot.verify.fix import Standing

__all__ = ["build"]


def build(run: Run, review: Review) -> Fixes:
    """Return the flow; see `bot.commands.flows.flow_of`."""
    settings = run.settings
    reported = None
    if settings.findings or settings.junit:
        found = read_reports(settings.findings, settings.junit, run.root, run.tree)
        review.notes += found.notes
        reported = found.by_path
    return Fixes(
        checker=Tools(Ruff(run.root), reported, rechecks(settings.recheck, run.sandbox)),
        trials=_Late(run, review),
        importers=Importers(run.tree),
        limit=settings.limit,
    )


class _Late:
    """Opens the sandbox when the first fix is to be tried; where none works, fixes are labelled."""

    def __init__(self, run: Run, review: Review) -> None:
        self._run = run
        self._review = review
        self._trials: Trials | NoTrials | None = None

    def __call__(self, fixes: Sequence[Standing]) -> Sequence[Standing | Rejected]:
        """Return each fix with what the tests say."""
        if self._trials is None:
            self._trials = self._open()
        return self._trials(fixes)

    def _open(self) -> Trials | NoTrials:
        try:
            return Trials(self._run.sandbox(), Reaching(self._run.tree))
        except UsageError as error:
            self._review.notes.append(f"No test was run on a fix: {error}. {error.hint}".strip())
            return NoTrials("no test was run: there is no sandbox")
