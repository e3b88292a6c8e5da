"""The fix flow: tools, tests and the engine, from a run's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.findings.importers import Importers
from bot.pipeline.fixes import Fixes
from bot.verify.checker import Tools
from bot.verify.ruff import Ruff
from bot.verify.trial import NoTrials

if TYPE_CHECKING:
    from bot.commands.session import Run
    from bot.ledger import Review

__all__ = ["build"]


def build(run: Run, review: Review) -> Fixes:  # noqa: ARG001 - what every flow is built from
    """Return the flow; see `bot.commands.flows.flow_of`."""
    return Fixes(
        checker=Tools(Ruff(run.root)),
        trials=NoTrials("no test reaches this"),
        importers=Importers(run.tree),
        limit=run.settings.limit,
    )
