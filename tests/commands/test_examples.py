"""Examples in docstrings as a user meets them: a server that writes them, real processes, a real sandbox."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from bot.engines.folder import embedded_folder
from tests.commands.test_commands import SHOW_ALL, codebot, git, report
from tests.scripted_http import JsonHandler
from tests.verify.sandbox.conftest import require_sandbox

pytest.importorskip("httpx2", reason="the openai extra is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = """\
def halve(number):
    half = number / 2
    return half


def longest(words):
    found = sorted(words, key=len)
    return found[-1]
"""
SUMMARIES = {
    "halve": "Divide the number by 2.",
    "longest": "Return the last of the words, sorted by their length.",
}
EXAMPLES = {
    "halve": " halve(3)\n        1.5\n        >>> halve(\"a\")\n        ''\n",
    "longest": ' longest(["a", "bbb", "cc"])\n        \'bbb\'\n',
}


class Answers(JsonHandler, BaseHTTPRequestHandler):
    """Fills the gap of a docstring in `CODE`."""

    def do_GET(self) -> None:
        """Say which model this is."""
        self.send({"data": [{"id": "scripted", "max_model_len": 1024}]})

    def do_POST(self) -> None:
        """Answer with a summary, or with examples behind a prompt of an interactive session."""
        body = self.body()
        before = body["prompt"].partition("<fim_suffix>")[0]
        name = "longest" if "def longest" in before else "halve"
        said = (EXAMPLES if before.endswith(">>>") else SUMMARIES)[name]
        choice = {"text": said, "finish_reason": "stop"}
        self.send({"choices": [choice], "usage": {"completion_tokens": 9}})


@pytest.fixture
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"openai+http://127.0.0.1:{made.server_port}/v1?tokenizer={embedded_folder()}&timeout=20"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "a repository"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "__init__.py").touch()
    (folder / "lib" / "sums.py").write_text(CODE)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    return folder


def told(found: dict[str, Any]) -> dict[str, str]:
    return {
        s["symbol"]: e["detail"]
        for s in found["suggestions"]
        for e in s["evidence"]
        if e["check"].startswith("examples-")
    }


def test_examples_that_run_are_shown_with_their_docstring(repo: Path, server: str) -> None:
    require_sandbox()
    found = report(repo, "--engine", server, "--examples", "always")
    details = told(found)
    assert details["longest"] == "1 example runs"
    assert details["halve"].startswith("1 example runs; 1 example cut: gives something else (`halve")
    assert any("3 written, 2 ran and stay; 1 cut" in note for note in found["notes"])
    argv = ("--engine", server, "--examples", "always", *SHOW_ALL, "--apply")
    out = codebot("annotate", *argv, cwd=repo).stdout
    assert "1 example runs" in out
    again = [sys.executable, "-m", "doctest", "-v", "lib/sums.py"]
    ran = subprocess.run(again, cwd=repo, capture_output=True, text=True, check=True)
    assert "2 passed" in ran.stdout
    assert 'halve("a")' not in (repo / "lib" / "sums.py").read_text()


def test_a_repository_without_examples_is_not_asked_for_any(repo: Path, server: str) -> None:
    require_sandbox()
    assert not told(report(repo, "--engine", server))
    doc = '"""Double it.\n\n    >>> f{0}(2)\n    4\n    """'
    habit = f"def f{{0}}(x):\n    {doc}\n    y = 2 * x\n    return y\n\n\n"
    (repo / "lib" / "habit.py").write_text("".join(habit.format(n) for n in range(4)))
    assert told(report(repo, "--engine", server)).keys() == {"halve", "longest"}


def test_what_was_cut_is_explained(repo: Path, server: str) -> None:
    require_sandbox()
    found = report(repo, "--engine", server, "--examples", "always")
    (halve,) = (s["id"] for s in found["suggestions"] if s["symbol"] == "halve")
    said = codebot("explain", halve, cwd=repo).stdout
    assert "Asked for: examples" in said
    assert "1 example cut: gives something else" in said


def test_the_packaged_model_is_not_asked(repo: Path) -> None:
    found = report(repo, "--examples", "always", "--limit", "1")
    assert any("Examples were not asked for" in note for note in found["notes"])
