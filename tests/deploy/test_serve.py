"""Starting and stopping a real server: ready means a token, gone means no process, port or memory left."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.deploy.probe import generate
from bot.deploy.serve import plan, running
from bot.errors import EngineError, UsageError
from tests.triton import binary_or_skip, render_embedded

if TYPE_CHECKING:
    from bot.deploy.serve import Server

BODY = {"text_input": "def f(", "max_tokens": 1}


def group_members(pid: int) -> list[int]:
    """Return the processes of a server's group that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def assert_gone(server: Server) -> None:
    assert group_members(server.pid) == []
    assert list(Path("/dev/shm").glob(f"*{server.shm_prefix}*")) == []  # noqa: S108 - where it lies
    host, _, port = server.grpc_url.partition(":")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), timeout=2)


def test_nothing_is_left_of_a_server_that_was_stopped(tmp_path: Path) -> None:
    """Neither its stubs nor their shared memory nor a port."""
    binary_or_skip()
    with running(repository=render_embedded(tmp_path / "repository")) as server:
        assert "text_output" in generate(server.http_url, "ensemble", BODY)
        assert len(group_members(server.pid)) > 3
        assert list(Path("/dev/shm").glob(f"*{server.shm_prefix}*"))  # noqa: S108 - where it lies
    assert_gone(server)


def test_nothing_is_left_of_a_server_that_was_killed(tmp_path: Path) -> None:
    """SIGKILL gives it no chance to clean up: we do."""
    binary_or_skip()
    with running(repository=render_embedded(tmp_path / "repository")) as server:
        os.kill(server.pid, signal.SIGKILL)
        server.process.wait(10)
    assert_gone(server)


def test_a_repository_that_cannot_load_is_told(tmp_path: Path) -> None:
    """At once, with the end of the log, not after the timeout."""
    binary_or_skip()
    (tmp_path / "empty").mkdir()
    repository = render_embedded(tmp_path / "repository", engine_dir=str(tmp_path / "empty"))
    began = time.monotonic()
    with pytest.raises(EngineError, match="before it was ready"), running(repository=repository, timeout=60):
        pass
    assert time.monotonic() - began < 45


def test_a_server_that_is_not_ready_in_time_is_ended(tmp_path: Path) -> None:
    """A model that answers nothing does not count as ready, whatever the health route says."""
    binary_or_skip()
    model = tmp_path / "repository" / "ensemble"
    (model / "1").mkdir(parents=True)
    tensors = 'input { name: "text_input" data_type: TYPE_STRING dims: [ 1 ] }\n'
    tensors += 'input { name: "max_tokens" data_type: TYPE_INT32 dims: [ 1 ] }\n'
    tensors += 'output { name: "text_output" data_type: TYPE_STRING dims: [ 1 ] }\n'
    (model / "config.pbtxt").write_text(f'name: "ensemble"\nbackend: "python"\n{tensors}', "utf-8")
    code = "class TritonPythonModel:\n def execute(self, requests):\n  raise RuntimeError('no weights')\n"
    (model / "1" / "model.py").write_text(code, "utf-8")
    with (
        pytest.raises(EngineError, match=r"(?s)not ready after 6 s.*no weights"),
        running(repository=tmp_path / "repository", timeout=6),
    ):
        pass


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    """With the port's number."""
    binary_or_skip()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}"):
            plan(render_embedded(tmp_path / "repository"), tmp_path, ports=(port, 0, 0))
    with pytest.raises(UsageError, match="no model repository"):
        plan(tmp_path / "nowhere", tmp_path / "w")
