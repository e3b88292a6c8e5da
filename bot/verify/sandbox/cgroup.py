"""Control groups, where this process may make one: limits that hold for a whole tree of processes.

Root may, and so may a user whose session manager has handed down a part of the hierarchy. Elsewhere the
limits of each process and the watch over the tree have to do.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.verify.sandbox.model import Limits

__all__ = ["Cage", "caged"]

_HIERARCHIES = Path("/sys/fs/cgroup")
_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Cage:
    """Folders of one run: one for all controllers (version 2), or one for each (version 1)."""

    folders: tuple[Path, ...] = ()

    def put(self, pid: int) -> None:
        """Put a process in; what it starts from now on is in too."""
        for folder in self.folders:
            with suppress(OSError):
                (folder / "cgroup.procs").write_text(str(pid))

    def out_of_memory(self) -> bool:
        """Whether the kernel ended one of its processes for lack of memory."""
        for folder in self.folders:
            for name, key in (("memory.events", "oom_kill"), ("memory.oom_control", "oom_kill")):
                with suppress(OSError):
                    pairs = [line.split() for line in (folder / name).read_text().splitlines()]
                    if any(pair[0] == key and pair[1] != "0" for pair in pairs):
                        return True
        return False

    def out_of_processes(self) -> bool:
        """Whether a process could not be started for their number."""
        for folder in self.folders:
            with suppress(OSError):
                if (folder / "pids.events").read_text().split() != ["max", "0"]:
                    return True
        return False


@contextmanager
def caged(limits: Limits) -> Iterator[Cage]:
    """Make groups with these limits, as far as that is allowed; they go once their processes are gone."""
    name = f"codebot-{os.getpid()}-{next(_NUMBERS)}"
    folders: list[Path] = []
    for parent, settings in _parents(limits):
        folder = parent / name
        try:
            folder.mkdir()
        except OSError:
            continue
        folders.append(folder)
        for file, value in settings.items():
            with suppress(OSError):  # a kernel without swap accounting, say
                (folder / file).write_text(str(value))
    try:
        yield Cage(tuple(folders))
    finally:
        for folder in folders:
            _remove(folder)


def _parents(limits: Limits) -> Iterator[tuple[Path, dict[str, int]]]:
    """Yield where groups can be made, and what to write into each."""
    lines = _own()
    if "" in lines:  # version 2, alone or beside version 1
        base = _HIERARCHIES if (_HIERARCHIES / "cgroup.controllers").exists() else None
        for path in (os.path.dirname(lines[""]), lines[""]) if base else ():
            folder = Path(f"{base}{path}")
            with suppress(OSError):
                if {"memory", "pids"} <= set((folder / "cgroup.subtree_control").read_text().split()):
                    yield (
                        folder,
                        {
                            "pids.max": limits.processes,
                            "memory.max": limits.memory,
                            "memory.swap.max": 0,
                            "memory.oom.group": 1,
                        },
                    )
                    return
    if "pids" in lines:
        # The launcher and bubblewrap's own two are no command's.
        yield Path(f"{_HIERARCHIES}/pids{lines['pids']}"), {"pids.max": limits.processes + 4}
    if "memory" in lines:
        yield Path(f"{_HIERARCHIES}/memory{lines['memory']}"), {"memory.limit_in_bytes": limits.memory}


def _own() -> dict[str, str]:
    """Return this process's group in each hierarchy, by controller."""
    try:
        lines = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        found.update(dict.fromkeys(controllers.split(","), path.rstrip("/")))
    return found


def _remove(folder: Path) -> None:
    for _ in range(50):
        with suppress(FileNotFoundError):
            try:
                folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # the kernel has not buried the last process yet
                time.sleep(0.01)
                continue
        return
