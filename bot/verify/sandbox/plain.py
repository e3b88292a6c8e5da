"""No isolation at all: a copy of the files, for `--no-sandbox`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.verify.sandbox.place import LAUNCHER, Start, Support
from bot.verify.sandbox.private import is_private

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.verify.sandbox.model import Limits

__all__ = ["Copied", "Plain", "copied"]

_LEFT_OUT = frozenset({"node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache"})


class Plain:
    """Commands run as the user, in a copy."""

    name = "none"
    isolates = False

    def support(self) -> Support:
        """It works wherever there are processes as POSIX has them."""
        works = sys.platform != "win32"
        detail = "a copy without isolation, for --no-sandbox" if works else "not on Windows"
        return Support(self.name, works=works, detail=detail, isolates=False)

    @contextmanager
    def prepare(self, root: Path, visible: Sequence[Path]) -> Iterator[Copied]:
        """Copy the files once."""
        del visible  # everything is
        with tempfile.TemporaryDirectory(prefix="codebot-sandbox-", ignore_cleanup_errors=True) as name:
            yield Copied(copied(root, Path(os.path.realpath(name))), Path(os.path.realpath(name)), ())


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is kept, and one made of it for each run."""

    kept: Path
    folder: Path
    prefix: tuple[str, ...]
    moved: bool = True
    in_memory: bool = False
    counts: bool = False

    @property
    def root(self) -> Path:
        """Where each run finds its copy."""
        return self.folder / "run" / self.kept.name

    @property
    def home(self) -> Path:
        """A folder beside the copy."""
        return self.folder / "run" / "home"

    @contextmanager
    def start(self, limits: Limits, *, keep: bool = False) -> Iterator[Start]:
        """Copy the copy, and remove it afterwards; with `keep`, it takes the kept one's place."""
        del limits
        shutil.copytree(self.kept, self.root, symlinks=True)
        try:
            yield Start(list(self.prefix), LAUNCHER)
            if keep:
                shutil.rmtree(self.kept)
                shutil.move(self.root, self.kept)
        finally:
            shutil.rmtree(self.folder / "run", ignore_errors=True)

    def written(self, first: int | None, tree: Collection[int]) -> int:
        """Return 0: nobody counts."""
        del first, tree
        return 0


def copied(root: Path, folder: Path) -> Path:
    """Copy the repository into `folder` and return where; without environments, caches and credentials."""

    def left_out(parent: str, names: list[str]) -> list[str]:
        return [
            name
            for name in names
            if name in _LEFT_OUT
            or is_private(name)
            or os.path.exists(os.path.join(parent, name, "pyvenv.cfg"))
        ]

    target = folder / "kept" / root.name
    shutil.copytree(root, target, symlinks=True, ignore=left_out)
    return target
