"""Where a run's tests are run: opened once, when the first is to run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack
    from pathlib import Path

    from bot.config import Settings
    from bot.verify.sandbox import Sandbox

__all__ = ["no_sandbox", "sandbox_opener"]


def sandbox_opener(
    settings: Settings, root: Path, environ: Mapping[str, str], stack: ExitStack
) -> Callable[[], Sandbox]:
    """Return what opens the sandbox, with the project's Python, when it is first called; `stack` closes it.

    What it returns raises UsageError where no sandbox works.
    """

    @lru_cache(maxsize=1)
    def sandbox() -> Sandbox:
        from bot.verify.rechecks import tool_folders  # noqa: PLC0415 - likewise
        from bot.verify.sandbox import find_python, open_sandbox  # noqa: PLC0415 - only where tests run
        from bot.verify.sandbox.node import find_node  # noqa: PLC0415
        from bot.verify.tests.lab import coverage_folder, inside  # noqa: PLC0415

        python = find_python(root, configured=settings.python, environ=environ)
        node = find_node(environ, root)
        shown = [
            inside(),
            *filter(None, [coverage_folder()]),
            *(node.visible if node else ()),
            *tool_folders(settings.recheck, environ.get("PATH")),
        ]
        return stack.enter_context(
            open_sandbox(root, python=python, isolated=settings.sandbox, visible=shown)
        )

    return sandbox


def no_sandbox() -> Sandbox:
    """Refuse: the files of this run are not what lies on disk.

    Raises:
        UsageError: Always.
    """
    raise UsageError("this run has no files on disk to run tests over")
