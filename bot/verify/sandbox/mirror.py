"""A copy of a repository to work in, as it was before each run, without being copied each time.

Two copies are made once: one that is kept, and one that commands see and write. After a run whatever it
changed is mended from the kept one. A change shows in the time that the kernel itself writes beside a file,
which no command can set. No process of a run may be left when it ends.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.verify.sandbox.private import is_private
from bot.verify.sandbox.remove import remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Mirror"]

_LEFT_OUT = frozenset({"__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
_LINKED = "node_modules"  # large, installed, and only read: seen where it is, as environments are
_MOST = 4 * 1024**3  # bytes
_CLONE = 0x40049409  # FICLONE: the same blocks until one of the two is written

_State = tuple[int, ...]


class Mirror:
    """A repository's files without version control, credentials and caches; links stay links."""

    def __init__(self, root: Path, folder: Path) -> None:
        """Copy the repository at `root` into a folder, twice: to keep, and, in "run", to work in.

        Raises:
            UsageError: It is too large to be copied.
        """
        self.folder = folder
        self.run = folder / "run"  # all of it may be written
        self.work = self.run / root.name
        self.linked: list[Path] = []  # folders outside that links in the copy lead to
        self._kept = folder / "kept"
        self._room = _MOST
        self._lent = threading.Lock()
        self._copy_root(root)
        self._renew()

    @contextmanager
    def turn(self, *, keep: bool = False) -> Iterator[None]:
        """Lend the working copy for one run; afterwards it is as it was, and so is "run" beside it.

        Runs that start at once take turns: paths in what they ask and print are those of one place.

        Args:
            keep: It stays as the run has left it.
        """
        with self._lent:
            self._settle()
            try:
                yield
            finally:
                try:
                    if keep:
                        self._keep()
                    self._mend()
                except OSError:  # whatever was built there: another place serves as well
                    self._renew()

    def close(self) -> None:
        """Remove what commands have written, however deep."""
        for entry in self.folder.iterdir():
            remove(entry)

    def _mend(self) -> None:
        for entry in self.run.iterdir():
            if entry != self.work or entry.is_symlink():  # a link here would lead all that follows outside
                remove(entry)
        found = dict(_states(self.work, self._states))
        wrong = [name for name, state in self._states.items() if found.get(name) != state]
        _replace(wrong, self._kept, self.work)
        for name in found.keys() - self._states.keys():
            remove(self.work / name)
        self._look()

    def _keep(self) -> None:
        if self.work.is_symlink():
            return
        found = dict(_states(self.work))
        for name in self._states.keys() - found.keys():
            remove(self._kept / name)
        _replace([n for n, state in found.items() if self._states.get(n) != state], self.work, self._kept)
        self._look()

    def _renew(self) -> None:
        if os.path.lexists(self.run):
            os.rename(self.run, tempfile.mkdtemp(prefix="gone-", dir=self.folder))
        self.run.mkdir()
        _copy(self._kept, self.work)
        self._look()

    def _settle(self) -> None:
        """Wait (milliseconds) until a change would get another time than what is there has."""
        latest = max((state[3] for state in self._states.values() if len(state) > 1), default=0)
        clock = getattr(time, "CLOCK_REALTIME_COARSE", time.CLOCK_REALTIME)
        limit = time.monotonic() + 1
        while time.clock_gettime_ns(clock) <= latest and time.monotonic() < limit:
            time.sleep(0.001)

    def _look(self) -> None:
        self._states = dict(_states(self.work))

    def _copy_root(self, root: Path) -> None:
        waiting = [(str(root), str(self._kept))]
        while waiting:
            source, target = waiting.pop()
            os.makedirs(target)
            for entry in _entries(source):
                path = os.path.join(target, entry.name)
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), path)
                elif entry.is_dir(follow_symlinks=False):
                    if entry.name == _LINKED or os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
                        os.symlink(entry.path, path)
                        self.linked.append(Path(entry.path))
                    elif entry.name not in _LEFT_OUT and not is_private(entry.name):
                        waiting.append((entry.path, path))
                elif entry.is_file(follow_symlinks=False) and not is_private(entry.name):
                    self._copy_one(entry, path)

    def _copy_one(self, entry: os.DirEntry[str], target: str) -> None:
        self._room -= entry.stat(follow_symlinks=False).st_size
        if self._room < 0:
            raise UsageError(
                f"the repository has more than {_MOST >> 30} GiB of files, too much to copy for a sandbox "
                "without namespaces",
                hint="Move large data out of it, or run where bubblewrap works: it copies nothing.",
            )
        with suppress(PermissionError):  # what codebot cannot read, commands cannot either
            _copy_file(entry.path, target)


def _replace(names: list[str], source: Path, target: Path) -> None:
    """Put what is in one folder in the place of what another has under the same names."""
    fresh: set[str] = set()
    for name in sorted(names):  # a folder comes before what is in it
        if os.path.dirname(name) not in fresh:
            remove(target / name)
            _copy(source / name, target / name)
        fresh.add(name)


def _states(root: Path, same: Mapping[str, _State] | None = None) -> Iterator[tuple[str, _State]]:
    """Yield each name below `root` and its state; folders that `same` does not have stay closed."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(os.path.join(root, folder)):
            name = os.path.join(folder, entry.name)
            told = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(told.st_mode):
                yield name, (told.st_mode,)
                if same is None or stat.S_ISDIR(same.get(name, (0,))[0]):
                    waiting.append(name)
            else:
                yield name, (told.st_mode, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError:
        with suppress(PermissionError):  # a command may have closed it
            os.chmod(folder, 0o700)
            with os.scandir(folder) as entries:
                return list(entries)
        return []


def _copy(source: Path, target: Path) -> None:
    """Copy a file, a link or a folder."""
    waiting = [(str(source), str(target))]
    while waiting:
        here, there = waiting.pop()
        mode = os.lstat(here).st_mode
        if stat.S_ISLNK(mode):
            os.symlink(os.readlink(here), there)
        elif stat.S_ISDIR(mode):
            os.mkdir(there, stat.S_IMODE(mode) | stat.S_IRWXU)
            waiting += [(entry.path, os.path.join(there, entry.name)) for entry in _entries(here)]
        elif stat.S_ISREG(mode):
            _copy_file(here, there)


def _copy_file(source: str, target: str) -> None:
    with open(source, "rb") as reading, open(target, "xb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), _CLONE, reading.fileno())
        except OSError:  # most file systems cannot
            shutil.copyfileobj(reading, writing, 1024 * 1024)
    shutil.copystat(source, target)
