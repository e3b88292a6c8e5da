"""What a proof of tests leaves out, whatever their language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Dropped", "Unproven"]

W = TypeVar("W")  # a test as it was written


@dataclass(frozen=True, slots=True)
class Dropped(Generic[W]):
    """A test that was taken out, and why."""

    test: W
    reason: str  # key of `bot.reasons.REJECTIONS`
    detail: str


@dataclass(frozen=True, slots=True)
class Unproven(Generic[W]):
    """Nothing was left."""

    dropped: tuple[Dropped[W], ...]
