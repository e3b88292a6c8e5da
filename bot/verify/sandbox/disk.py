"""How much a run has written into a folder on disk, told while it goes on and without slowing it down."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["Meter"]

_LEAST = 4096  # bytes that a name costs, with nothing in it
_SHARE, _SHARE_IN_NEED = 20, 4  # of the time between two looks, one part is for looking


class Meter:
    """Counts what was added to a folder since it was made."""

    def __init__(self, folder: Path, most: int) -> None:
        """Take what is there as the beginning.

        Args:
            folder: A folder on disk.
            most: Bytes; looks are more frequent when the disk has lost as many.
        """
        self._folder = folder
        self._device = os.stat(folder).st_dev
        self._most = most
        self._free = _free(folder)
        self._before, _ = _used(folder)
        self._last = 0
        self._looked = self._took = 0.0

    def __call__(self, tree: Collection[int]) -> int:
        """Return the bytes that are written, also into files that these processes hold without a name."""
        started = time.monotonic()
        lost = self._free - _free(self._folder)
        need = lost > self._most
        if started - self._looked < self._took * (_SHARE_IN_NEED if need else _SHARE):
            return self._last
        used, complete = _used(self._folder)
        self._last = used - self._before
        if need and self._last <= self._most:
            self._last += _nameless(tree, self._device)
            if not complete:  # folders are closed, or too deep: then the disk's own figure counts
                self._last = max(self._last, lost)
        self._looked = time.monotonic()
        self._took = self._looked - started
        return self._last


def _free(folder: Path) -> int:
    told = os.statvfs(folder)
    return told.f_bfree * told.f_frsize


def _used(folder: Path) -> tuple[int, bool]:
    """Return the bytes below a folder, and whether all of it could be looked at."""
    total, complete = 0, True
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    told = entry.stat(follow_symlinks=False)
                    total += max(told.st_blocks * 512, _LEAST)
                    if stat.S_ISDIR(told.st_mode):
                        waiting.append(entry.path)
        except FileNotFoundError:  # gone in the meantime
            continue
        except OSError:
            complete = False
    return total, complete


def _nameless(tree: Collection[int], device: int) -> int:
    """Return the bytes of files without a name that these processes have open or mapped."""
    found: dict[int, int] = {}
    for pid in tree:
        try:
            for name in os.listdir(f"/proc/{pid}/fd"):
                told = os.stat(f"/proc/{pid}/fd/{name}")
                if stat.S_ISREG(told.st_mode) and told.st_nlink == 0 and told.st_dev == device:
                    found[told.st_ino] = told.st_blocks * 512
            with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as stream:
                for line in stream:
                    where, _, _, _, number, *name_ = line.split()
                    if name_ and name_[-1] == "(deleted)":
                        start, end = (int(each, 16) for each in where.split("-"))
                        found[int(number)] = max(found.get(int(number), 0), end - start)
        except (OSError, ValueError):  # gone in the meantime
            continue
    return sum(found.values())
