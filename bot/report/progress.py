"""Progress on standard error: one line, only where a person can see it, gone when the run is."""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

from bot.observe import NullObserver, Observer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["TerminalObserver", "observer"]


def observer(stream: IO[Any], *, quiet: bool = False) -> Observer:
    """Return an observer that shows progress on `stream`, or a silent one unless that is a terminal."""
    if quiet or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return NullObserver()
    return TerminalObserver(stream)


class TerminalObserver:
    """Shows the phase, how far it is, what was found and how fast; safe to call from any thread."""

    def __init__(self, stream: IO[Any], *, width: int | None = None) -> None:
        self._stream = stream
        self._width = width
        self._counts: Counter[str] = Counter()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._began = 0.0

    def start(self, phase: str, total: int | None = None) -> None:
        """Show the bar of a new phase in place of the last one's."""
        progress = self._progress or self._open()
        if self._task is not None:
            progress.remove_task(self._task)
        self._began = time.monotonic()
        self._counts["tokens"] = 0  # the rate is this phase's
        self._task = progress.add_task(phase, total=total, news="")

    def advance(self, n: int = 1, **counts: int) -> None:
        """Move the bar on and add to what is counted."""
        if self._progress is None or self._task is None:
            return
        for name, count in counts.items():
            self._counts[name] += count
        self._progress.update(self._task, advance=n, news=self._news())

    def finish(self) -> None:
        """Take the line off the terminal and give the cursor back."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = self._task = None

    def _news(self) -> str:
        counts = self._counts
        parts = [f"{counts['files']} file{'s' * (counts['files'] != 1)}"] if counts["files"] else []
        parts += [f"{counts['suggestions']} proven"] if counts["suggestions"] else []
        elapsed = time.monotonic() - self._began
        if self._counts["tokens"] and elapsed > 0:
            parts.append(f"{self._counts['tokens'] / elapsed:.0f} tokens/s")
        return ", ".join(parts)

    def _open(self) -> Progress:
        from rich.console import Console  # noqa: PLC0415 - a quiet run does without
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description:9}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[news]}", markup=False),
            TimeRemainingColumn(),
            console=Console(file=self._stream, width=self._width, force_terminal=True),
            transient=True,
            refresh_per_second=5,
        )
        self._progress.start()
        return self._progress
