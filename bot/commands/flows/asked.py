"""Which tasks the packaged model is asked for: those it says it was trained for."""

from __future__ import annotations

from bot.engines.folder import embedded_folder, trained_for

__all__ = ["asked"]


def asked(engine: str, task: str) -> bool:
    """Whether an engine is asked for a task: the packaged model if it was trained for it, others always.

    What a model that was trained on docstrings alone writes for tests and fixes never held.

    Args:
        engine: Its address, as in the settings.
        task: One of `bot.config.TASKS`.
    """
    return engine != "embedded:" or task == "docstrings" or task in trained_for(embedded_folder())
