"""How a stage tells of its progress without knowing who listens: the stages never see a terminal."""

from __future__ import annotations

from typing import Protocol

__all__ = ["NullObserver", "Observer"]


class Observer(Protocol):
    """Told what a run is doing; one phase at a time, from one thread or many."""

    def start(self, phase: str, total: int | None = None) -> None:
        """Begin a phase ("reading", "indexing", "asking", "proving"), which ends the one before.

        Args:
            phase: One word for people, in the progressive form.
            total: How many steps there will be, or None while nobody knows.
        """
        ...

    def advance(self, n: int = 1, **counts: int) -> None:
        """Book `n` finished steps and what came of them.

        Args:
            n: Steps that are done, zero for news that is not a step.
            **counts: Increments summed over the whole run; "files", "suggestions" and "tokens" are shown.
        """
        ...

    def finish(self) -> None:
        """Say that the run is over, however it ended; may be called more than once."""
        ...


class NullObserver:
    """Listens to nothing; what the stages use unless they are given another."""

    def start(self, phase: str, total: int | None = None) -> None:
        """Ignore it."""

    def advance(self, n: int = 1, **counts: int) -> None:
        """Ignore it."""

    def finish(self) -> None:
        """Ignore it."""
