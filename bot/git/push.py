"""What a push would send: the commits that the other side has not got."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.git.run import Git

__all__ = ["pushed"]


def pushed(git: Git, lines: Iterable[str], remote: str) -> list[tuple[str, str]]:
    """Return the base and the tip of every branch in a push that brings something new.

    Args:
        git: Git at the repository's root.
        lines: What git writes to a pre-push hook: local ref, its commit, remote ref, what it has there.
        remote: Its name, or its address where it has none.
    """
    found = []
    for line in lines:
        fields = line.split(" ")
        if len(fields) != 4 or not fields[1].strip("0"):  # noqa: PLR2004 - a deletion has only zeros
            continue
        tip, there = _commit(git, fields[1]), _commit(git, fields[3])
        if tip is None:
            continue  # a tag on something that is no commit
        base = _base(git, there, tip) if there else _oldest_new(git, tip, remote)
        if base is not None and base != tip:
            found.append((base, tip))
    return list(dict.fromkeys(found))


def _commit(git: Git, name: str) -> str | None:
    if not name.strip("0"):
        return None
    said = git.run(
        "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}", accept=(0, 1, 128)
    )
    return said.decode().strip() or None


def _base(git: Git, there: str, tip: str) -> str | None:
    said = git.run("merge-base", there, tip, accept=(0, 1))
    return said.decode().strip() or None


def _oldest_new(git: Git, tip: str, remote: str) -> str | None:
    """Return what a new branch starts from: the parent of its oldest commit that the remote has not got."""
    known = f"--remotes={remote}" if remote and "/" not in remote and ":" not in remote else "--remotes"
    new = git.run("rev-list", "--topo-order", "--reverse", tip, "--not", known).decode().split()
    if not new:
        return None
    parent = _commit(git, new[0] + "^1")
    return parent or git.run("hash-object", "-t", "tree", "--stdin", stdin=b"").decode().strip()
