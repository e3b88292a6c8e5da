"""Real repositories to read from."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import bot
from bot.data import Change, Skipped
from bot.git import Repository

# For a Python process of its own, which may run in any folder.
PACKAGES = str(Path(bot.__file__).parents[1])


@dataclass(frozen=True)
class Sandbox:
    """A working tree to write to, with git as a person would use it."""

    root: Path

    def git(self, *arguments: str, **environment: str) -> str:
        """Run git in the tree and return what it printed."""
        return subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            env={**os.environ, **environment},
        ).stdout.rstrip("\n")

    def write(self, path: str, content: str | bytes = "x = 1\n") -> None:
        """Write a file, with the folders it needs."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, **files: str | bytes) -> str:
        """Write `name="text"` as name.py, stage everything, commit, and return the commit's id."""
        for name, content in files.items():
            self.write(f"{name}.py", content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def read(
        self, *paths: str | Path, since: str | None = None, staged: bool = False
    ) -> dict[str, Change | str]:
        """Return what codebot reads by path: the change, or the reason for skipping."""
        with Repository.open(self.root) as repository:
            found = list(repository.read(paths, since=since, staged=staged))
        assert [f.path for f in found] == sorted({f.path for f in found}), "sorted, each once"
        return {f.path: f.reason if isinstance(f, Skipped) else f for f in found}

    def lines(
        self, path: str, since: str | None = None, *, staged: bool = False
    ) -> list[tuple[int, int]] | None:
        """Return the changed lines of one file; None is all of it."""
        change = self.read(since=since, staged=staged)[path]
        assert isinstance(change, Change), change
        return None if change.ranges is None else [(r.start, r.end) for r in change.ranges]


def make(root: Path, *arguments: str) -> Sandbox:
    """Return a new repository in `root`."""
    root.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(root)
    sandbox.git("init", "--quiet", "--initial-branch=main", *arguments)
    return sandbox


@pytest.fixture
def repo(tmp_path: Path) -> Sandbox:
    """Return a repository without commits."""
    return make(tmp_path / "repo")


@pytest.fixture
def other(tmp_path: Path) -> Sandbox:
    """Return a second repository without commits."""
    return make(tmp_path / "other")
