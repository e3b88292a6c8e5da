"""`codebot serve` and `codebot engine` as they are typed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import run
from bot.deploy.probe import generate
from tests.triton import binary_or_skip

ANY = ["--http-port", "0", "--grpc-port", "0", "--metrics-port", "0"]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_its_ports_and_ends_with_the_signal(end: signal.Signals) -> None:
    """Ready when told so; a signal ends it with 0 and nothing is left."""
    binary_or_skip()
    command = [sys.executable, "-m", "bot", "serve", *ANY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        assert "embedded is ready" in lines[0]
        url = lines[1].split()[1]
        assert "text_output" in generate(url, "ensemble", {"text_input": "def f(", "max_tokens": 1})
        process.send_signal(end)
        process.communicate(timeout=30)
    assert process.returncode == 0
    pid = re.findall(r"process (\d+)", lines[0])[0]
    assert not Path("/proc", pid).exists()


def test_a_server_that_dies_is_an_engine_that_is_gone() -> None:
    """Exit code 3, and the children of the dead server are ended too."""
    binary_or_skip()
    command = [sys.executable, "-m", "bot", "serve", *ANY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        pid = re.findall(r"process (\d+)", ready)[0]
        subprocess.run(["kill", "-KILL", pid], check=True)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "ended by itself" in errors
    assert not list(Path("/dev/shm").glob(f"*codebot_{process.pid}_*"))  # noqa: S108 - where it lies


def test_engine_render_and_build_show_what_they_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A repository from flags; a build's commands without running them; mistakes are exit code 2."""
    out = tmp_path / "out"
    flags = ["--profile", "tensorrt", "--model", "/e", "--tokenizer", "/t"]
    assert run(["engine", "render", str(out), *flags, "--set", "max_queue_size=64"]) == 0
    assert "max_queue_size: 64" in (out / "tensorrt_llm" / "config.pbtxt").read_text("utf-8")
    assert run(["engine", "render", str(out), *flags, "--set", "max_queue=64"]) == 2
    assert run(["engine", "render", str(out), "--profile", "tensorrt", "--model", "/e"]) == 2
    capsys.readouterr()
    assert run(["engine", "build", "/m", "--family", "starcoder", "--tp-size", "2", "--dry-run"]) == 0
    assert "--gpt_variant starcoder" in capsys.readouterr().out
    assert run(["engine", "build", "/m", "--release", "1.3.0", "--dry-run"]) == 2
    assert run(["serve", *flags, "--gpus", "all", "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("docker run --rm --init --gpus all")
