"""`codebot install-hook` and `codebot uninstall-hook`: plain git, without pre-commit."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import UsageError
from bot.hookfile import TYPES, HookFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.git import Repository

__all__ = ["command", "hook_files"]

_TYPES = click.option(
    "--type",
    "types",
    type=click.Choice(TYPES),
    multiple=True,
    help="Which hook (repeatable).  [default: pre-commit]",
)


@click.command(name="install-hook")
@_TYPES
@click.option("--block", is_flag=True, help="Stop git when there are suggestions; --no-verify goes past it.")
@click.option("--deadline", type=click.FloatRange(min=0.1), metavar="SECONDS", help="Most time it may take.")
@click.option("--everywhere", is_flag=True, help="Also where all your repositories share their hooks.")
def command(*, types: tuple[str, ...], block: bool, deadline: float | None, everywhere: bool) -> int:
    """Have git call codebot: suggestions for what you commit, ended before a deadline, blocking nothing.

    It finds the folder that git looks into (core.hooksPath, worktrees, submodules, husky). A hook that is
    there already goes on to run, after codebot; nothing is overwritten, and `codebot uninstall-hook` gives
    it back byte for byte. With pre-commit, name codebot in .pre-commit-config.yaml instead.

    \b
    codebot install-hook                       suggest when committing
    codebot install-hook --type pre-push       suggest when pushing
    codebot install-hook --block               no commit while there are suggestions
    """
    from bot.git import Repository  # noqa: PLC0415 - keeps `--help` light

    arguments = ["--block"] * block + ([f"--deadline={deadline:g}"] if deadline else [])
    with Repository.open() as repo:
        shared = _shared(repo)
        for file in hook_files(repo, types or ("pre-commit",), everywhere=everywhere):
            happened = file.install("codebot" if shared else _program(), arguments)
            click.echo(f"codebot: {file.path} {happened}")
        if shared:
            click.echo("codebot: that folder is part of the repository: commit it, and everyone has the hook")
    return 0


@click.command(name="uninstall-hook")
@_TYPES
def uninstall(*, types: tuple[str, ...]) -> int:
    """Take codebot out of git's hooks, and leave them as they were before."""
    from bot.git import Repository  # noqa: PLC0415 - keeps `--help` light

    with Repository.open() as repo:
        found = False
        for file in hook_files(repo, types or TYPES, everywhere=True):
            if happened := file.uninstall():
                click.echo(f"codebot: {file.path} {happened}")
                found = True
    if not found:
        click.echo("codebot: no hook of codebot's is installed here")
    return 0


def hook_files(repo: Repository, types: Sequence[str], *, everywhere: bool) -> list[HookFile]:
    """Return the files that git, or husky, runs as these hooks.

    Raises:
        UsageError: Hooks are switched off, or shared by all repositories and not `everywhere`.
    """
    found = repo.hook_folder
    if os.fspath(found.path) == os.devnull:
        raise UsageError("git's hooks are switched off here", hint="git config --unset core.hooksPath")
    if found.scope in {"global", "system", "command"} and not everywhere:
        raise UsageError(
            f"core.hooksPath is {found.path} for all your repositories",
            hint="--everywhere installs it there; git config core.hooksPath .git/hooks is for this one.",
        )
    if found.path.name == "_" and found.path.parent.name == ".husky":
        return [HookFile(found.path.parent, each, sourced=True) for each in types]
    return [HookFile(found.path, each) for each in types]


def _shared(repo: Repository) -> bool:
    """Whether the hooks are files of the working tree, for everyone who has the repository."""
    folder, root = Path(os.path.realpath(repo.hook_folder.path)), Path(os.path.realpath(repo.root))
    inside = root in folder.parents
    return inside and Path(os.path.realpath(repo.git_dir)) not in (folder, *folder.parents)


def _program() -> str:
    """Return where codebot is, for hooks that run with another PATH."""
    name = "codebot.exe" if sys.platform == "win32" else "codebot"
    place = Path(sysconfig.get_path("scripts"), name)
    return str(place) if place.is_file() else "codebot"
