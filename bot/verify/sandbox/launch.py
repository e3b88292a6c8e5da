"""Runs inside the sandbox, under the project's own Python: sets limits, starts the command, reports.

It imports the standard library alone and works on Python 3.8 and newer. The request comes on standard
input: a line of JSON, then the bytes of the files to write. The report goes to a descriptor that the command
does not inherit: a line of JSON, then the bytes of the files that were read.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main() -> None:
    """Do as the request on standard input says."""
    request = json.loads(sys.stdin.buffer.readline())
    report = request["report"]
    for folder in request["folders"]:
        os.makedirs(folder, exist_ok=True)
    for name, size in request["files"]:
        write(name, None if size < 0 else sys.stdin.buffer.read(size))
    sys.stdin.close()  # what it is lies outside: the command could open it again through /proc
    limit(request["limits"])
    started = time.monotonic()
    code = start(request, report)
    seconds = time.monotonic() - started
    found = [(name, data) for name in request["outputs"] if (data := read(name, request["most"])) is not None]
    head = {"code": code, "seconds": seconds, "files": [(name, len(data)) for name, data in found]}
    with open(report, "wb", closefd=True) as stream:
        stream.write(json.dumps(head).encode() + b"\n")
        for _, data in found:
            stream.write(data)


def start(request: dict[str, Any], report: int) -> int:
    """Run the command as a child and return its status, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            os.close(report)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.chdir(request["cwd"])
            if request["processes"] is not None:
                lower(resource.RLIMIT_NPROC, request["processes"])
            os.closerange(3, 256)
            os.execvpe(request["argv"][0], request["argv"], request["env"])  # noqa: S606 - the task
        except OSError as error:
            os.write(2, f"{request['argv'][0]}: {error.strerror}\n".encode())
        finally:
            os._exit(127)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:  # this may be the process that inherits orphans
        pid, status = os.wait()
        if pid == child:
            return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def limit(values: dict[str, int]) -> None:
    """Lower the resource limits; a limit that cannot be set is as good as one that is there already."""
    for name, value in values.items():
        lower(getattr(resource, "RLIMIT_" + name), value)


def lower(kind: int, value: int) -> None:
    """Lower one resource limit, for good."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # A process that has had its time is told so by SIGXCPU at the first, and killed at the second.
    soft = value - 1 if kind == resource.RLIMIT_CPU else value
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (soft, value))


def write(name: str, data: bytes | None) -> None:
    """Write a file, or remove it where there are no bytes."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name)  # also when it is a link: never follow one
    if data is not None:
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "xb") as stream:
            stream.write(data)


def read(name: str, most: int) -> bytes | None:
    """Return the bytes of a plain file, or None; a pipe or a device would never end."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    with open(descriptor, "rb") as stream:
        return stream.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


main()
