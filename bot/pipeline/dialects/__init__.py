"""The languages that missing tests are written in, each behind the same seam (`base`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.pipeline.dialects.base import Dialect, Funnel, Prepared, Setting, Subject, Unready, skip
from bot.pipeline.dialects.command import CommandTests
from bot.pipeline.dialects.javascript import JavaScriptTests
from bot.pipeline.dialects.python import PythonTests
from bot.verify.tests.commands import commands

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Dialect", "Funnel", "Prepared", "Setting", "Subject", "Unready", "dialects", "skip"]


def dialects(setting: Setting) -> Sequence[Dialect[Any]]:
    """Return every dialect; the first that speaks a file's language has it."""
    configured = [CommandTests(setting, each) for each in commands(setting.commands).values()]
    return [*configured, PythonTests(setting), JavaScriptTests(setting)]
