"""A sandbox that is open: runs commands, one after another, each over a fresh copy."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from bot.verify.sandbox.cgroup import caged
from bot.verify.sandbox.model import Ended, Limits, Result
from bot.verify.sandbox.watch import Watch, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from bot.verify.sandbox.place import Backend, Place, Start
    from bot.verify.sandbox.python import Interpreter

__all__ = ["Sandbox"]

_STOPPED = -9
_CPU = -24  # SIGXCPU


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What `open_sandbox` gives: `run` starts a command, and nothing of it is left afterwards."""

    backend: Backend
    place: Place
    python: Interpreter
    limits: Limits = field(default_factory=Limits)
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Where commands find the repository."""
        return self.place.root

    @property
    def isolated(self) -> bool:
        """Whether anything keeps commands apart."""
        return self.backend.isolates

    def run(
        self,
        argv: Sequence[str],
        *,
        files: Mapping[str, bytes | None] | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        cwd: str = "",
        outputs: Sequence[str] = (),
        keep: bool = False,
    ) -> Result:
        """Run a command over the repository with some files changed.

        Args:
            argv: The command; "python" as its first word is the project's interpreter.
            files: Bytes by path, relative to the root; None removes a file.
            env: Further variables.
            limits: In place of the sandbox's own.
            cwd: Folder to start in, relative to the root.
            outputs: Files to read when it has ended, relative to the root.
            keep: Let later runs see what this one wrote; for what was not written by a model.

        Raises:
            ValueError: A path leaves the repository.
        """
        limits = limits or self.limits
        command = [str(self.python.executable), *argv[1:]] if argv[0] == "python" else list(argv)
        changed = {self._inside(name): data for name, data in (files or {}).items()}
        request = {
            "argv": command,
            "env": {**self._environment(), **self.environ, **(env or {})},
            "cwd": str(self._inside(cwd)),
            "folders": [str(self.place.home)],
            "files": [(str(path), -1 if data is None else len(data)) for path, data in changed.items()],
            "limits": {
                "CPU": limits.cpu_seconds + 1,
                "DATA": limits.memory,
                "FSIZE": limits.file_bytes,
                "NOFILE": limits.open_files,
                "CORE": 0,
            },
            "processes": limits.processes if self.isolated and not self.place.counts else None,
            "outputs": [str(self._inside(name)) for name in outputs],
            "most": limits.file_bytes,
        }
        with self.place.start(limits, keep=keep) as start, tempfile.TemporaryFile() as stream:
            written = (lambda *_: 0) if keep else self.place.written  # what is kept lies on disk
            return self._run(start, request, changed, stream, limits=limits, written=written)

    def _run(
        self,
        start: Start,
        request: dict[str, Any],
        changed: Mapping[Path, bytes | None],
        stream: BinaryIO,
        *,
        limits: Limits,
        written: Callable[[int | None, set[int]], int],
    ) -> Result:
        reading, writing = os.pipe()
        with open(reading, "rb", buffering=0) as report, caged(limits) as cage:
            try:
                stream.write(json.dumps({**request, "report": writing}).encode() + b"\n")
                stream.writelines(data or b"" for data in changed.values())
                stream.seek(0)
                launcher = [str(self.python.executable), "-I", "-S", str(start.launcher)]
                process = subprocess.Popen(
                    [*start.prefix, *launcher],
                    stdin=stream,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    bufsize=0,
                    pass_fds=(*(each.fileno() for each in start.inherited), writing),
                    start_new_session=True,
                    env={} if self.isolated else dict(self._environment()),
                    cwd=None if start.prefix else self.place.home.parent,
                )
            finally:
                for each in start.inherited:
                    each.close()
                os.close(writing)
            with process:
                first = _first(start)
                cage.put(first or process.pid)
                if start.gate is not None:
                    start.gate.write(b".")
                watched = Watch(
                    process,
                    report,
                    limits,
                    first,
                    written,
                    self.place.in_memory,
                    cage.out_of_memory,
                    start.leash,
                ).follow()
        return _result(watched, self.root, limits)

    def _inside(self, name: str) -> Path:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{name!r} leaves the repository")
        return self.root / path

    def _environment(self) -> dict[str, str]:
        prefix = self.python.prefix
        folders = [str(prefix / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]
        fixed = {
            "PATH": ":".join(dict.fromkeys(folders)),
            "HOME": str(self.place.home),
            "TMPDIR": str(self.place.home.parent),
            "USER": "sandbox",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "PY_COLORS": "0",
            "OMP_NUM_THREADS": "1",  # a number library starts a thread a core, each with its own stack
            "OPENBLAS_NUM_THREADS": "1",
        }
        if self.place.moved:
            fixed["PYTHONPATH"] = f"{self.root / 'src'}:{self.root}"
        if (prefix / "pyvenv.cfg").is_file():
            fixed["VIRTUAL_ENV"] = str(prefix)
        elif (prefix / "conda-meta").is_dir():
            fixed["CONDA_PREFIX"] = str(prefix)
        return fixed


def _first(start: Start) -> int | None:
    """Return the process id of the first process inside; None where there is none, or it did not start."""
    if start.told is None:
        return None
    told = b""
    while b"}" not in told:
        data = start.told.read(4096)
        if not data:
            return None
        told += data
    found = json.loads(told).get("child-pid")
    return found if isinstance(found, int) else None


def _result(watched: Watched, root: Path, limits: Limits) -> Result:
    """Read the launcher's report; it comes from where hostile code ran, so only its form is relied on."""
    head, _, rest = bytes(watched.report).partition(b"\n")
    code, seconds, files = _STOPPED, 0.0, {}
    ended: Ended = watched.ended
    detail = watched.detail
    try:
        told = json.loads(head)
        code, seconds = int(told["code"]), float(told["seconds"])
        for name, size in told["files"]:
            files[str(Path(name).relative_to(root))] = rest[: int(size)]
            rest = rest[int(size) :]
    except (ValueError, TypeError, KeyError):
        if ended == "exit":
            told = bytes(watched.stderr[-500:]).decode("utf-8", "replace").strip()
            ended, detail = "killed", f"the sandbox's own process was killed or could not start: {told}"
    if ended == "exit" and code == _CPU:
        ended, detail = "cpu", f"more than {limits.cpu_seconds} s of processor time"
    code = code if ended == "exit" else _STOPPED
    return Result(code, bytes(watched.stdout), bytes(watched.stderr), seconds, ended, files, detail)
