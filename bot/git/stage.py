"""The index, to read and to write: what is staged at a path, and other contents in its place."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chunk.encoding import decode
from bot.errors import RepositoryError
from bot.git import parse
from bot.git.parse import SUBMODULE, SYMLINK
from bot.git.run import Blobs, split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.git.run import Git

__all__ = ["Stage", "Staged"]

_NO_LIMIT = 1 << 40  # bytes


@dataclass(frozen=True, slots=True)
class Staged:
    """One file in the index."""

    path: str
    mode: int
    blob: str
    raw: bytes
    source: bytes  # its text as UTF-8
    encoding: str  # turns `source` back into `raw`


class Stage:
    """The index of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def read(self, paths: Sequence[str]) -> dict[str, Staged | str]:
        """Return what is staged at each of `paths`, or in words why that can't be worked on."""
        if not paths:
            return {}
        listed = parse.index(split(self._git.run("ls-files", "--stage", "-t", "-z", "--", *paths)))
        entries = {entry.path: entry for entry in listed}
        found: dict[str, Staged | str] = {}
        blobs = Blobs(self._git)
        try:
            for path in paths:
                entry = entries.get(path)
                if entry is None:
                    found[path] = "no longer in git's index"
                elif entry.status == "U":
                    found[path] = "has merge conflicts"
                elif entry.status == "S":
                    found[path] = "outside the sparse checkout"
                elif entry.mode in {SYMLINK, SUBMODULE}:
                    found[path] = "no regular file any more"
                else:
                    raw = blobs.read(entry.blob, _NO_LIMIT)
                    assert isinstance(raw, bytes)  # noqa: S101 - nothing is that large
                    decoded = decode(path, raw)
                    found[path] = (
                        Staged(path, entry.mode, entry.blob, raw, *decoded)
                        if isinstance(decoded, tuple)
                        else f"no text any more ({decoded.reason})"
                    )
        finally:
            blobs.close()
        return found

    def store(self, raw: bytes) -> str:
        """Write a blob into the repository and return its id; nothing refers to it yet."""
        return self._git.run("hash-object", "-w", "--stdin", "--no-filters", stdin=raw).decode().strip()

    def put(self, entries: Mapping[str, tuple[int, str]]) -> None:
        """Stage (mode, blob) at each path, in one step: all of it or, if git refuses, nothing.

        Raises:
            RepositoryError: Another git process holds the index, or it cannot be written.
        """
        lines = [
            b"%o %s\t%s\0" % (mode, blob.encode(), path.encode("utf-8", "surrogateescape"))
            for path, (mode, blob) in entries.items()
        ]
        try:
            self._git.run("update-index", "-z", "--index-info", stdin=b"".join(lines))
        except RepositoryError as error:
            if "index.lock" in str(error):
                raise RepositoryError(
                    "another git process is at work in this repository (index.lock)",
                    hint="Wait for it; if none runs, git says how to remove the lock.",
                ) from error
            raise

    def drop(self, paths: Sequence[str]) -> None:
        """Take new files out of the index again."""
        self._git.run("update-index", "--force-remove", "--", *paths)

    def refresh(self) -> None:
        """Let git note which files are as they are staged, as `git status` does."""
        self._git.run("update-index", "-q", "--refresh", accept=(0, 1))

    def merge(self, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
        """Return `ours` with what `theirs` changed since `base`; None where both changed the same lines."""
        with tempfile.TemporaryDirectory(prefix="codebot-") as folder:
            places = []
            for name, raw in (("ours", ours), ("base", base), ("theirs", theirs)):
                place = Path(folder, name)
                place.write_bytes(raw)
                places.append(str(place))
            try:
                return self._git.run("merge-file", "-p", "-q", *places)
            except RepositoryError:
                return None
