"""`codebot serve`: a Triton server for a profile, ready when it has generated a token."""

from __future__ import annotations

import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from bot.deploy.serve import Server
    from bot.deploy.settings import Profile, Settings

__all__ = ["command", "settings"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command(name="serve")
@click.option(
    "--profile",
    type=click.Choice(["embedded", "vllm", "tensorrt", "llmapi"]),
    default="embedded",
    show_default=True,
    help="What generates: CTranslate2 on the CPU, vLLM, a TensorRT-LLM engine, or its PyTorch path.",
)
@click.option(
    "--model", metavar="DIR", help="Model or engine folder; default for embedded: the packaged model."
)
@click.option("--tokenizer", metavar="DIR", help="Folder with tokenizer.json; default: the model's.")
@click.option(
    "--repository",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Serve this rendered repository as it is.",
)
@click.option("--set", "pairs", metavar="NAME=VALUE", multiple=True, help="A parameter of the repository.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 is all.")
@click.option(
    "--http-port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free."
)
@click.option("--grpc-port", type=click.IntRange(0, 65535), default=8001, show_default=True)
@click.option("--metrics-port", type=click.IntRange(0, 65535), default=8002, show_default=True)
@click.option("--gpus", metavar="WHICH", help="Run the container with these GPUs: all, or device=0,1.")
@click.option("--image", metavar="IMAGE", help="The container's image; default: the pinned one.")
@click.option(
    "--world-size",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes of a tensor-parallel engine, through the stock launcher.",
)
@click.option(
    "--tritonserver", metavar="PROGRAM", help="Server program; default: nvidia-pytriton's, then PATH."
)
@click.option("--timeout", default=300.0, show_default=True, help="Seconds until it must answer.")
@click.option("--dry-run", is_flag=True, help="Print the command, start nothing.")
def command(
    *,
    profile: Profile,
    model: str | None,
    tokenizer: str | None,
    repository: Path | None,
    pairs: tuple[str, ...],
    host: str,
    http_port: int,
    grpc_port: int,
    metrics_port: int,
    gpus: str | None,
    image: str | None,
    world_size: int,
    tritonserver: str | None,
    timeout: float,
    dry_run: bool,
) -> int:
    """Start Triton for a profile, wait until it has generated a token, and stop it on Ctrl-C.

    \b
    codebot serve                                     the packaged model, on this machine's CPU
    codebot serve --model DIR                         what `codebot engine fetch … --cpu` converted
    codebot serve --profile tensorrt --model ENGINE --tokenizer DIR --gpus all
    """
    from bot.deploy.render import render  # noqa: PLC0415 - keeps `--help` light

    ports = (http_port, grpc_port, metrics_port)
    with tempfile.TemporaryDirectory(prefix="codebot-serve-") as folder:
        if repository is None:
            repository = render(settings(profile, model, tokenizer, pairs), Path(folder, "repository"))
        if gpus is not None or image is not None or world_size > 1:
            return _container(
                profile,
                repository,
                ports,
                host=host,
                gpus=gpus,
                image=image,
                world_size=world_size,
                dry_run=dry_run,
            )
        if profile != "embedded" and tritonserver is None and not dry_run:
            click.echo(
                f"codebot: {profile} needs a GPU and its libraries; --gpus all runs the container",
                err=True,
            )
        return _native(
            repository,
            Path(folder),
            profile,
            ports,
            host,
            program=tritonserver,
            timeout=timeout,
            dry_run=dry_run,
        )


def settings(profile: Profile, model: str | None, tokenizer: str | None, pairs: tuple[str, ...]) -> Settings:
    """Return what to render: the flags, and what the model's own files say.

    Raises:
        UsageError: A folder is missing, or a parameter is wrong.
        EngineError: The embedded model cannot be read.
    """
    from bot.deploy.settings import parse, settings_for  # noqa: PLC0415 - keeps `--help` light

    values: dict[str, Any] = {}
    if profile == "embedded":
        values = _embedded(model)
    elif model is None:
        raise UsageError(f"the {profile} profile needs --model", hint="an engine or model folder")
    else:
        values = {"engine_dir": model, "tokenizer_dir": model}
        if profile == "tensorrt" and tokenizer is None:
            raise UsageError(
                "a TensorRT-LLM engine needs --tokenizer", hint="the folder of its tokenizer.json"
            )
    if tokenizer is not None:
        values["tokenizer_dir"] = tokenizer
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set {pair}: expected NAME=VALUE")
        given[name] = value
    return settings_for(profile, **{**values, **parse(given)})


def _embedded(model: str | None) -> dict[str, Any]:
    from bot.engines.folder import ModelFolder, embedded_folder  # noqa: PLC0415 - keeps `--help` light

    folder = Path(model).resolve() if model else embedded_folder()
    info = ModelFolder(folder, url=f"embedded:{model or ''}").info
    return {
        "engine_dir": str(folder),
        "tokenizer_dir": str(folder),
        "model_name": info.model,
        "model_build": info.build,
        "context_window": info.window,
    }


def _native(
    repository: Path,
    folder: Path,
    profile: str,
    ports: tuple[int, int, int],
    host: str,
    *,
    program: str | None,
    timeout: float,
    dry_run: bool,
) -> int:
    from bot.deploy.serve import plan, start, wait_ready  # noqa: PLC0415 - keeps `--help` light

    if dry_run:
        click.echo(plan(repository, folder, ports=ports, host=host, program=program).shown())
        return 0
    with _stopping():
        server = start(repository, folder, ports=ports, host=host, program=program)
        try:
            wait_ready(server, model="ensemble", timeout=timeout, profile=profile)
            _announce(server, profile)
            code = server.process.wait()
            raise EngineError(f"the server ended by itself with {code}:\n{server.tail()}")
        except _Stopped as stopped:
            click.echo(f"codebot: {stopped}, stopping", err=True)
            return 0
        finally:
            server.stop()


def _announce(server: Server, profile: str) -> None:
    click.echo(f"codebot: {profile} is ready (process {server.pid})")
    click.echo(f"  http     {server.http_url}")
    click.echo(f"  grpc     {server.grpc_url}")
    click.echo(f"  metrics  {server.metrics_url}")
    click.echo(f"  codebot annotate --engine triton+grpc://{server.grpc_url}/ensemble")


def _container(
    profile: Profile,
    repository: Path,
    ports: tuple[int, int, int],
    *,
    host: str,
    gpus: str | None,
    image: str | None,
    world_size: int,
    dry_run: bool,
) -> int:
    from bot.deploy.container import docker, shown  # noqa: PLC0415 - keeps `--help` light

    argv = docker(
        profile, repository, ports=ports, host=host, gpus=gpus or "all", image=image, world_size=world_size
    )
    click.echo(shown(argv))
    if dry_run:
        return 0
    import shutil  # noqa: PLC0415 - only here
    import subprocess  # noqa: PLC0415 - only here

    if shutil.which("docker") is None:
        raise EngineError("docker is not on PATH", hint="run the command above where it is")
    return subprocess.run(argv, check=False).returncode


class _Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Somebody asked us to stop."""


@contextmanager
def _stopping() -> Iterator[None]:
    """Turn the signals that ask for an end into an exception, so that everything is cleaned up."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(
                each, signal.SIG_IGN
            )  # the clean-up is bounded; a second signal must not cut it off
        raise _Stopped(signal.Signals(number).name)

    before = {each: signal.signal(each, stop) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
