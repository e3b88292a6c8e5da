"""A review that can be closed while work on it still goes on in another thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.data import Outcome, Skipped, Task, Verified
from bot.ledger import Ledger, Review

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Watched"]


@dataclass(slots=True)
class Watched(Review):
    """Knows which files it has outcomes of, for each task."""

    seen: dict[Task, set[str]] = field(default_factory=dict)
    closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, outcomes: Iterable[Outcome], task: Task = "docstring") -> None:
        """Book outcomes as they come, until this is closed."""
        # not super(): with slots, the class it would look for is the one before the decorator
        Review.take(self, self._noted(outcomes, self.seen.setdefault(task, set())), task)

    def close(self, names: Sequence[str], tasks: int) -> None:
        """Take nothing more, and put on the ledger what was not reached.

        Args:
            names: All the files there were.
            tasks: How many tasks each was to go through.
        """
        with self.lock:
            self.closed = True
        sets = [*self.seen.values(), *(set[str]() for _ in range(tasks - len(self.seen)))]
        late = [Skipped(name, "deadline") for seen in sets for name in names if name not in seen]
        if not late:  # the last file was begun, or its outcomes would be here: the rest of it is late
            late = [Skipped(names[-1], "deadline", "the rest of it")]
        own = self.tasks.setdefault("docstring", Ledger())
        for each in late:
            self.ledger.add(each)
            own.add(each)

    def _noted(self, outcomes: Iterable[Outcome], seen: set[str]) -> Iterator[Outcome]:
        for outcome in outcomes:
            with self.lock:  # held while the consumer books it
                if self.closed:
                    return
                seen.add(_path(outcome))
                yield outcome


def _path(outcome: Outcome) -> str:
    if isinstance(outcome, Verified):
        return outcome.suggestion.subject.change.path
    return outcome.path if isinstance(outcome, Skipped) else outcome.chunk.change.path
