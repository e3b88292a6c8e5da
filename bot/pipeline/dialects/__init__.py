"""The languages that missing tests are written in, each behind the same seam (`base`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.pipeline.dialects.base import Dialect, Funnel, Prepared, Setting, Subject, Unready, skip
from bot.pipeline.dialects.python import PythonTests

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Dialect", "Funnel", "Prepared", "Setting", "Subject", "Unready", "dialects", "skip"]


def dialects(setting: Setting) -> Sequence[Dialect[Any]]:
    """Return every dialect; the first that speaks a file's language has it."""
    return [PythonTests(setting)]
