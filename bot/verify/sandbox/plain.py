"""No isolation at all: a copy of the files, for `--no-sandbox`."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.verify.sandbox.place import LAUNCHER, Start, Support

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.verify.sandbox.mirror import Mirror
    from bot.verify.sandbox.model import Limits

__all__ = ["Copied", "Plain", "copied"]


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
        with copied(root) as mirror:
            yield Copied(mirror, ())


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is mended after each run."""

    mirror: Mirror
    prefix: tuple[str, ...]
    moved: bool = True
    in_memory: bool = False
    counts: bool = False

    @property
    def root(self) -> Path:
        """Where each run finds its copy."""
        return self.mirror.work

    @property
    def home(self) -> Path:
        """A folder beside the copy."""
        return self.mirror.run / "home"

    @contextmanager
    def start(self, limits: Limits, *, keep: bool = False) -> Iterator[Start]:
        """Lend the copy."""
        del limits
        with self.mirror.turn(keep=keep):
            yield Start(list(self.prefix), LAUNCHER)

    def written(self, first: int | None, tree: Collection[int]) -> int:
        """Return 0: nobody counts."""
        del first, tree
        return 0


@contextmanager
def copied(root: Path) -> Iterator[Mirror]:
    """Copy a repository into a folder of its own, and remove that afterwards.

    Raises:
        UsageError: It is too large to be copied.
    """
    from bot.verify.sandbox.mirror import Mirror  # noqa: PLC0415 - needs what Windows lacks

    with tempfile.TemporaryDirectory(prefix="codebot-sandbox-", ignore_cleanup_errors=True) as name:
        mirror = Mirror(root, Path(os.path.realpath(name)))
        try:
            yield mirror
        finally:
            mirror.close()
