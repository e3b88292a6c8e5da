"""The git side of a double: a bare repository, read as GitHub reads one."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.review.hunks import read_patch
from tests.github.values import Refusal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["History"]


@lru_cache(maxsize=1000)
def _kept(git: Path, *argv: str) -> bytes:
    """Return what git says of commits by their ids, which never changes."""
    return subprocess.run(["git", "-C", str(git), *argv], check=True, capture_output=True).stdout


@lru_cache(maxsize=100)
def _files(git: Path, base: str, head: str) -> tuple[dict[str, Any], ...]:
    raw = _kept(git, "diff", "--raw", "-z", "--no-abbrev", "-M", base, head).decode()
    fields = iter(raw.split("\0")[:-1])
    patches = _patches(_kept(git, "diff", "-U3", "-M", base, head).decode("utf-8", "replace"))
    found = []
    for line in fields:
        *_, blob, status = line.split(" ")
        path = next(fields)
        entry: dict[str, Any] = {"additions": 0, "deletions": 0}
        if status[0] == "R":
            entry["previous_filename"], path = path, next(fields)
        patch = patches.get(path)
        words = {"A": "added", "D": "removed", "R": "renamed"}
        changes = sum(each[:1] in "+-" for each in (patch or "").split("\n") if each)
        status = words.get(status[0], "modified")
        entry |= {"sha": blob, "filename": path, "status": status, "changes": changes}
        if patch is not None:
            entry["patch"] = patch
        found.append(entry)
    return tuple(found)


class History:
    """A pull request's commits."""

    git: Path  # a bare repository
    name: str
    base_ref: str
    head_ref: str
    head_repository: str | None

    def run(self, *argv: str, feed: bytes | None = None) -> bytes:
        """Run git in the bare repository."""
        return subprocess.run(
            ["git", "-C", str(self.git), *argv], check=True, capture_output=True, input=feed
        ).stdout

    def rev(self, name: str) -> str:
        """Return a commit's id; raise Refusal where there is none."""
        loose = self.git / name
        if name.startswith("refs/") and loose.is_file():
            return loose.read_text().strip()
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
        except subprocess.CalledProcessError as error:
            raise Refusal(404, "Not Found") from error

    @property
    def head(self) -> str:
        """The pull request's head; `refs/pull/1/head`, as GitHub keeps it whatever becomes of the branch."""
        if self.head_repository == self.name:
            return self.rev(f"refs/heads/{self.head_ref}")
        return self.rev("refs/pull/1/head")

    @property
    def base(self) -> str:
        """The base branch's commit."""
        return self.rev(f"refs/heads/{self.base_ref}")

    @property
    def merge_base(self) -> str:
        """Where head and base part."""
        return _kept(self.git, "merge-base", self.base, self.head).decode().strip()

    def files(self) -> list[dict[str, Any]]:
        """Return the changed files as GitHub lists them."""
        return [dict(entry) for entry in _files(self.git, self.merge_base, self.head)]

    def blobs(self, ids: list[str]) -> list[bytes]:
        """Return the contents of blobs."""
        out = self.run("cat-file", "--batch", feed="".join(f"{each}\n" for each in ids).encode())
        found, at = [], 0
        for _ in ids:
            end = out.index(b"\n", at)
            size = int(out[at:end].split()[2])
            found.append(out[end + 1 : end + 1 + size])
            at = end + size + 2
        return found

    def text(self, commit: str, path: str) -> list[str]:
        """Return a file's lines at a commit; none where it is not there."""
        try:
            return _kept(self.git, "show", f"{commit}:{path}").decode("utf-8", "replace").split("\n")
        except subprocess.CalledProcessError:
            return []

    def spans(self, path: str) -> list[tuple[int, int]]:
        """Return the hunks that can be commented on."""
        patch = next((f.get("patch") for f in self.files() if f["filename"] == path), None)
        return [(s.start, s.end) for s in read_patch(patch).spans] if patch else []


def _patches(diff: str) -> dict[str, str]:
    """Return the hunks of each file of a diff, by its new name."""
    found = {}
    for part in diff.split("\ndiff --git ") if diff else ():
        head, sign, hunks = part.partition("\n@@ ")
        name = next((line for line in head.split("\n") if line.startswith("+++ ")), "")
        if not sign:
            continue
        path = name.removeprefix("+++ ").removeprefix("b/").rstrip("\t")
        if path == "/dev/null":
            path = next(line for line in head.split("\n") if line.startswith("--- "))[6:]
        found[path] = "@@ " + hunks.rstrip("\n")
    return found
