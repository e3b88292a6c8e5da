"""The settings of a review come from the base branch, never from what is under review.

A pull request may change `.codebot.toml`, `.codebotignore` or a folder of prompts; none of that counts before
it is merged. What even the base may not decide (where code goes, which files are written; see
`bot.config.trust`) comes from the workflow alone: flags and CODEBOT_* variables.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.config import FIELDS, load
from bot.files import load_filters
from bot.review.identity import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.config import Settings
    from bot.files.skips import Filters

__all__ = ["fingerprint", "of_base"]

_FILES = (".codebot.toml", "pyproject.toml", ".codebotignore")
# What changes which suggestions there are.
_DECISIVE = """engine tasks style sections examples private tests improve include exclude confidence
line_length""".split()  # noqa: SIM905


def of_base(
    show: Callable[[str], bytes | None], flags: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[Settings, Filters, list[str]]:
    """Return settings, filters and what the reader should know.

    Args:
        show: Gives a file of the base commit, or None.
        flags: Values by the names of settings; None where not given.
        environ: Environment variables.

    Raises:
        UsageError: The base's configuration, a flag or a variable is wrong.
    """
    notes = []
    with tempfile.TemporaryDirectory(prefix="codebot-") as name:
        folder = Path(name)
        for file in _FILES:
            raw = show(file)
            if raw is not None:
                (folder / file).write_bytes(raw)
        settings = load(folder, flags, environ)
        if settings.untrusted:
            notes.append(
                f"The configuration's {', '.join(settings.untrusted)} is not used here: "
                "in a review that comes from the workflow."
            )
        inside = [name for name in FIELDS if _inside(getattr(settings, name), folder)]
        if inside:
            defaults: dict[str, Any] = {name: FIELDS[name].default for name in inside}
            settings = replace(settings, **defaults)
            notes.append(
                f"The configuration's {', '.join(inside)} would be read from what is under review: "
                "not used here; the workflow can name it."
            )
        filters = load_filters(
            folder, include=settings.include, exclude=settings.exclude, max_bytes=settings.max_file_bytes
        )
    return settings, filters, notes


def _inside(value: object, folder: Path) -> bool:
    """Whether a setting names a file of the repository."""
    paths = value if isinstance(value, tuple) else (value,)
    return any(isinstance(path, Path) and folder in path.parents for path in paths)


def fingerprint(settings: Settings) -> str:
    """Return a hash of what decides on suggestions; under another one everything is reviewed anew."""
    values = [__version__, *(str(getattr(settings, name)) for name in _DECISIVE)]
    return digest(json.dumps(values))
