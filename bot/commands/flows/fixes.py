"""The fix flow: tools, tests and the engine, from a run's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.flows.asked import asked
from bot.errors import EngineError, UsageError
from bot.findings.importers import Importers
from bot.findings.reports import read_reports
from bot.pipeline.fixes import Fixes
from bot.pipeline.offering import EngineOffer
from bot.verify.checker import Tools
from bot.verify.examples.found import Doctests
from bot.verify.rechecks import rechecks
from bot.verify.ruff import Ruff
from bot.verify.trials import NoTrials, Reaching, Trials

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.commands.session import Run
    from bot.data import Rejected, Suggestion
    from bot.findings.locate import Located
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
    doctests = Doctests(run.sandbox, review.notes.append) if settings.doctests else None
    return Fixes(
        checker=Tools(Ruff(run.root), reported, rechecks(settings.recheck, run.sandbox), doctests),
        trials=_Late(run, review),
        importers=Importers(run.tree),
        offer=_LateOffer(run, review),
        limit=settings.limit,
    )


class _LateOffer:
    """Opens the engine when the first finding is left that no tool fixes; without one, says so once."""

    def __init__(self, run: Run, review: Review) -> None:
        self._run = run
        self._review = review
        self._offer: EngineOffer | None = None
        self._tried = False

    def __call__(self, found: Located, cause: str) -> Iterator[Suggestion | Rejected]:
        """Yield the engine's candidates for one finding."""
        if not self._tried:
            self._tried = True
            self._offer = self._open()
        return self._offer(found, cause) if self._offer else iter(())

    def _open(self) -> EngineOffer | None:
        if not asked(self._run.settings.engine, "fixes"):
            self._review.notes.append(
                "What no tool fixes was not asked about: the packaged model was not trained for that. "
                "--engine names one that writes code."
            )
            return None
        try:
            engine = self._run.engine()
        except EngineError as error:
            self._review.notes.append(
                f"What no tool fixes was not asked about: {error}. {error.hint}".strip()
            )
            return None
        self._review.engine = engine.info
        return EngineOffer(engine, self._run.settings.prompts)


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
