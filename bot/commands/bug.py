"""A bug, as a log that can be attached to a report."""

from __future__ import annotations

import platform
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from bot import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["log_bug"]


def log_bug(arguments: Sequence[str]) -> tuple[str, Path]:
    """Write the exception that is being handled to a file, and return its last line and the file."""
    told = traceback.format_exc()
    text = (
        f"codebot {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"arguments: {list(arguments)!r}\n\n{told}"
    )
    with tempfile.NamedTemporaryFile(
        "w", prefix="codebot-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(text)
    return told.strip().splitlines()[-1], Path(log.name)
