"""Run git through GitPython: in the right repository, silently, and with its bytes untouched."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from bot.errors import RepositoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from subprocess import Popen
    from types import ModuleType

__all__ = ["Blobs", "Git", "split"]

# A hook inherits GIT_DIR, GIT_INDEX_FILE and more, which would point git at *that* repository whatever
# folder it runs in. Kept is what only says how git behaves (the list is pre-commit's, in its git.py).
_KEPT = frozenset(
    """GIT_ALLOW_PROTOCOL GIT_ASKPASS GIT_CEILING_DIRECTORIES GIT_CONFIG_COUNT GIT_CONFIG_GLOBAL
    GIT_CONFIG_NOSYSTEM GIT_CONFIG_SYSTEM GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_EXEC_PATH
    GIT_HTTP_PROXY_AUTHMETHOD GIT_SSH GIT_SSH_COMMAND GIT_SSL_CAINFO GIT_SSL_NO_VERIFY""".split()  # noqa: SIM905
)
_KEPT_PREFIXES = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_PYTHON_", "GIT_TEST_")

# Nothing may ask, page, watch, write or run a hook.
_ENVIRONMENT = {
    "GIT_ASKPASS": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS_REQUIRE": "never",
}
_OPTIONS = (
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "core.safecrlf=false",
    "-c",
    "diff.autoRefreshIndex=false",  # `git diff` writes the index, optional locks or not
    "-c",
    "color.ui=false",
    "-c",
    "log.showRoot=false",  # the first commit of all puts everything beside everything
)
_starting = threading.Lock()


def split(output: bytes) -> list[str]:
    """Return the NUL-terminated fields of plumbing output; undecodable bytes by surrogateescape."""
    return output.decode("utf-8", "surrogateescape").split("\0")[:-1]


class Git:
    """Git in one folder, with `extra` variables that name this repository's own parts."""

    def __init__(self, folder: str, extra: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.extra = dict(extra or {})

    def run(self, *arguments: str, stdin: bytes | None = None, accept: Sequence[int] = (0,)) -> bytes:
        """Return what git wrote to standard output.

        Raises:
            RepositoryError: Git is absent, or its exit status is none of `accept`.
        """
        process = self.start(*arguments, feed=stdin is not None)
        try:
            out, err = process.communicate(stdin)
        except BaseException:  # an interrupted run leaves no git behind
            process.kill()
            process.wait()
            raise
        if process.returncode not in accept:
            raise failure(self.folder, arguments, err.decode("utf-8", "replace"))
        return bytes(out)

    def lines(self, *arguments: str) -> Iterator[bytes]:
        """Yield standard output line by line, however long it is.

        Raises:
            RepositoryError: As `run` does.
        """
        process = self.start(*arguments)
        output, errors = _pipe(process.stdout), _pipe(process.stderr)
        complaints: list[bytes] = []  # git may warn once a file: an unread pipe would fill up and stop it
        reader = threading.Thread(target=lambda: complaints.append(errors.read()), daemon=True)
        reader.start()
        try:
            yield from output
        except BaseException:
            process.kill()
            raise
        finally:
            reader.join()
            output.close()
            errors.close()
            process.wait()
        if process.returncode:
            raise failure(self.folder, arguments, complaints[0].decode("utf-8", "replace"))

    def start(self, *arguments: str, feed: bool = False) -> Popen[bytes]:
        """Return git as a running process, which the caller ends."""
        library = _library()
        executable = library.Git.GIT_PYTHON_GIT_EXECUTABLE or "git"
        # "-C" as well as the working directory: where GitPython can't enter that, it stays in ours.
        command = [executable, "-C", self.folder, *_OPTIONS, *arguments]
        try:
            with _starting, _scrubbed():
                wrapper = library.Git(self.folder).execute(
                    command,
                    as_process=True,
                    istream=-1 if feed else None,  # subprocess.PIPE
                    env={**_ENVIRONMENT, **self.extra},
                    start_new_session=True,  # without a terminal ssh can't ask, and Ctrl-C is ours to handle
                )
        except (library.GitCommandNotFound, PermissionError) as error:
            raise RepositoryError(
                "git was not found", hint="install git (https://git-scm.com), or point PATH at it"
            ) from error
        process: Popen[bytes] = wrapper.proc
        wrapper.proc = None  # else it would end the process when it is collected
        return process


class Blobs:
    """One `git cat-file --batch` for as many blobs as are asked for. Close it."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: Popen[bytes] | None = None

    def read(self, blob: str, limit: int) -> bytes | int:
        """Return the blob's bytes, or only its size where that is above `limit`.

        Raises:
            RepositoryError: The repository does not have it.
        """
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch", feed=True)
        asked, told = _pipe(self._process.stdin), _pipe(self._process.stdout)
        asked.write(blob.encode() + b"\n")
        asked.flush()
        answer = told.readline().split()
        if len(answer) != 3 or answer[1] != b"blob":  # noqa: PLR2004 - id, type, size
            raise RepositoryError(
                f"blob {blob} is not in the repository", hint="git fetch (partial clone), or git fsck"
            )
        size = int(answer[2])
        if size <= limit:
            return told.read(size + 1)[:-1]
        rest = size + 1
        while rest > 0:
            rest -= len(told.read(min(rest, 1 << 20))) or rest
        return size

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            _pipe(self._process.stdin).close()
            self._process.wait()
            _pipe(self._process.stdout).close()
            _pipe(self._process.stderr).close()
            self._process = None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "started without this pipe"  # noqa: S101 - for the type checker
    return stream


def failure(folder: str, arguments: Sequence[str], stderr: str) -> RepositoryError:
    """Return git's complaint as an error of ours, with what to do about it where that is known."""
    lines = [line.removeprefix("fatal: ").removeprefix("error: ") for line in stderr.splitlines() if line]
    said = lines[0] if lines else "no reason given"
    hint = ""
    if "dubious ownership" in stderr:
        said = f"git does not trust {folder}: it belongs to another user"
        command = next((line.strip() for line in lines if "safe.directory" in line), "")
        hint = command or f"git config --global --add safe.directory {folder}"
    elif "bad object" in stderr or "missing" in stderr or "unable to read" in stderr:
        hint = "git fsck; in a shallow clone: git fetch --unshallow"
    elif "index file" in stderr:
        hint = "git status says what is wrong with the index"
    return RepositoryError(f"git {arguments[0]}: {said}", hint=hint)


def _library() -> ModuleType:
    # GitPython looks for git when it is imported, and raises ImportError where there is none.
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import git  # noqa: PLC0415 - a quarter of the start-up time

    return git


@contextmanager
def _scrubbed() -> Iterator[None]:
    """Take the inherited GIT_* variables out of the environment while a process starts.

    GitPython can add variables to a process but not remove any, and an empty GIT_DIR is an error.
    """
    taken = {k: v for k, v in os.environ.items() if k.startswith("GIT_") and not _kept(k)}
    for name in taken:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(taken)


def _kept(name: str) -> bool:
    return name in _KEPT or name.startswith(_KEPT_PREFIXES)
