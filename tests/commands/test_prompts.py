"""A team's own prompt wording, from the command line to what a server is asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from bot.engines.folder import embedded_folder
from tests.commands.test_commands import codebot
from tests.scripted_http import JsonHandler
from tests.verify.sandbox.conftest import require_sandbox

pytest.importorskip("httpx2", reason="the openai extra is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = """\
def halve(number):
    try:
        return number / 2
    except:
        return 0
"""
WORDINGS = {
    "docstring.starcoder": """\
form = "fim"
stop = ["\\n"]
[inside]
prefix = "OWN DOCSTRING {head}{indent}{open}{answer}"
suffix = "{close}"
[before]
prefix = ""
suffix = ""
""",
    "fix.fim": 'form = "fim"\nprefix = "OWN FIX {label}"\nsuffix = "{tail}"\n',
    "test.fim": 'form = "fim"\nprefix = "OWN TEST {name}"\nsuffix = ""\nstyle = ""\ncall = ""\n',
}


class Recording(JsonHandler, BaseHTTPRequestHandler):
    """Keeps what it is asked, and has nothing to say."""

    def do_GET(self) -> None:
        """Say which model this is."""
        self.send({"data": [{"id": "scripted", "max_model_len": 1024}]})

    def do_POST(self) -> None:
        """Keep the prompt."""
        body = self.body()
        self.server.asked.append(body["prompt"])  # type: ignore[attr-defined]
        self.send({"choices": [{"text": "", "finish_reason": "stop"}], "usage": {"completion_tokens": 0}})


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Recording)
    made.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ("docstrings", "OWN DOCSTRING def halve"),
        ("fixes", "OWN FIX ruff E722"),
        ("tests", "OWN TEST test_halve"),
    ],
)
def test_a_folder_of_wordings_reaches_the_engine(
    tmp_path: Path, server: ThreadingHTTPServer, task: str, says: str
) -> None:
    if task == "tests":
        require_sandbox()
    folder, prompts = tmp_path / "project", tmp_path / "prompts"
    folder.mkdir()
    prompts.mkdir()
    (folder / "sums.py").write_text(CODE)
    for name, text in WORDINGS.items():
        (prompts / f"{name}.toml").write_text(text)
    url = f"openai+http://127.0.0.1:{server.server_port}/v1?tokenizer={embedded_folder()}&timeout=20"
    codebot("annotate", "--tasks", task, "--engine", url, "--prompts", str(prompts), cwd=folder)
    assert any(says in prompt for prompt in server.asked)  # type: ignore[attr-defined]


def test_a_mistake_in_a_wording_of_any_task_ends_the_run_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "sums.py").write_text(CODE)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "fix.fim.toml").write_text('form = "fim"\nprefix = "{labl}"\nsuffix = ""\n')
    done = codebot("annotate", "--tasks", "fixes", "--prompts", "own", cwd=tmp_path, check=2)
    assert "fix.fim.toml: prefix: unknown placeholder labl" in done.stderr
    assert "known: " in done.stderr
