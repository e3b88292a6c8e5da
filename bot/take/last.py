"""What the last run of a hook suggested, in the repository's own folder: one file for each working tree."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError
from bot.take.kept import Kept, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["FOLDER", "Last", "LastRun"]

FOLDER = "codebot"  # in the git directory
_FILE = "last.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class LastRun:
    """What one run left to be taken."""

    hook: str  # "pre-commit", …
    at: float  # seconds since 1970
    suggestions: tuple[Kept, ...] = ()
    group: str = ""  # calls with the same one are parts of one run
    ledger: tuple[str, ...] = ()  # where everything went that was read, in lines for people


class Last:
    """The file that remembers it."""

    def __init__(self, git_dir: Path) -> None:
        """Use the folder `codebot` in `git_dir`, which need not exist."""
        self.folder = git_dir / FOLDER
        self.path = self.folder / _FILE

    def read(self) -> LastRun | None:
        """Return what is remembered; None for nothing, or for a file that another version wrote."""
        try:
            kept: Any = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(kept, dict) or kept.get("version") != _VERSION:
            return None
        suggestions = tuple(one for each in kept.get("suggestions", ()) if (one := from_json(each)))
        return LastRun(
            str(kept.get("hook", "")),
            float(kept.get("at", 0)),
            suggestions,
            str(kept.get("group", "")),
            tuple(str(line) for line in kept.get("ledger", ())),
        )

    def write(self, run: LastRun) -> None:
        """Remember `run` in place of what was there.

        Raises:
            UsageError: The repository's folder cannot be written to.
        """
        text = json.dumps(
            {
                "version": _VERSION,
                "hook": run.hook,
                "at": run.at,
                "group": run.group,
                "ledger": run.ledger,
                "suggestions": [to_json(each) for each in run.suggestions],
            },
            ensure_ascii=True,  # names of files need not be Unicode
            indent=1,
        )
        try:
            self.folder.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=f".{_FILE}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text + "\n")
                os.replace(name, self.path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}") from error

    def forget(self, run: LastRun, left: Sequence[Kept]) -> None:
        """Keep only `left` of `run`: the rest was taken."""
        self.write(replace(run, suggestions=tuple(left)))
