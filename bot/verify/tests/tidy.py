"""Formats Python as the project does: by ruff with the project's settings, which Black's are read into."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from bot.verify.ruff import ruff

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["tidy"]


def tidy(root: Path, path: str, text: str) -> str:
    """Return `text` formatted as a file at `path` of the repository; as it is where ruff cannot.

    Args:
        root: The repository, whose configuration counts.
        path: Where the text goes, relative to it.
        text: Python.
    """
    options = ["format", "--quiet", "--no-cache", *_black(root), "--stdin-filename", path, "-"]
    try:
        ran = ruff(options, text.encode(), cwd=root)
    except (OSError, subprocess.SubprocessError):
        return text
    return ran.stdout.decode() if ran.returncode == 0 and ran.stdout else text


def _black(root: Path) -> list[str]:
    """Return what Black is configured with, where ruff is not."""
    try:
        told = (root / "pyproject.toml").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    if "[tool.ruff" in told or "[tool.black]" not in told:
        return []
    table = told.partition("[tool.black]")[2].partition("\n[")[0]
    found = re.search(r"^line[-_]length\s*=\s*(\d+)", table, re.MULTILINE)
    options = ["--config", f"line-length={found[1]}"] if found else []
    if re.search(r"^skip-string-normalization\s*=\s*true", table, re.MULTILINE):
        options += ["--config", "format.quote-style='preserve'"]
    return options
