"""Paths in reports are claims of a stranger: what is not below the root is no path of ours."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

__all__ = ["inside"]

_DRIVE = re.compile(r"\A[A-Za-z]:[\\/]")
_LONGEST = 4_096


def inside(path: str, root: str) -> str | None:
    """Return `path` as one below `root`, POSIX and relative, or None where it leads elsewhere.

    Nothing is looked up on disk: the result is only ever compared with the paths of files that were read.

    Args:
        path: A path or `file:` URI, absolute or relative to the root, with slashes of either kind.
        root: The repository's root, absolute.
    """
    if not path or len(path) > _LONGEST or "\0" in path:
        return None
    if path.lower().startswith("file:"):
        parts = urlsplit(path)
        if parts.netloc not in {"", "localhost"}:
            return None
        path = unquote(parts.path)
        if _DRIVE.match(path[1:]):
            path = path[1:]
    elif re.match(r"\A[A-Za-z][A-Za-z0-9+.-]+:", path):
        return None
    path, root = path.replace("\\", "/"), root.replace("\\", "/").rstrip("/")
    if "\0" in path:
        return None
    if path.startswith("/") or _DRIVE.match(path):
        if not path.startswith(root + "/"):
            return None
        path = path[len(root) + 1 :]
    parts_of = [part for part in PurePosixPath(path).parts if part != "."]
    return "/".join(parts_of) if parts_of and ".." not in parts_of and parts_of[0] != "/" else None
