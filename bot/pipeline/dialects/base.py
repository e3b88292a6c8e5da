"""What the flow of missing tests asks of a language: one dialect each, and nothing else knows the language.

A dialect sees every file of the repository, says what of the changed ones is to be tested, gets ready once
(the project's own tests run), and then tests one file's functions at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar, Union

from bot.data import Chunk, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from bot.data import Change, Outcome
    from bot.ports import Engine
    from bot.verify.sandbox import Sandbox

__all__ = ["Dialect", "Funnel", "Prepared", "Setting", "Subject", "Unready", "skip"]


class Subject(Protocol):
    """A function that is to be tested, as far as the flow has to know it."""

    @property
    def chunk(self) -> Chunk:
        """Where it lies."""
        ...

    @property
    def qualname(self) -> str:
        """Dotted from its module's top."""
        ...


S = TypeVar("S", bound=Subject)
S_contra = TypeVar("S_contra", bound=Subject, contravariant=True)


@dataclass(frozen=True, slots=True)
class Setting:
    """What every dialect is given."""

    root: Path
    cancel: Event
    private: bool = False
    engine: Callable[[], Engine] | None = None  # opens it; None: only what the repository tells is tried
    note: Callable[[str], None] = lambda _text: None
    prompts: Path | None = None  # folder of the user's own wordings
    commands: Sequence[str] = ()  # "LANGUAGE: COMMAND" each, as the setting `test_commands` has them


@dataclass(frozen=True, slots=True)
class Unready:
    """Why no tests of a language can be run here."""

    reason: str  # key of `bot.reasons.SKIPS`
    detail: str  # what is missing, and what to do about it


class Prepared(Protocol[S_contra]):
    """A dialect whose project is ready to run tests. Calls may come from several threads."""

    def missing(self, one: S_contra) -> Collection[object]:
        """Return what of a function the project's own tests do not reach; empty: it is tested already."""
        ...

    def risk(self, one: S_contra) -> int:
        """Return how much a mistake in a function would cost, as against others'."""
        ...

    def test(self, subjects: Sequence[S_contra], funnel: Funnel) -> Iterator[Outcome]:
        """Look for tests of one file's functions; every function ends in an outcome."""
        ...


class Dialect(Protocol[S]):
    """How tests are found and proven in one language, or a few that share their tools."""

    def speaks(self, language: str) -> bool:
        """Whether files in a language of `bot.languages` are its own."""
        ...

    def learn(self, item: Change | Skipped) -> None:
        """See a file of the repository, in any language, before the first question."""
        ...

    def look(self, change: Change) -> Iterator[Union[S, Outcome]]:
        """Yield what of a file is to be tested, and an outcome for every other chunk."""
        ...

    def prepare(
        self, found: Sequence[Sequence[S]], changed: Mapping[str, bytes], sandbox: Sandbox
    ) -> Prepared[S] | Unready:
        """Get ready, or return why that cannot be.

        Args:
            found: What `look` yielded, file by file.
            changed: The changed files as they are to be tested, by path; they may differ from the disk.
            sandbox: Where everything runs.
        """
        ...


@dataclass(slots=True)
class Funnel:
    """How many candidates got how far; what `codebot annotate` tells at the end."""

    tried: int = 0  # calls
    told: int = 0  # had an outcome that can be asserted
    useful: int = 0  # reached or noticed something that no other one did
    proven: int = 0
    functions: int = 0  # that were looked at
    tested: int = 0  # that got a test
    engine: int = 0  # tests that the engine wrote and that held when they were first tried
    helped: set[tuple[str, str]] = field(default_factory=set)  # whom those are of: path and qualified name
    dropped: dict[str, int] = field(default_factory=dict)  # written tests by the reason they were taken out

    def add(self, other: Funnel) -> None:
        """Add another one's counts."""
        self.tried += other.tried
        self.told += other.told
        self.useful += other.useful
        self.proven += other.proven
        self.functions += other.functions
        self.tested += other.tested
        self.engine += other.engine
        self.helped |= other.helped
        for reason, count in other.dropped.items():
            self.drop(reason, count)

    def drop(self, reason: str, count: int = 1) -> None:
        """Count written tests that were taken out again."""
        self.dropped[reason] = self.dropped.get(reason, 0) + count

    def __str__(self) -> str:
        gone = ", ".join(f"{count} {reason}" for reason, count in sorted(self.dropped.items()))
        return (
            f"Tests: {self.tried} calls tried, {self.told} with an outcome to assert, "
            f"{self.useful} worth a test, {self.proven} proven; "
            f"{self.tested} of {self.functions} functions got one"
            + (f"; the engine wrote {self.engine} that held" if self.engine else "")
            + (f"; taken out: {gone}" if gone else "")
        )


def skip(one: Subject, reason: str, detail: str = "") -> Skipped:
    """Return that a function was not looked at, and why."""
    return Skipped(one.chunk.change.path, reason, detail or one.qualname, one.chunk)
