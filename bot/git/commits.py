"""Commits read where they lie: nothing is checked out, and neither working tree nor index is looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bot.errors import RepositoryError
from bot.files.disk import load_filters
from bot.git import parse
from bot.git.contents import DIFF, contents, hunks
from bot.git.parse import Entry
from bot.git.run import Blobs, split

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.data import Change, LineRange, Skipped
    from bot.files.skips import Filters
    from bot.git.run import Git

__all__ = ["Commits"]

_REGULAR = frozenset({0o100644, 0o100755, 0o100664})
_LARGEST = 50_000_000  # bytes of a file that tests are given


class Commits:
    """The commits that a clone holds."""

    def __init__(self, git: Git, root: Path) -> None:
        self._git = git
        self._root = root

    def has(self, commit: str) -> bool:
        """Whether this clone holds a commit."""
        found = self._git.run("rev-parse", "--verify", "--quiet", commit + "^{commit}", accept=(0, 1, 128))
        return bool(found.strip())

    def merge_base(self, base: str, head: str) -> str | None:
        """Return the merge base of two commits, or None where this clone does not hold what that takes."""
        if not self.has(base) or not self.has(head):
            return None
        return self._git.run("merge-base", base, head, accept=(0, 1)).decode().strip() or None

    def between(self, base: str, head: str, *, filters: Filters | None = None) -> Iterator[Change | Skipped]:
        """Return an iterator over the files that differ between two commits, as `head` has them.

        Args:
            base: Commit id that line ranges are against.
            head: Commit id to read.
            filters: What to leave out.

        Raises:
            RepositoryError: A commit is not here.
        """
        chosen: list[tuple[Entry | Skipped, str]] = [(entry, "") for entry in self.entries(base, head)]
        filters = filters or load_filters(self._root)
        return contents(self._git, chosen, base=base, staged=False, head=head, filters=filters)

    def whole(self, commit: str, *, filters: Filters | None = None) -> Iterator[Change | Skipped]:
        """Return an iterator over every file that a commit has, sorted by path.

        Raises:
            RepositoryError: The commit is not here.
        """
        chosen: list[tuple[Entry | Skipped, str]] = [(entry, "") for entry in self._listed(commit)]
        filters = filters or load_filters(self._root)
        return contents(self._git, chosen, base=None, staged=False, head=commit, filters=filters)

    def export(self, commit: str, folder: Path) -> None:
        """Write a commit's files below `folder`: no links, no submodules, and nothing that git would run.

        Raises:
            RepositoryError: The commit is not here, or names a file outside of its tree.
        """
        blobs = Blobs(self._git)
        try:
            for entry in self._listed(commit):
                parts = entry.path.split("/")
                if {"", ".", "..", ".git"} & {part.lower() for part in parts}:
                    raise RepositoryError(f"{commit[:12]} has a file named {entry.path!r}")
                raw = blobs.read(entry.blob, _LARGEST) if entry.mode in _REGULAR else 0
                if not isinstance(raw, bytes):
                    continue
                place = folder.joinpath(*parts)
                place.parent.mkdir(parents=True, exist_ok=True)
                with open(
                    os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, entry.mode & 0o777), "wb"
                ) as file:
                    file.write(raw)
        finally:
            blobs.close()

    def _listed(self, commit: str) -> list[Entry]:
        rows = split(self._git.run("ls-tree", "-r", "-z", "--full-tree", commit))
        found = []
        for row in rows:
            head, _, path = row.partition("\t")
            mode, _, blob = head.split(" ")
            found.append(Entry(path, "H", int(mode, 8), blob))
        return sorted(found, key=lambda e: e.path)

    def entries(self, base: str, head: str) -> list[Entry]:
        """Return the files that differ between two commits, sorted by path.

        Raises:
            RepositoryError: A commit is not here.
        """
        changed = parse.raw_diff(split(self._git.run(*DIFF, "--raw", "-z", base, head, "--")))
        return sorted(changed, key=lambda e: e.path)

    def spans(self, base: str, head: str) -> dict[str, tuple[LineRange, ...]]:
        """Return the hunks between two commits as lines of `head`'s side, three lines of context included.

        Raises:
            RepositoryError: A commit is not here.
        """
        return hunks(self._git, base, head=head, context=3)

    def show(self, commit: str, path: str) -> tuple[bytes, str] | None:
        """Return a file's bytes and blob as a commit has it; None where it has none, or no such commit."""
        found = self._git.run("rev-parse", "--verify", "--quiet", f"{commit}:{path}", accept=(0, 1, 128))
        blob = found.decode().strip()
        if not blob or self._git.run("cat-file", "-t", blob).strip() != b"blob":
            return None
        return self._git.run("cat-file", "blob", blob), blob
