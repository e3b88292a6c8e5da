"""Removes a tree that hostile code has built: as deep as it likes, and closed to its owner."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["remove"]


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; nothing there is fine.

    Links are never followed. Nothing else may be at work in it.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):  # how Linux and macOS say that it is a folder
        try:
            shutil.rmtree(path)
        except (OSError, RecursionError):
            _remove_folder(path)


def _remove_folder(path: Path) -> None:
    """Move folders side by side first: then none is too deep, and no name too long."""
    with tempfile.TemporaryDirectory(prefix=".gone-", dir=path.parent, ignore_cleanup_errors=True) as name:
        waiting = [_moved(str(path), os.path.join(name, "0"))]
        count = 0
        while waiting:
            folder = waiting.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        count += 1
                        waiting.append(_moved(entry.path, os.path.join(name, str(count))))
                    else:
                        os.unlink(entry.path)
            os.rmdir(folder)


def _moved(path: str, target: str) -> str:
    with suppress(OSError):  # a folder that its owner may not write cannot be moved either
        os.chmod(path, 0o700)
    os.rename(path, target)
    return target
