"""Progress: on a terminal, one line that goes away; anywhere else nothing at all."""

from __future__ import annotations

import io
import os
import select
import sys
import threading

import pytest

from bot.observe import NullObserver
from bot.report.progress import TerminalObserver, observer


class Terminal(io.StringIO):
    """A terminal as far as anyone asks."""

    def isatty(self) -> bool:
        return True


def run(stream: io.StringIO, *, quiet: bool = False) -> str:
    watcher = observer(stream, quiet=quiet)
    watcher.start("reading")
    watcher.advance()
    watcher.start("asking", 40)
    watcher.advance(30, suggestions=3, tokens=900)
    watcher.finish()
    watcher.finish()
    return stream.getvalue()


def test_it_is_silent_unless_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert run(io.StringIO()) == ""
    assert run(Terminal(), quiet=True) == ""
    monkeypatch.setenv("TERM", "dumb")
    assert run(Terminal()) == ""


def test_it_shows_phase_steps_suggestions_and_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    watcher = TerminalObserver(stream, width=100)
    watcher.start("asking", 40)
    watcher.advance(0, files=2)
    watcher.advance(30, suggestions=3, tokens=900)
    watcher.finish()
    text = stream.getvalue()
    assert "asking" in text
    assert "30/40" in text
    assert "2 files, 3 proven" in text
    assert "tokens/s" in text


def test_the_cursor_comes_back_and_the_line_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    text = run(Terminal())
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert text.endswith("\x1b[2K")


def test_many_threads_may_report_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    watcher = TerminalObserver(stream, width=100)
    watcher.start("asking", 400)

    def work() -> None:
        for _ in range(50):
            watcher.advance(suggestions=1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watcher.finish()
    assert "400/400" in stream.getvalue()
    assert "400 proven" in stream.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_real_terminal_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen, os.fdopen(theirs, "w") as stream:
        watcher = observer(stream)
        watcher.start("reading")
        watcher.finish()
        seen = b""
        while select.select([screen], [], [], 10)[0]:  # a read returns only what has arrived by then
            seen += screen.read(4096)
            if b"reading" in seen:
                break
        assert b"reading" in seen


def test_nobody_has_to_listen() -> None:
    null = NullObserver()
    null.start("reading", 3)
    null.advance(2, suggestions=1)
    null.finish()
    TerminalObserver(Terminal()).advance()  # before any phase: nothing to show, nothing to break
