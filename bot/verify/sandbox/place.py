"""What a kind of sandbox gives to the one that runs commands: where things are, and how to start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from bot.verify.sandbox.model import Limits

__all__ = ["LAUNCHER", "Backend", "Place", "Start", "Support"]

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Support:
    """Whether one kind of sandbox works on this machine, and why not."""

    name: str
    works: bool
    detail: str
    isolates: bool = True
    unheld: tuple[str, ...] = ()  # what it does not keep from commands, or takes from them, in words


@dataclass(frozen=True, slots=True)
class Start:
    """How to start the launcher once: the command line before it, and the descriptors that it inherits."""

    prefix: list[str]  # in front of the interpreter; empty where nothing wraps it
    launcher: Path  # where the launcher lies for the command
    inherited: tuple[BinaryIO, ...] = ()  # closed here once it has started
    told: BinaryIO | None = None  # becomes readable with the process id, as JSON, of the first process inside
    gate: BinaryIO | None = None  # nothing starts before a byte is written here
    leash: BinaryIO | None = None  # closing it ends every process of the run


class Place(Protocol):
    """A repository laid out for one kind of sandbox; `start` may be called once for each run."""

    @property
    def root(self) -> Path:
        """Where commands find the repository."""
        ...

    @property
    def home(self) -> Path:
        """A folder for commands, empty at the start of each run."""
        ...

    @property
    def moved(self) -> bool:
        """Whether the repository is elsewhere than outside, so that installed links to it lead past it."""
        ...

    @property
    def in_memory(self) -> bool:
        """Whether what commands write is held in memory, and counts as such."""
        ...

    @property
    def counts(self) -> bool:
        """Whether it limits the number of processes itself: no limit of the user's holds for a run alone."""
        ...

    def start(self, limits: Limits, *, keep: bool = False) -> AbstractContextManager[Start]:
        """Make ready for one run; what it wrote is gone afterwards, unless `keep` lets later runs see it."""
        ...

    def written(self, first: int | None, tree: Collection[int]) -> int:
        """Return the bytes that a run holds in files.

        Args:
            first: Its first process, where that has a view of the files of its own.
            tree: Its processes.
        """
        ...


class Backend(Protocol):
    """One way to keep a command apart."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def isolates(self) -> bool:
        """False for the one that only copies."""
        ...

    def support(self) -> Support:
        """Try it on this machine."""
        ...

    def prepare(self, root: Path, visible: Sequence[Path]) -> AbstractContextManager[Place]:
        """Lay out what runs over `root` will see."""
        ...
