"""Nothing is silently left out: every chunk ends in exactly one column, and the columns add up.

    chunks             = completed + cached + sum(skipped) + sum(failed)
    completed + cached = verified + sum(rejected)

A file that was skipped as a whole counts as one file and one chunk. "completed" means that work was done in
this run, "cached" that every answer was known from an earlier one. With several tasks a chunk is booked once
for each task it was looked at for, and `Review.tasks` has a ledger of each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.data import Failed, Outcome, Rejected, Skipped, Task, Verified
from bot.reasons import FAILURES, REJECTIONS, SKIPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.ports import EngineInfo

__all__ = ["Coverage", "Ledger", "Review", "Usage"]

UNASKED = frozenset(
    {"limit", "interrupted", "deadline", "language", "too-long"}
)  # skips of what was a target


@dataclass(slots=True)
class Usage:
    """What the engine spent: tokens, and seconds summed over answers (not wall time when they overlap)."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Ledger:
    """Counts of one run; `add` every outcome once and `read` every file once."""

    files: int = 0
    completed: int = 0
    cached: int = 0
    verified: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    usage: Usage = field(default_factory=Usage)

    @property
    def chunks(self) -> int:
        """Everything that was counted."""
        return self.completed + self.cached + self.skipped.total() + self.failed.total()

    def add(self, outcome: Outcome) -> None:
        """Book one outcome; raise KeyError for a reason that is in no table, which is a bug."""
        if isinstance(outcome, Skipped):
            self.skipped[_known(outcome.reason, SKIPS)] += 1
            return
        if isinstance(outcome, Failed):
            self.failed[_known(outcome.reason, FAILURES)] += 1
            return
        if isinstance(outcome, Rejected):
            count = len(outcome.settles) or 1
            self.rejected[_known(outcome.reason, REJECTIONS)] += count
            completions = outcome.completions
        else:
            count = len(outcome.suggestion.settles)
            self.verified += count
            completions = outcome.suggestion.completions
        fresh = [c for c in completions if not c.cached]
        if fresh or not completions:
            self.completed += count
        else:
            self.cached += count
        self.usage.prompt_tokens += sum(c.prompt_tokens for c in fresh)
        self.usage.completion_tokens += sum(c.completion_tokens for c in fresh)
        self.usage.seconds += sum(c.seconds for c in fresh)

    def balanced(self) -> bool:
        """Whether the second identity holds too (the first is how `chunks` is defined)."""
        return self.completed + self.cached == self.verified + self.rejected.total()


def _known(reason: str, table: dict[str, str]) -> str:
    table[reason]
    return reason


@dataclass(slots=True)
class Coverage:
    """Docstrings of a file, counted over the symbols that are to have one.

    These are the symbols that the docstring task would ask about and those that have a docstring already: in
    the lines that were read, public unless private ones were asked for, no test code unless it was asked for,
    and not too small to document.
    """

    documented: int = 0  # had a docstring before the run
    added: int = 0  # get one by a suggestion of this run
    missing: int = 0  # stay without

    @property
    def total(self) -> int:
        """All of them."""
        return self.documented + self.added + self.missing

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(
            self.documented + other.documented, self.added + other.added, self.missing + other.missing
        )


@dataclass(slots=True)
class Review:
    """What a run gives to a report: the engine, the ledger and what was proven, in path and line order."""

    engine: EngineInfo
    ledger: Ledger
    verified: list[Verified] = field(default_factory=list)
    hints: list[Rejected] = field(default_factory=list)  # findings without a proven fix; each has a `hint`
    failed: list[Failed] = field(default_factory=list)
    skipped_files: list[Skipped] = field(default_factory=list)
    style: str = ""  # the house style that was detected or asked for, in words
    seconds: float = 0.0  # wall time of the run
    notes: list[str] = field(default_factory=list)  # what the user should know, a sentence each
    tasks: dict[Task, Ledger] = field(default_factory=dict)  # the same sums, of each task that ran
    coverage: dict[str, Coverage] = field(default_factory=dict)  # docstrings, by path

    def take(self, outcomes: Iterable[Outcome], task: Task = "docstring") -> None:
        """Book the outcomes of a task as they come, keeping only what reports show."""
        own = self.tasks.setdefault(task, Ledger())
        for outcome in outcomes:
            self.ledger.add(outcome)
            own.add(outcome)
            if task == "docstring":
                self._cover(outcome)
            if isinstance(outcome, Verified):
                self.verified.append(outcome)
            elif isinstance(outcome, Rejected):
                self.hints += [outcome] * (outcome.hint is not None)
            elif isinstance(outcome, Failed):
                self.failed.append(outcome)
            elif isinstance(outcome, Skipped) and outcome.chunk is None:
                self.skipped_files.append(outcome)

    def _cover(self, outcome: Outcome) -> None:
        chunk = outcome.suggestion.chunk if isinstance(outcome, Verified) else outcome.chunk
        symbol = chunk.symbol if chunk is not None else None
        if chunk is None or symbol is None:
            return
        known = isinstance(outcome, Skipped) and outcome.reason == "documented"
        if isinstance(outcome, Skipped) and not known and outcome.reason not in UNASKED:
            return
        found = self.coverage.setdefault(chunk.change.path, Coverage())
        if known or symbol.doc is not None:  # one that is to be corrected was there before, too
            found.documented += 1
        elif isinstance(outcome, Verified):
            found.added += 1
        else:
            found.missing += 1

    def sort(self) -> None:
        """Order suggestions and hints by path and line, as every report lists them."""
        self.verified.sort(key=lambda v: (v.suggestion.path, v.suggestion.start_line, v.suggestion.id))
        self.hints.sort(key=lambda r: (r.chunk.change.path, r.hint.start_line if r.hint else 0))
