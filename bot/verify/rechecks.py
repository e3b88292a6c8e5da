"""A linter of the project, run in the sandbox on an edited file: is the finding gone?"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chunk.encoding import encode
from bot.errors import UsageError
from bot.findings.reports import read_any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.data import Change
    from bot.findings.finding import Finding
    from bot.verify.sandbox import Sandbox

__all__ = ["commands", "rechecks", "tool_folders"]

_KEPT = 32  # answers of a tool
_SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin")  # what a sandbox has on its path in any case


def commands(settings: Sequence[str]) -> dict[str, list[str]]:
    """Return the command of each tool, by the tool's name in lower case.

    Args:
        settings: "TOOL: COMMAND {path}" each; the command writes SARIF, or ruff's or ESLint's JSON,
            to its standard output.

    Raises:
        UsageError: One is written otherwise.
    """
    found = {}
    for each in settings:
        tool, colon, command = each.partition(":")
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise UsageError(f"recheck: {each!r}: {error}") from error
        if not colon or not tool.strip() or not any("{path}" in word for word in words):
            raise UsageError(
                f"recheck: {each!r} is not TOOL: COMMAND with {{path}} in it",
                hint="For example: eslint: npx eslint -f json {path}",
            )
        found[tool.strip().lower()] = words
    return found


def rechecks(
    settings: Sequence[str], sandbox: Callable[[], Sandbox]
) -> Mapping[str, Callable[[Change, bytes], Sequence[Finding]]]:
    """Return what runs each configured tool on a file with another text; see `commands`."""
    return {tool: _Command(tool, words, sandbox) for tool, words in commands(settings).items()}


def tool_folders(settings: Sequence[str], path: str | None = None) -> list[Path]:
    """Return what a sandbox has to show for configured tools to be found, beside the system's own folders.

    That is where the executable lies, and where it leads as a link: never the home folder, nor one around it.

    Args:
        settings: As for `commands`.
        path: Folders of executables, as in PATH; None: those of this process.
    """
    shown: list[Path] = []
    for words in commands(settings).values():
        found = _outside(words[0], path)
        if found is not None:
            real = Path(os.path.realpath(found))
            shown += [found.parent, real.parent]
    home = Path(os.path.realpath(os.path.expanduser("~")))
    return [each for each in dict.fromkeys(shown) if not home.is_relative_to(os.path.realpath(each))]


def _outside(word: str, path: str | None = None) -> Path | None:
    """Return where a command lies that the user has on the path and a sandbox has not."""
    found = None if "/" in word or word == "python" else shutil.which(word, path=path)
    return None if found is None or os.path.dirname(found) in _SYSTEM else Path(os.path.abspath(found))


class _Command:
    """One tool."""

    def __init__(self, tool: str, words: Sequence[str], sandbox: Callable[[], Sandbox]) -> None:
        self._tool = tool
        self._words = words
        self._sandbox = sandbox
        self._known: dict[tuple[str, bytes], Sequence[Finding]] = {}

    def __call__(self, change: Change, source: bytes) -> Sequence[Finding]:
        """Return what the tool finds in the file with this text; what was asked last is kept.

        Raises:
            UsageError: It does not run, or writes something else than a report.
        """
        name = (change.path, source)
        if name not in self._known:
            if len(self._known) == _KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[name] = self._found(change, source)
        return self._known[name]

    def _found(self, change: Change, source: bytes) -> Sequence[Finding]:
        sandbox = self._sandbox()
        path = f"./{change.path}" if change.path.startswith("-") else change.path  # no option by its name
        argv = [word.replace("{path}", path) for word in self._words]
        tool = _outside(argv[0])
        env = {"PATH": ":".join((str(tool.parent), *_SYSTEM))} if tool else None
        done = sandbox.run(argv, files={change.path: encode(source, change.encoding)}, env=env)
        try:
            found, _ = read_any(json.loads(done.stdout), str(sandbox.root))
        except (ValueError, RecursionError) as error:
            said = done.detail or done.stderr[-300:].decode("utf-8", "replace").strip() or str(error)
            raise UsageError(
                f"recheck: {self._tool} wrote no report for {change.path}: {said}",
                hint="Try the command by hand; in the sandbox it has no network and no home folder, and sees "
                "the repository, the system and the folder of its executable.",
            ) from error
        return [one for one in found if one.path == change.path and one.tool.lower() == self._tool]
