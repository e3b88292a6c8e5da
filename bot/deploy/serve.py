"""Run a Triton server: start, wait until it really answers, stop, and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.deploy import probe
from bot.deploy.triton import find
from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Plan", "Server", "plan", "running", "start", "wait_ready"]

_SHM = Path("/dev/shm")  # noqa: S108 - where POSIX shared memory lies
_GRACE = 10.0  # seconds from SIGTERM to SIGKILL


@dataclass(slots=True)
class Server:
    """A running server, ours to stop."""

    http_url: str
    grpc_url: str  # HOST:PORT, as tritonclient wants it
    metrics_url: str
    process: subprocess.Popen[bytes]
    log: Path
    shm_prefix: str

    @property
    def pid(self) -> int:
        """The server's process."""
        return self.process.pid

    def stop(self, *, grace: float = _GRACE) -> int:
        """End the server and all its children, clean its shared memory up, and return its exit code.

        Works on a server that was killed as well: its children are then ended here.
        """
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(grace)
        code = self.process.poll()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # stubs outlive a server that was killed
            code = self.process.wait()
            for _ in range(40):
                os.killpg(self.process.pid, 0)  # an error once the last one is gone
                time.sleep(0.05)
        code = self.process.wait() if code is None else code
        for region in _SHM.glob(f"*{self.shm_prefix}*") if _SHM.is_dir() else ():
            region.unlink(missing_ok=True)
        return code

    def tail(self, lines: int = 15) -> str:
        """Return the end of its log."""
        text = self.log.read_text("utf-8", "replace") if self.log.is_file() else ""
        return "\n".join(text.splitlines()[-lines:])


@contextlib.contextmanager
def running(
    profile: str = "embedded",
    *,
    repository: Path,
    http_port: int = 0,
    grpc_port: int = 0,
    metrics_port: int = 0,
    timeout: float = 120.0,
    host: str = "127.0.0.1",
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    model: str | None = "ensemble",
) -> Iterator[Server]:
    """Serve a rendered repository while the context lasts; a port of 0 takes any free one.

    Args:
        profile: What the repository was rendered for; only its error messages differ.
        repository: The folder that `render` wrote, or any other model repository.
        http_port: Port of HTTP; likewise `grpc_port` and `metrics_port`.
        grpc_port: See `http_port`.
        metrics_port: See `http_port`.
        timeout: Seconds until it has to answer.
        host: Address to listen at.
        environment: Variables for the server and its models, over ours.
        arguments: Further flags for tritonserver.
        model: Model that must generate a token before the server counts as ready; None: the health
            route decides.

    Raises:
        EngineError: There is no server here, it cannot start, or it is not ready in time.
        UsageError: A port is taken.
    """
    with tempfile.TemporaryDirectory(prefix="codebot-triton-") as folder:
        server = start(
            repository,
            Path(folder),
            ports=(http_port, grpc_port, metrics_port),
            host=host,
            environment=environment,
            arguments=arguments,
        )
        try:
            wait_ready(server, model=model, timeout=timeout, profile=profile)
            yield server
        finally:
            server.stop()


@dataclass(frozen=True, slots=True)
class Plan:
    """What starting a server would run."""

    command: list[str]
    environment: dict[str, str]  # what to change in ours
    ports: tuple[int, int, int]
    shm_prefix: str

    def shown(self) -> str:
        """Return it as a line for a shell."""
        changes = [f"{name}={value}" for name, value in self.environment.items()]
        return shlex.join([*(["env", *changes] if changes else []), *self.command])


def plan(
    repository: Path,
    workspace: Path,
    *,
    ports: tuple[int, int, int] = (0, 0, 0),
    host: str = "127.0.0.1",
    arguments: Sequence[str] = (),
    program: str | None = None,
) -> Plan:
    """Return what `start` would run.

    Raises:
        EngineError: There is no server on this machine.
        UsageError: There is no such repository, or a port is taken.
    """
    if not repository.is_dir():
        raise UsageError(f"no model repository at {repository}", hint="codebot engine render writes one")
    binary = find(workspace, program=program)
    http, grpc, metrics = _ports(ports, host)
    prefix = f"codebot_{os.getpid()}_{secrets.token_hex(4)}_"
    command = [
        str(binary.program),
        f"--model-repository={repository}",
        *([f"--backend-directory={binary.backends}"] if binary.backends else []),
        *(f"--http-address={host}", f"--http-port={http}"),
        *(f"--grpc-address={host}", f"--grpc-port={grpc}"),
        *(f"--metrics-address={host}", f"--metrics-port={metrics}"),
        f"--backend-config=python,shm-region-prefix-name={prefix}",
        "--exit-timeout-secs=5",
        "--disable-auto-complete-config",  # our configurations are whole, as under the stock launcher
        *(["--pinned-memory-pool-byte-size=0", "--allow-gpu-metrics=false"] if not _gpu() else []),
        *arguments,
    ]
    return Plan(command, binary.environment, (http, grpc, metrics), prefix)


def start(
    repository: Path,
    workspace: Path,
    *,
    ports: tuple[int, int, int] = (0, 0, 0),
    host: str = "127.0.0.1",
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    program: str | None = None,
) -> Server:
    """Start a server and return at once; `wait_ready` tells when it answers.

    Raises:
        EngineError: There is no server on this machine.
        UsageError: There is no such repository, or a port is taken.
    """
    started = plan(repository, workspace, ports=ports, host=host, arguments=arguments, program=program)
    log = workspace / "triton.log"
    variables = {**os.environ, **started.environment, **(environment or {})}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            started.command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=variables,
            start_new_session=True,  # its stubs stay in its group, whatever becomes of it
            preexec_fn=_die_with_parent(),  # noqa: PLW1509 - one system call, safe after a fork
        )
    http, grpc, metrics = started.ports
    return Server(
        f"http://{host}:{http}",
        f"{host}:{grpc}",
        f"http://{host}:{metrics}/metrics",
        process,
        log,
        started.shm_prefix,
    )


def wait_ready(server: Server, *, model: str | None, timeout: float, profile: str = "") -> None:
    """Return once the server has generated a token.

    Raises:
        EngineError: It ended, or was not ready in time; the message has the end of its log.
    """
    deadline = time.monotonic() + timeout
    what = f"the {profile} server" if profile else "the server"
    last = "not listening yet"
    while time.monotonic() < deadline:
        if (code := server.process.poll()) is not None:
            raise EngineError(f"{what} ended with {code} before it was ready:\n{server.tail()}")
        answered, last = probe.ready(server.http_url, model)
        if answered:
            return
        time.sleep(0.1)
    raise EngineError(f"{what} was not ready after {timeout:.0f} s ({last}):\n{server.tail()}")


def _ports(wanted: Sequence[int], host: str) -> tuple[int, int, int]:
    """Return the ports, free ones for 0; all are held until all are known, so that none comes twice."""
    with contextlib.ExitStack() as stack:
        found = []
        for port in wanted:
            held = stack.enter_context(socket.socket())
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind((host, port))
            except OSError as error:
                hint = "choose another, or 0 for any free one"
                raise UsageError(f"port {port} on {host}: {error.strerror}", hint=hint) from error
            found.append(int(held.getsockname()[1]))
    return found[0], found[1], found[2]


def _die_with_parent() -> Callable[[], None] | None:
    """Return what makes Linux end the server when we are killed and cannot; None elsewhere."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - only here

    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG

    return ask


def _gpu() -> bool:
    return Path("/dev/nvidiactl").exists()
