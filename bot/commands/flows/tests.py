"""The flow of missing tests: the sandbox and the engine, from a run's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.flows.asked import asked
from bot.pipeline.tests import MissingTests

if TYPE_CHECKING:
    from bot.commands.session import Run
    from bot.ledger import Review
    from bot.ports import Engine
    from bot.verify.sandbox import Sandbox

__all__ = ["build"]


def build(run: Run, review: Review) -> MissingTests:
    """Return the flow; see `bot.commands.flows.flow_of`."""
    settings = run.settings

    def sandbox() -> Sandbox:
        opened = run.sandbox()
        if not opened.isolated:
            review.notes.append("Tests ran without a sandbox, as --no-sandbox asked.")
        return opened

    def engine() -> Engine:
        opened = run.engine()
        review.engine = opened.info
        return opened

    return MissingTests(
        root=run.root,
        tree=run.tree,
        sandbox=sandbox,
        private=settings.private,
        limit=settings.limit,
        jobs=settings.jobs,
        engine=engine if asked(settings.engine, "tests") else None,
        note=review.notes.append,
        prompts=settings.prompts,
        commands=settings.test_commands,
    )
