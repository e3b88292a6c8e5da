"""One process at a time, for each user (only filelock)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["alone"]


@contextmanager
def alone(place: Path) -> Iterator[bool]:
    """Hold the lock at `place` for as long as the block runs; yield whether it was free. It waits for nobody.

    The system lets go of it when the process ends, however that comes about.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - most runs hold nothing

    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
