"""What a task's flow is, and how several of them share one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Protocol

from bot.data import Change, LineRange, Outcome, Rejected, Skipped, Task, Verified
from bot.observe import NullObserver, Observer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["WINDOW", "Flow", "Taken", "Work", "run"]


# Targets in work at once: enough to keep an engine busy and to sort by length; few, where what comes first
# has to be out before a deadline.
WINDOW = 64


@dataclass(slots=True)
class Taken:
    """Which lines the suggestions of a run edit so far; the flows of one run share it."""

    edited: dict[str, list[LineRange]] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)  # files that do not exist yet

    def touches(self, path: str, start: int, end: int) -> bool:
        """Whether a suggestion edits any of lines `start`..`end` of a file."""
        return any(lines.touches(start, end) for lines in self.edited.get(path, ()))

    def book(self, outcome: Outcome) -> Outcome:
        """Take a suggestion's lines, or return a rejection where an earlier one has some of them."""
        if not isinstance(outcome, Verified):
            return outcome
        one = outcome.suggestion
        where = ""
        if one.path in self.created or (one.new_file and one.path in self.edited):
            where = "the file is made by another suggestion already"
        elif self.touches(one.path, one.start_line, one.end_line):
            where = f"lines {one.start_line}-{one.end_line} are edited already"
        if where:
            return Rejected(
                one.subject, "overlap", where, one.completions, one, outcome.evidence, settles=one.settles
            )
        self.edited.setdefault(one.path, []).append(LineRange(one.start_line, one.end_line))
        if one.new_file:
            self.created.add(one.path)
        return outcome


@dataclass(frozen=True, slots=True)
class Work:
    """What a flow is given: the files, who listens, whether to stop, and what is taken."""

    files: Iterable[Change | Skipped]  # each path once, in order
    observer: Observer = field(default_factory=NullObserver)
    cancel: Event = field(default_factory=Event)  # once set, what was not asked becomes "interrupted"
    taken: Taken = field(default_factory=Taken)  # by the flows before; to look at, not to write
    window: int = WINDOW


class Flow(Protocol):
    """One task, ready to run."""

    @property
    def task(self) -> Task:
        """Whose suggestions it makes."""
        ...

    def outcomes(self, work: Work) -> Iterator[Outcome]:
        """Yield one outcome for every chunk of every file, and one for every file that is skipped whole."""
        ...


def run(flow: Flow, work: Work) -> Iterator[Outcome]:
    """Yield the outcomes of a flow; a suggestion that shares a line with an earlier one is a rejection."""
    for outcome in flow.outcomes(work):
        yield work.taken.book(outcome)
