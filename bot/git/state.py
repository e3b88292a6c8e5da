"""What git is in the middle of, and where its hooks are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.git.run import split

if TYPE_CHECKING:
    from bot.git.run import Git

__all__ = ["HookFolder", "hook_folder", "under_way"]

# In the git directory; rebases last, since they leave the others' files while they stop.
_SIGNS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


def under_way(git_dir: Path) -> str | None:
    """Return what is in progress: a merge, a cherry-pick, a revert or a rebase; None for nothing."""
    return next((name for sign, name in _SIGNS.items() if (git_dir / sign).exists()), None)


@dataclass(frozen=True, slots=True)
class HookFolder:
    """Where git looks for hooks, and on whose word."""

    path: Path
    scope: (
        str  # of core.hooksPath: "local", "worktree", "global", "system", "command"; "" where it is not set
    )


def hook_folder(git: Git) -> HookFolder:
    """Return where git looks for this repository's hooks, whether or not that is there."""
    asked = ("config", "--show-scope", "--type=path", "-z", "--get-all", "core.hooksPath")
    said = split(git.run(*asked, accept=(0, 1)))
    found = list(zip(said[::2], said[1::2], strict=True))
    found.remove(("command", os.devnull))  # our own: no hook runs in what we run
    if found:
        scope, path = found[-1]
        return HookFolder(Path(git.folder, path), scope)
    common = git.run("rev-parse", "--path-format=absolute", "--git-common-dir")
    return HookFolder(Path(os.fsdecode(common.removesuffix(b"\n")), "hooks"), "")
