"""The flow of missing tests: the sandbox and the project's Python, from a run's settings."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.pipeline.tests import MissingTests
from bot.verify.sandbox import Limits, find_python, open_sandbox
from bot.verify.tests.lab import coverage_folder, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.commands.session import Run
    from bot.ledger import Review
    from bot.verify.sandbox import Sandbox

__all__ = ["build"]


def build(run: Run, review: Review) -> MissingTests:
    """Return the flow; see `bot.commands.flows.flow_of`.

    Raises:
        UsageError: What the configuration names is no interpreter.
    """
    settings = run.settings
    python = find_python(run.root, configured=settings.python)

    @contextmanager
    def sandbox() -> Iterator[Sandbox]:
        shown = [inside(), *filter(None, [coverage_folder()])]
        with open_sandbox(
            run.root, python=python, limits=Limits(), isolated=settings.sandbox, visible=shown
        ) as opened:
            review.notes.append(f"Tests ran with {python.executable} ({python.why}).")
            if not opened.isolated:
                review.notes.append("Tests ran without a sandbox, as --no-sandbox asked.")
            yield opened

    return MissingTests(
        root=run.root,
        tree=run.tree,
        sandbox=sandbox,
        private=settings.private,
        limit=settings.limit,
        jobs=settings.jobs,
        note=review.notes.append,
    )
