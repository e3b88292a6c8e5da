"""What is known of a repository of JavaScript before any of its files is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from bot.tasks.tests.javascript.layout import home
from bot.tasks.tests.javascript.project import manifest_folder
from bot.verify.tests.javascript.instrument import instrument

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.data import Change
    from bot.pipeline.dialects.javascript.asking import Asker
    from bot.tasks.tests.javascript.layout import Habits
    from bot.tasks.tests.javascript.project import Project
    from bot.tasks.tests.javascript.subject import Module, Subject
    from bot.verify.tests.javascript.lab import Lab

__all__ = ["Place", "Ready", "missing"]


@dataclass(frozen=True, slots=True)
class Place:
    """One project whose tests can be run."""

    project: Project
    habits: Habits
    lab: Lab
    untyped: str  # why its TypeScript cannot be run; "" where it can
    reached: dict[tuple[str, str], frozenset[int]] = field(default_factory=dict)  # by path and function


@dataclass(frozen=True, slots=True)
class Ready:
    """What is known before any file is looked at."""

    before: Mapping[str, Change]  # JavaScript and TypeScript as they are, by path
    prose: Sequence[bytes]
    manifests: Mapping[str, bytes]
    places: Mapping[str, Place | str]  # by folder; or why it cannot be tested
    asker: Asker | None = None  # None: no engine is asked
    homes: dict[str, str] = field(default_factory=dict)  # new test files, by the module they are for
    lock: Lock = field(default_factory=Lock)

    def home(self, module: Module, place: Place, *, esm: bool) -> str:
        """Return the path of a module's test file: one that no other module of this run has."""
        path = home(module, place.project, place.habits, esm=esm)
        folder, slash, name = path.rpartition("/")
        with self.lock:
            others = {taken for path, taken in self.homes.items() if path != module.path}
            for holder in reversed(["", *module.path.split("/")[:-1]]):
                if path not in others:
                    break
                name = f"{holder}-{name}".lstrip("-")
                path = f"{folder}{slash}{name}"
            self.homes[module.path] = path
        return path

    def place(self, path: str) -> Place | str:
        """Return the project that a file lies in."""
        return self.places[manifest_folder(path, self.manifests)]


def missing(one: Subject, ready: Ready) -> Collection[int]:
    """Return the blocks of a function that nothing reaches, counted from its start."""
    place = ready.place(one.module.path)
    known = place.reached.get((one.module.path, one.qualname)) if isinstance(place, Place) else None
    count = len(instrument(one.module, [one], mutate=False).blocks[0])
    return frozenset(range(count)) - (known or frozenset())
