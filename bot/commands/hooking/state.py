"""What `codebot doctor` says of hooks: which are there, what waits to be taken, how the background fared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.hooking.background import LOG
from bot.commands.install_hook import hook_files
from bot.errors import CodebotError
from bot.hookfile import TYPES
from bot.take.last import FOLDER, Last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.git import Repository

__all__ = ["hook_rows"]


def hook_rows(repo: Repository) -> Iterator[tuple[str, str]]:
    """Yield a state and a line for each thing there is to say of this repository's hooks."""
    try:
        files = hook_files(repo, TYPES, everywhere=True)
    except CodebotError as error:
        yield "note", f"hooks: {error}"
        files = []
    found = [file for file in files if file.installed]
    for file in found:
        yield "ok", f"hook: {file.path}"
    configuration = repo.root / ".pre-commit-config.yaml"
    if configuration.is_file() and b"codebot" in configuration.read_bytes():
        yield "ok", f"hook: {configuration.name} names codebot (pre-commit install)"
    elif not found:
        yield "note", "no hook here; codebot install-hook suggests whenever you commit"
    last = Last(repo.git_dir).read()
    if last is not None and last.suggestions:
        yield "note", f"{len(last.suggestions)} of the last hook's suggestions to take: codebot apply"
    log = repo.git_dir / FOLDER / LOG
    if log.is_file():
        lines = log.read_text("utf-8", "replace").splitlines()
        yield "note", f"in the background: {lines[-1] if lines else 'started'}  ({log})"
