"""The pinned Triton container: which image has which path, and the command that runs one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.deploy.settings import Profile

__all__ = ["IMAGES", "REPOSITORY", "docker", "release", "shown"]

# 26.07 is the last with TensorRT-LLM 1.2.1, which still has the engine path; see `bot/deploy/releases.toml`
_TRTLLM = "nvcr.io/nvidia/tritonserver:26.07-trtllm-python-py3"
IMAGES: dict[str, str] = {
    "tensorrt": _TRTLLM,
    "llmapi": _TRTLLM,
    "vllm": "nvcr.io/nvidia/tritonserver:26.07-vllm-python-py3",
    "embedded": "nvcr.io/nvidia/tritonserver:26.07-py3",
}
REPOSITORY = Path("/repository")  # inside the container
_LAUNCHER = "/app/scripts/launch_triton_server.py"


def docker(
    profile: Profile,
    repository: Path,
    *,
    ports: tuple[int, int, int],
    host: str = "127.0.0.1",
    gpus: str = "all",
    image: str | None = None,
    world_size: int = 1,
    mounts: Sequence[Path] | None = None,
) -> list[str]:
    """Return the command that serves a rendered repository from the container.

    Folders that the repository names are mounted at their own paths, so that it need not be rendered again.

    Args:
        profile: Which image.
        repository: The rendered repository.
        ports: HTTP, gRPC and metrics, on this machine.
        host: Address of this machine to publish them at.
        gpus: Docker's `--gpus`: `all`, a number, or `device=0,1`.
        image: Another image.
        world_size: Processes of a tensor-parallel engine; more than one go through the stock launcher.
        mounts: Folders the models need; default: those that the rendering names.

    Raises:
        UsageError: A port is 0, which a container cannot choose, or the image lacks the profile's path.
    """
    if 0 in ports:
        raise UsageError(
            "a container needs fixed ports", hint="give --http-port, --grpc-port and --metrics-port"
        )
    chosen = image or IMAGES[profile]
    if profile == "tensorrt" and (at := release(chosen)) is not None and at > (26, 7):
        raise UsageError(
            f"{chosen} has no TensorRT engine path: it was removed after TensorRT-LLM 1.2.1",
            hint=f"use {IMAGES['tensorrt']}, or --profile llmapi for StarCoder2, or --profile vllm",
        )
    http, grpc, metrics = ports
    inner = (8000, 8001, 8002)
    if world_size > 1:
        run = [
            *("python3", _LAUNCHER, f"--world_size={world_size}", f"--model_repo={REPOSITORY}"),
            *(f"--http_port={inner[0]}", f"--grpc_port={inner[1]}", f"--metrics_port={inner[2]}"),
        ]
        # the launcher returns at once while mpirun and its ranks go on: the container must outlive it
        run = ["bash", "-c", f"{shlex.join(run)} && while pgrep -x mpirun >/dev/null; do sleep 1; done"]
    else:
        run = ["tritonserver", f"--model-repository={REPOSITORY}", "--disable-auto-complete-config"]
    folders = mounts if mounts is not None else _named(repository)
    return [
        *("docker", "run", "--rm", "--init", "--gpus", gpus),
        *("--shm-size=2g", "--ulimit", "memlock=-1", "--ulimit", "stack=67108864"),
        *(x for p, q in zip((http, grpc, metrics), inner, strict=True) for x in ("-p", f"{host}:{p}:{q}")),
        *("-v", f"{repository.resolve()}:{REPOSITORY}:ro"),
        *(x for each in folders for x in ("-v", f"{each}:{each}:ro")),
        chosen,
        *run,
    ]


def shown(argv: Sequence[str]) -> str:
    """Return a command as a line for a shell."""
    return shlex.join(argv)


def release(image: str) -> tuple[int, int] | None:
    """Return an image's year and month; None where its tag names none."""
    year, dot, rest = image.rpartition(":")[2].partition(".")
    month = rest[:2]
    return (int(year), int(month)) if dot and year.isdecimal() and month.isdecimal() else None


def _named(repository: Path) -> list[Path]:
    import json  # noqa: PLC0415 - only for a rendering

    file = repository / "codebot-render.json"
    kept = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    found = {Path(kept[name]) for name in ("engine_dir", "tokenizer_dir") if name in kept}
    return sorted(path for path in found if path.is_absolute())
