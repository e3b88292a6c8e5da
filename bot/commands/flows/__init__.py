"""The flow of each task, put together from a run's settings: one module a task, imported when needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.commands.session import Run
    from bot.ledger import Review
    from bot.pipeline import Flow

__all__ = ["FLOWS", "flow_of"]

# name of the task in settings -> module with `build(run, review) -> Flow`
FLOWS: dict[str, str] = {
    "docstrings": "bot.commands.flows.docstrings",
    "fixes": "bot.commands.flows.fixes",
    "tests": "bot.commands.flows.tests",
}


def flow_of(name: str, run: Run, review: Review) -> Flow:
    """Return the flow of a task.

    Args:
        name: One of `bot.config.TASKS`.
        run: What is open; a flow that asks the engine opens it here, by `run.engine()`.
        review: Takes what the reader should know: the engine that answers, the house style, notes.

    Raises:
        EngineError: The task needs the engine, and there is none.
    """
    flow: Flow = importlib.import_module(FLOWS[name]).build(run, review)
    return flow
