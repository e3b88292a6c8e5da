"""The fix flow: findings of a file -> fixes that tools or the engine offer -> proof -> outcome.

A unit on the ledger is a finding, or a file that has none. What a tool calls a safe fix is tried first; what
is left goes to the engine, where one is given that can write code; what is left then is a hint: the finding
with its cause and its lines, without an edit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Union

from bot.data import Change, Chunk, Outcome, Rejected, Skipped, Suggestion, Task, Verified
from bot.languages import detect
from bot.pipeline.fixing import FileOfFindings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.findings.finding import Finding
    from bot.findings.locate import Located
    from bot.pipeline.flow import Work
    from bot.verify.checker import Checked
    from bot.verify.fix import Standing

__all__ = ["Checker", "Fixes", "Offer", "Trials"]

_HEAD = 4096  # bytes that tell a language


class Checker(Protocol):
    """Tools that find faults, and find out whether they are gone."""

    def check(self, change: Change, language: str) -> Checked | Skipped:
        """Return the findings of a file, or why no tool looks at it."""
        ...

    def recheck(
        self, change: Change, language: str, source: bytes, *, examples: bool = True
    ) -> Sequence[Located]:
        """Return what the same tools find in the file's text after an edit; `examples`: also which fail."""
        ...

    def provable(self, finding: Finding) -> bool:
        """Whether anything here can tell that a finding is gone."""
        ...

    def explain(self, finding: Finding) -> str:
        """Return in a sentence why the finding matters; "" where nobody says."""
        ...


class Offer(Protocol):
    """Whoever writes a fix where the tool has none."""

    def __call__(self, found: Located, cause: str) -> Iterator[Union[Suggestion, Rejected]]:
        """Yield candidates for one finding, or why an answer is none."""
        ...


class Trials(Protocol):
    """Tests, run on a file as fixes leave it."""

    def __call__(self, fixes: Sequence[Standing]) -> Sequence[Union[Standing, Rejected]]:
        """Return each of a file's fixes with what the tests say, in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class Fixes:
    """The flow of the fixes task."""

    checker: Checker
    trials: Trials
    importers: Callable[[str, str], str]  # which other file imports a name from a module
    offer: Offer | None = None
    limit: int | None = None  # findings worked on, in path and line order

    @property
    def task(self) -> Task:
        """Whose suggestions it makes."""
        return "fix"

    def outcomes(self, work: Work) -> Iterator[Outcome]:
        """Yield one outcome for every finding, and one for every file without any or skipped whole."""
        work.observer.start("fixing")
        left = self.limit
        for change in work.files:
            if isinstance(change, Skipped):
                yield change
                continue
            found = list(self._file(change, work, left))
            made = [one for one in found if isinstance(one, (Verified, Rejected))]
            if left is not None:
                left -= len(made)
            work.observer.advance(
                len(found), files=1, suggestions=sum(isinstance(one, Verified) for one in made)
            )
            yield from found

    def _file(self, change: Change, work: Work, limit: int | None) -> Iterator[Outcome]:
        language = detect(change.path, change.source[:_HEAD])
        lines = change.source.count(b"\n") + 1
        whole = Chunk(change, language, "module", 0, len(change.source), 1, lines)
        if work.cancel.is_set():
            yield Skipped(change.path, "interrupted", "", whole)
            return
        checked = self.checker.check(change, language)
        if isinstance(checked, Skipped):
            yield replace(checked, chunk=whole)
            return
        for finding in checked.gone:
            yield Skipped(change.path, "stale-finding", f"{finding.label}: {finding.message}", whole)
        free = [
            one for one in checked.wanted if not work.taken.touches(change.path, one.start_line, one.end_line)
        ]
        taken = [one for one in checked.wanted if one not in free]
        yield from (Skipped(change.path, "taken", "", one.chunk) for one in taken)
        wanted = free if limit is None else free[: max(limit, 0)]
        yield from (Skipped(change.path, "limit", "", one.chunk) for one in free[len(wanted) :])
        if wanted:
            yield from FileOfFindings(self, change, language, checked.all).outcomes(wanted)
        elif not checked.wanted and not checked.gone:
            yield Skipped(change.path, "no-finding", "", whole)
