"""Find the repository that a path lies in, whatever the environment says."""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import RepositoryError, UsageError
from bot.git.run import Git

__all__ = ["locate"]


def locate(start: str | Path) -> Git | None:
    """Return git at the root of the working tree around `start`, or None where there is no repository.

    Raises:
        UsageError: `start` does not exist.
        RepositoryError: The repository has no working tree, or git refuses to work in it.
    """
    place = Path(start)
    if not place.exists() and not place.is_symlink():
        raise UsageError(f"{start}: no such file or folder")
    folder = os.path.realpath(place if place.is_dir() else place.parent)
    try:
        inside, _, root = _one_line(Git(folder), "--is-inside-work-tree", "--show-toplevel").partition("\n")
    except RepositoryError as error:
        if "not a git repository (or any" in str(error):
            return _inherited(folder)
        if "must be run in a work tree" in str(error):
            raise _no_tree(start) from error
        raise
    if inside != "true":
        raise _no_tree(start)
    return _at(root, _one_line(Git(folder), "--absolute-git-dir"))


def _at(root: str, git_dir: str) -> Git:
    # Named outright: with core.worktree set, git would not find its way back from the root.
    extra = {"GIT_DIR": git_dir, "GIT_WORK_TREE": root}
    index = os.environ.get("GIT_INDEX_FILE", "")
    # `git commit FILE` and `git commit -a` let their hooks see the commit's own index through this variable.
    # It counts only where it is part of this repository: a hook may run codebot in another one.
    if index and Path(index).exists() and Path(index).resolve().parent == Path(git_dir).resolve():
        extra["GIT_INDEX_FILE"] = os.path.realpath(index)
    return Git(root, extra)


def _inherited(folder: str) -> Git | None:
    """Return the repository that GIT_DIR and GIT_WORK_TREE both name, if `folder` is in that tree.

    That is how a working tree without .git is used (`git --git-dir=… --work-tree=… commit`). GIT_DIR alone
    says nothing about where its tree is.
    """
    git_dir, tree = os.environ.get("GIT_DIR"), os.environ.get("GIT_WORK_TREE")
    if not git_dir or not tree or not Path(git_dir).is_dir():
        return None
    root = os.path.realpath(tree)
    if Path(root) not in (Path(folder), *Path(folder).parents):
        return None
    return _at(root, os.path.realpath(git_dir))


def _one_line(git: Git, *arguments: str) -> str:
    out = git.run("rev-parse", *arguments)
    return os.fsdecode(out[:-1] if out.endswith(b"\n") else out)


def _no_tree(start: str | Path) -> RepositoryError:
    return RepositoryError(
        f"{start}: a bare repository, or the inside of a .git folder; it has no files to read",
        hint="git worktree add FOLDER, then run codebot there",
    )
