"""The Node.js that JavaScript runs with in the sandbox: which it is, and what of the disk it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Node", "find_node"]

_SYSTEM = (Path("/usr"), Path("/bin"), Path("/nix/store"), Path("/gnu/store"))


@dataclass(frozen=True, slots=True)
class Node:
    """An installation of Node.js."""

    executable: Path  # links followed
    version: tuple[int, int]
    visible: tuple[Path, ...]  # what commands must be able to read, where a sandbox does not show it anyway

    @property
    def strips_types(self) -> bool:
        """Whether it runs TypeScript by itself."""
        return self.version >= (23, 6) or (22, 18) <= self.version < (23, 0)


def find_node(environ: Mapping[str, str], root: Path) -> Node | None:
    """Return the Node.js on the path; None where there is none, or only a shim that needs its tool.

    One that the repository at `root` brings along does not count: it is asked for its version right here.
    """
    found = shutil.which("node", path=environ.get("PATH"))
    if found is None or "shims" in Path(found).parts:
        return None
    real = Path(os.path.realpath(found))
    if any(each.is_relative_to(os.path.realpath(root)) for each in (real, Path(os.path.abspath(found)))):
        return None
    version = _version(real)
    if version is None:
        return None
    prefix = real.parent.parent
    home = Path(os.path.realpath(environ.get("HOME") or os.path.expanduser("~")))
    system = any(real.is_relative_to(each) for each in _SYSTEM)
    private = home.is_relative_to(prefix)  # never the home folder itself
    visible = () if system else (real,) if private else (prefix,)
    return Node(real, version, visible)


@cache
def _version(executable: Path) -> tuple[int, int] | None:
    try:
        ran = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)", ran.stdout)
    return (int(found[1]), int(found[2])) if found else None
