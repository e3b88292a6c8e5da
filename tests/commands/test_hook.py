"""The hook as git and pre-commit call it: what it looks at, when it ends, and that git goes on."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pytest

from bot.cli import run
from bot.commands.hooking.state import hook_rows
from bot.git import Repository
from tests.git.conftest import Sandbox, make
from tests.scripted_http import JsonHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCE = """\
def scaled(numbers, factor):
    result = []
    for number in numbers:
        result.append(number * factor)
    return result
"""
ANSWER = "Scale every one of the numbers by a factor."
SHOW_ALL = ("--confidence", "off")
pytest.importorskip("httpx2", reason="the openai extra is not installed")


class Told(NamedTuple):
    """What a call printed."""

    stdout: str
    stderr: str


class Hook(Protocol):
    """Calls `codebot hook` and asserts its exit code."""

    def __call__(self, *argv: str, check: int = 0, stdin: str = "", **environ: str) -> Told:
        """Return what was printed."""
        ...


class Api(ThreadingHTTPServer):
    """A completions server that always says the same, once `go` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.go = threading.Event()
        self.asked = 0

    @property
    def url(self) -> str:
        return f"openai+http://127.0.0.1:{self.server_port}/v1?model=m&family=starcoder"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that go away: a deadline does that to them."""


class Handler(JsonHandler, BaseHTTPRequestHandler):
    """One connection."""

    server: Api

    def do_GET(self) -> None:
        self.send({"data": [{"id": "m", "max_model_len": 4096}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        self.server.go.wait(60)
        self.send({"choices": [{"text": ANSWER, "finish_reason": "stop"}], "usage": {"completion_tokens": 9}})


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.go.set()
        server.shutdown()


@pytest.fixture
def repo(tmp_path: Path) -> Sandbox:
    sandbox = make(tmp_path / "a repository")
    sandbox.commit(start="x = 1\n")
    return sandbox


@pytest.fixture(autouse=True)
def _here(repo: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("CODEBOT_DEADLINE", "300")  # a busy machine is not what is tested here


@pytest.fixture
def hook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hook:
    """Return what calls the hook in this process, where no deadline leaves anything behind."""

    def call(*argv: str, check: int = 0, stdin: str = "", **environ: str) -> Told:
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            code = run(["hook", *argv])
        told = Told(*capsys.readouterr())
        assert code == check, told
        return told

    return call


def process(repo: Sandbox, *argv: str, check: int = 0, **environ: str) -> str:
    """Call the hook as git does, and assert its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "hook", *argv],
        cwd=repo.root,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == check, done.stdout + done.stderr
    return done.stdout


def hook_rows_of(repo: Sandbox) -> list[tuple[str, str]]:
    with Repository.open(repo.root) as repository:
        return list(hook_rows(repository))


def stage(repo: Sandbox, name: str = "a.py", text: str = SOURCE) -> None:
    repo.write(name, text)
    repo.git("add", "--", name)


def test_suggestions_are_shown_and_one_command_takes_them(
    repo: Sandbox, hook: Hook, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.go.set()
    stage(repo)
    repo.write("a.py", SOURCE + "\n\nx = 1  # not staged\n")
    shown = hook("pre-commit", "--engine", api.url, *SHOW_ALL).stdout
    assert ANSWER in shown
    assert "codebot apply --all" in shown
    assert run(["apply", "--all"]) == 0
    assert ANSWER in repo.git("show", ":a.py")
    assert "not staged" not in repo.git("show", ":a.py")
    assert repo.git("diff").count("\n+") == 3 + 1, "three lines of its own edit, and the head"
    capsys.readouterr()
    silent = hook("pre-commit", "--engine", api.url, *SHOW_ALL)
    assert silent.stdout + silent.stderr == "", "there is nothing left to say"
    assert run(["apply"]) == 0
    listed = capsys.readouterr().out
    assert "nothing to take" in listed
    assert "has a docstring already" in listed, "and where everything went is told to who asks"


def test_with_nothing_to_do_the_hook_says_nothing_and_opens_no_engine(repo: Sandbox, hook: Hook) -> None:
    down = "openai+http://127.0.0.1:1/v1?model=m"
    assert hook("pre-commit", "--engine", down).stderr == ""
    stage(repo, "notes.md", "words\n")
    stage(repo, "LICENSE", "words\n")
    other = make(repo.root / "sub")
    other.commit(x="x = 1\n")
    repo.git("-c", "advice.addEmbeddedRepo=false", "add", "sub")
    repo.git("rm", "-q", "start.py")
    done = hook("pre-commit", "--engine", down)
    assert done.stdout + done.stderr == ""


def test_block_stops_git_and_says_how_to_go_on(repo: Sandbox, hook: Hook, api: Api) -> None:
    api.go.set()
    stage(repo)
    shown = hook("pre-commit", "--engine", api.url, "--block", *SHOW_ALL, check=1).stdout
    assert "--no-verify" in shown


@pytest.mark.parametrize("strict", [False, True])
def test_an_engine_that_is_down_costs_nobody_a_commit(repo: Sandbox, hook: Hook, strict: bool) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"openai+http://127.0.0.1:{closed.getsockname()[1]}/v1?model=m"
        stage(repo)
        done = hook(
            "pre-commit", "--engine", url, "--block", *["--strict"] * strict, check=3 if strict else 0
        )
    assert "no suggestions this time" in done.stderr


@pytest.mark.parametrize("strict", [False, True])
def test_an_engine_that_never_answers_is_left_at_the_deadline(repo: Sandbox, api: Api, strict: bool) -> None:
    """Every file that was not reached is on the ledger, in words."""
    stage(repo)
    told = process(
        repo,
        *("pre-commit", "--engine", api.url, "--deadline", "3", *["--strict"] * strict),
        check=3 if strict else 0,
        CODEBOT_CACHE="no",
    )
    assert "1 part not reached within 3 s" in told


def test_a_server_that_says_nothing_at_all_is_given_up_soon(repo: Sandbox, hook: Hook) -> None:
    """Nobody waits ten seconds at every commit because a network is down."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as hole:  # takes calls, says nothing
        url = f"openai+http://127.0.0.1:{hole.getsockname()[1]}/v1?model=m&family=starcoder"
        stage(repo)
        assert "no answer within 3 s" in hook("pre-commit", "--engine", url).stderr


def test_ctrl_c_ends_it_at_once(repo: Sandbox, api: Api) -> None:
    stage(repo)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # `nohup` and `&` leave it ignored
    try:
        running = subprocess.Popen(
            [sys.executable, "-m", "bot", "hook", "pre-commit", "--engine", api.url],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with running:
        while not api.asked:
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130


def test_what_was_late_is_answered_in_the_background_for_next_time(
    repo: Sandbox, hook: Hook, api: Api
) -> None:
    """Also when the commit has gone through meanwhile, and without asking twice."""
    stage(repo)
    late = process(repo, "pre-commit", "--engine", api.url, "--deadline", "4", *SHOW_ALL)
    assert "in the background" in late
    repo.git("commit", "-qm", "more")
    api.go.set()
    log = repo.root / ".git/codebot/background.log"
    until = time.monotonic() + 300  # it gives way to whatever else runs
    while "proven" not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
    asked = api.asked
    told = "\n".join(line for _, line in hook_rows_of(repo))
    assert "1 proven" in told
    assert str(log) in told
    repo.git("reset", "-q", "--soft", "HEAD~1")
    again = hook("pre-commit", "--engine", api.url, *SHOW_ALL).stdout
    assert ANSWER in again
    assert api.asked == asked


def test_fix_writes_the_files_and_leaves_the_index_to_the_user(repo: Sandbox, hook: Hook, api: Api) -> None:
    api.go.set()
    stage(repo)
    shown = hook("pre-commit", "--engine", api.url, "--fix", *SHOW_ALL, check=1).stdout
    assert "git add" in shown
    assert ANSWER in (repo.root / "a.py").read_text()
    assert repo.git("show", ":a.py") == SOURCE.rstrip("\n")
    repo.git("add", "a.py")
    hook("pre-commit", "--engine", api.url, "--fix", *SHOW_ALL)


@pytest.mark.parametrize("what", ["merge", "cherry-pick", "revert", "rebase"])
def test_in_the_middle_of_something_else_it_stays_out_of_the_way(
    repo: Sandbox, hook: Hook, what: str
) -> None:
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit(start="x = 2\n")
    repo.git("checkout", "-q", "main")
    repo.commit(start="x = 3\n")
    with pytest.raises(subprocess.CalledProcessError):
        repo.git(what, *["--no-edit"] * (what == "revert"), "side" if what in {"merge", "rebase"} else side)
    stage(repo, "start.py", SOURCE)
    assert f"skipped: a {what} is in progress" in hook("pre-commit").stderr


def test_a_message_can_say_that_it_is_a_draft(repo: Sandbox, hook: Hook, api: Api, tmp_path: Path) -> None:
    api.go.set()
    stage(repo)
    message = tmp_path / "MSG"
    for text in ("fixup! more\n", "\n# hint\nWIP\n", "Add it\n\ncodebot: skip\n"):
        message.write_text(text)
        assert hook("commit-msg", str(message), "--engine", api.url, *SHOW_ALL).stdout == ""
    message.write_text(f"Add it\n# codebot: skip\n# {'-' * 24} >8 {'-' * 24}\n codebot: skip\n")
    assert ANSWER in hook("commit-msg", str(message), "--engine", api.url, *SHOW_ALL).stdout


def test_pre_push_looks_at_the_commits_that_the_other_side_has_not(
    repo: Sandbox, hook: Hook, api: Api, tmp_path: Path
) -> None:
    api.go.set()
    other = tmp_path / "other side"
    repo.git("init", "-q", "--bare", str(other))
    repo.git("remote", "add", "origin", str(other))
    repo.git("push", "-q", "origin", "main")
    before = repo.git("rev-parse", "HEAD")
    repo.commit(a=SOURCE)
    tip = repo.commit(b=SOURCE.replace("scaled", "grown"))
    repo.write("a.py", "not what is pushed\n")
    zero = "0" * 40
    for there in (before, zero):  # a branch that is there, and a new one
        done = hook(
            *("pre-push", "origin", str(other), "--engine", api.url, *SHOW_ALL),
            stdin=f"refs/heads/main {tip} refs/heads/main {there}\n",
        )
        assert "2 suggestions" in done.stdout
    nothing = hook(
        "pre-push",
        "origin",
        str(other),
        "--engine",
        api.url,
        stdin=f"(delete) {zero} refs/heads/x {tip}\n",
    )
    assert nothing.stdout == ""


def test_a_strangers_engine_is_not_asked_and_that_is_said(repo: Sandbox, hook: Hook, api: Api) -> None:
    api.go.set()
    repo.write(".codebot.toml", 'engine = "openai+http://collector.example.com/v1?model=m"\n')
    stage(repo)
    done = hook("pre-commit")
    assert "collector.example.com" in done.stdout
    assert "codebot trust" in done.stdout
    repo.write(".codebot.toml", f'engine = "{api.url}"\n')
    assert ANSWER in hook("pre-commit", *SHOW_ALL).stdout, "loopback is fine"


def test_a_broken_configuration_is_told_and_stops_nobody(repo: Sandbox, hook: Hook) -> None:
    repo.write(".codebot.toml", "engine = 3\n")
    stage(repo)
    assert ".codebot.toml" in hook("pre-commit").stderr
    hook("pre-commit", "--strict", check=2)


def test_variables_that_git_gives_its_hooks_lead_nowhere_else(
    repo: Sandbox, hook: Hook, api: Api, tmp_path: Path
) -> None:
    """`git commit FILE` shows its hook an index of its own; another repository's variables are ignored."""
    api.go.set()
    other = make(tmp_path / "other")
    other.commit(z=SOURCE)
    repo.commit(a="x = 1\n")
    stage(repo, "b.py", SOURCE.replace("scaled", "grown"))
    repo.write("a.py", SOURCE)
    seen = tmp_path / "seen"
    script = repo.root / ".git/hooks/pre-commit"
    script.write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -c 'from bot.cli import main; main()' "
        f"hook pre-commit --engine '{api.url}' --confidence off >'{seen}' 2>&1\n"
    )
    script.chmod(0o755)
    repo.git("commit", "-qm", "only a", "a.py", PYTHONPATH=str(ROOT))
    assert "scaled" in seen.read_text()
    assert "grown" not in seen.read_text(), "b.py is staged, but no part of this commit"
    done = hook(
        *("pre-commit", "--engine", api.url, *SHOW_ALL),
        GIT_DIR=str(other.root / ".git"),
        GIT_INDEX_FILE=str(other.root / ".git/index"),
    )
    assert "grown" in done.stdout


@pytest.mark.parametrize("name", ["two words.py", "naïve.py", "new\nline.py", "-x.py"])
def test_odd_names_are_fine(repo: Sandbox, hook: Hook, api: Api, name: str) -> None:
    api.go.set()
    stage(repo, name)
    assert ANSWER in hook("pre-commit", "--engine", api.url, *SHOW_ALL).stdout
    assert run(["apply", "--all"]) == 0
    assert ANSWER in (repo.root / name).read_text()


def test_windows_line_endings_are_kept(repo: Sandbox, hook: Hook, api: Api) -> None:
    api.go.set()
    repo.git("config", "core.autocrlf", "true")
    stage(repo, "folder/a.py", SOURCE.replace("\n", "\r\n"))
    assert ANSWER in hook("pre-commit", "--engine", api.url, *SHOW_ALL).stdout
    assert run(["apply", "--all"]) == 0
    assert (repo.root / "folder/a.py").read_bytes().count(b"\r\n") == 6
    assert repo.git("diff", "--stat") == ""


def test_files_that_are_named_narrow_it_down(repo: Sandbox, hook: Hook, api: Api) -> None:
    """As pre-commit calls it: in a commit only what is staged of them, else the files as they are."""
    api.go.set()
    stage(repo)
    stage(repo, "b.py", SOURCE.replace("scaled", "grown"))
    ask = ("--engine", api.url, *SHOW_ALL)
    some = hook("pre-commit", "a.py", *ask).stdout
    assert "scaled" in some
    assert "grown" not in some
    repo.commit()
    assert "grown" in hook("pre-commit", "b.py", *ask).stdout
    first = repo.git("rev-parse", "HEAD~1")
    both = hook("pre-commit", "a.py", "b.py", *ask, PRE_COMMIT_FROM_REF=first, PRE_COMMIT_TO_REF="HEAD")
    assert "2 suggestions" in both.stdout


def test_a_bug_of_ours_costs_nobody_a_commit(repo: Sandbox, hook: Hook, api: Api) -> None:
    """Something nobody foresaw becomes a line and a log; with --strict it stops git."""
    stage(repo)
    (repo.root / ".git/codebot").write_text("in the way")
    api.go.set()
    done = hook("pre-commit", "--engine", api.url, *SHOW_ALL)
    assert "cannot be taken with codebot apply" in done.stdout
