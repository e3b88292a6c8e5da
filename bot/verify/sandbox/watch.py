"""The watch over one run: reads what it prints, and ends all of it when a limit is passed."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.verify.confine.tree import descendants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from bot.verify.sandbox.model import Ended, Limits

__all__ = ["Watch", "Watched"]

_TICK = 0.05  # seconds between two looks: what a run can take in that time is by how much a limit is passed
_REPORT = 256 * 1024 * 1024  # bytes of the launcher's report that are read at most
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_PATIENCE = 5.0  # seconds for the kernel to bury what was killed


@dataclass(slots=True)
class Watched:
    """What was read, and how the run ended."""

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    report: bytearray = field(default_factory=bytearray)
    ended: Ended = "exit"
    detail: str = ""


@dataclass(slots=True)
class Watch:
    """One run that is under way; `follow` reads until it ends, and leaves none of its processes."""

    process: subprocess.Popen[bytes]  # its stdout and stderr are pipes
    report: IO[bytes]  # the end to read of the launcher's pipe
    limits: Limits
    first: int | None  # the first process inside; None where nothing is apart
    written: Callable[[int | None, set[int]], int]  # tells how many bytes the run's files hold
    in_memory: bool  # whether they hold them in memory
    out_of_memory: Callable[[], bool]  # tells whether the kernel has ended a process for lack of memory
    leash: IO[bytes] | None = None  # closing it makes what keeps the run end all of it
    seen: Watched = field(default_factory=Watched)
    known: set[int] = field(default_factory=set)  # every process that was ever counted

    def follow(self) -> Watched:
        """Read until the run ends or passes a limit, and end what is left of it."""
        deadline = time.monotonic() + self.limits.seconds
        looked = 0.0
        with selectors.DefaultSelector() as selector:
            for stream, sink in self._sinks():
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, (stream, *sink))
            while selector.get_map() and self.seen.ended == "exit":
                for key, _ in selector.select(_TICK):
                    stream, sink, most = key.data
                    if not self._read(stream, sink, most):
                        selector.unregister(stream)
                now = time.monotonic()
                if now - looked >= _TICK:
                    looked = now
                    self._look()
                if now > deadline:
                    self._stop("timeout", f"longer than {self.limits.seconds:g} s")
                if self.process.poll() is not None:
                    break
            self._check_memory()
            self._end()
            for stream, sink, most in [key.data for key in selector.get_map().values()]:
                while self._read(stream, sink, most):  # what was still in the pipe
                    pass
        return self.seen

    def _sinks(self) -> Iterator[tuple[IO[bytes], tuple[bytearray, int]]]:
        assert self.process.stdout is not None  # noqa: S101 - by construction
        assert self.process.stderr is not None  # noqa: S101 - same
        yield self.process.stdout, (self.seen.stdout, self.limits.output)
        yield self.process.stderr, (self.seen.stderr, self.limits.output)
        yield self.report, (self.seen.report, _REPORT)

    def _read(self, stream: IO[bytes], sink: bytearray, most: int) -> bool:
        """Read once; return whether there may be more."""
        data = stream.read(65536)
        sink += (data or b"")[: most - len(sink)]
        if len(sink) >= most:
            self._stop("output", f"more than {most:,} bytes printed")
        return bool(data)

    def _stop(self, ended: Ended, detail: str) -> None:
        if self.seen.ended == "exit":
            self.seen.ended, self.seen.detail = ended, detail

    def _look(self) -> None:
        """Count what the whole tree uses, as no limit of a single process can."""
        tree = descendants(self.first or self.process.pid)
        self.known |= tree
        files = self.written(self.first, tree)
        if files > self.limits.disk:
            self._stop("disk", f"{files:,} bytes written")
        held = files if self.in_memory else 0
        usages = [_usage(pid) for pid in tree]
        threads = sum(running for _, running in usages)
        if threads > self.limits.processes + 4:  # bubblewrap's own and the launcher are no command's
            self._stop("processes", f"{threads} processes and threads")
        elif held + sum(resident for resident, _ in usages) > self.limits.memory:
            memory = held + sum(_shared_fairly(pid) for pid in tree)
            if memory > self.limits.memory:
                self._stop("memory", f"{memory:,} bytes in memory")
        self._check_memory()

    def _check_memory(self) -> None:
        if self.out_of_memory():
            self._stop("memory", f"more than {self.limits.memory:,} bytes in memory")

    def _end(self) -> None:
        """End every process of the run and wait until the kernel has buried them."""
        if self.leash is not None:
            self.leash.close()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_PATIENCE + 1)
                return
        if self.first is not None:  # the first of a process namespace takes all others with it
            with suppress(ProcessLookupError):
                os.kill(self.first, signal.SIGKILL)
            limit = time.monotonic() + _PATIENCE
            while _alive(self.first) and time.monotonic() < limit:
                time.sleep(0.001)
        else:
            for pid in self.known | descendants(self.process.pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


def _usage(pid: int) -> tuple[int, int]:
    """Return a process's resident bytes and its number of threads."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return int(fields[21]) * _PAGE, int(fields[17])
    return 0, 0


def _shared_fairly(pid: int) -> int:
    """Return a process's bytes in memory, what it shares counted by its share; reading this is slow."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return _usage(pid)[0]


def _alive(pid: int) -> bool:
    """Whether a process still runs; one that is dead may stay listed until its parent asks for its status."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return False
