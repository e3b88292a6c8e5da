"""From Hugging Face weights to a TensorRT-LLM engine: plan, check, show and run the real commands."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Build", "Step", "check", "plan", "run", "shown"]

_HERE = Path(__file__).parent
_DONE = "codebot-step.json"  # written into a step's output once it is whole
_QUANTIZE = "examples/quantization/quantize.py"


@dataclass(frozen=True, slots=True)
class Build:
    """What to build, and with what. Lengths are tokens."""

    model: Path  # Hugging Face folder
    output: Path  # gets `checkpoint/` and `engine/`
    family: str = "starcoder"
    dtype: Literal["float16", "bfloat16", "float32", "auto"] = "float16"
    tp_size: int = 1
    pp_size: int = 1
    workers: int | None = None  # None: one for each rank
    quantization: str | None = None  # int8 or int4 weights; fp8 for StarCoder2
    int8_kv_cache: bool = False
    max_batch_size: int = 64
    max_input_len: int = 4096
    max_seq_len: int | None = None  # None: the model's
    max_num_tokens: int = 8192
    max_beam_width: int = 1
    release: str = "1.2.1"  # of TensorRT-LLM
    source: Path = Path("/app")  # where its `examples/` lie
    image: str | None = None  # run each step in this container


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and the folder it fills."""

    name: str
    argv: tuple[str, ...]  # as it is run, the container's wrapping included
    tool: tuple[str, ...]  # the tool's own command
    output: Path

    @property
    def key(self) -> str:
        """What tells this command from another: its whole text."""
        return hashlib.sha256(json.dumps(self.argv).encode()).hexdigest()

    def done(self) -> bool:
        """Whether this very command has filled its folder."""
        try:
            kept = json.loads((self.output / _DONE).read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(kept, dict) and kept.get("key") == self.key


def plan(build: Build) -> list[Step]:
    """Return the steps of a build, checked against the tools' real flags.

    Raises:
        UsageError: The release has no engine path, or the family does not have this quantization.
    """
    row = _check_build(build)
    ranks = build.tp_size * build.pp_size
    checkpoint, engine = build.output / "checkpoint", build.output / "engine"
    parallel = ["--tp_size", str(build.tp_size), "--pp_size", str(build.pp_size)]
    if build.quantization == "fp8":
        first = [
            *(
                "python3",
                str(build.source / _QUANTIZE),
                "--model_dir",
                str(build.model),
                "--dtype",
                build.dtype,
            ),
            *("--qformat", "fp8", "--kv_cache_dtype", "fp8", *parallel, "--output_dir", str(checkpoint)),
        ]
    else:
        script = build.source / str(_releases()["gpt_examples"]) / "convert_checkpoint.py"
        first = [
            *("python3", str(script), "--model_dir", str(build.model), "--gpt_variant", str(row["variant"])),
            *("--dtype", build.dtype, *parallel, "--workers", str(build.workers or ranks)),
            *(
                ["--use_weight_only", "--weight_only_precision", build.quantization]
                if build.quantization
                else []
            ),
            *(["--int8_kv_cache"] if build.int8_kv_cache else []),
            *("--output_dir", str(checkpoint)),
        ]
    second = [
        *("trtllm-build", "--checkpoint_dir", str(checkpoint), "--output_dir", str(engine)),
        *("--gemm_plugin", "auto", "--gpt_attention_plugin", "auto", "--remove_input_padding", "enable"),
        *("--kv_cache_type", "paged", "--use_paged_context_fmha", "enable"),
        *("--max_batch_size", str(build.max_batch_size), "--max_input_len", str(build.max_input_len)),
        *(
            "--max_seq_len",
            str(build.max_seq_len or row["window"]),
            "--max_num_tokens",
            str(build.max_num_tokens),
        ),
        *("--max_beam_width", str(build.max_beam_width), "--workers", str(build.workers or ranks)),
    ]
    steps = []
    for name, tool, output in (("convert", first, checkpoint), ("build", second, engine)):
        check(tool)
        argv = [*_container(build), *tool] if build.image else tool
        steps.append(Step(name, tuple(argv), tuple(tool), output))
    return steps


def check(tool: Sequence[str]) -> None:
    """Check a tool's command against the flags it really has.

    Raises:
        UsageError: It has no such flag, or the flag takes no such value.
    """
    names = [Path(word).name for word in tool]
    known = next((_flags()[n] for n in names[:2] if n in _flags()), None)
    if known is None:
        raise UsageError(f"not one of TensorRT-LLM's tools: {shlex.join(tool)}")
    words = [w for w in tool if not w.endswith((".py", "trtllm-build")) and w != "python3"]
    at = 0
    while at < len(words):
        flag = words[at]
        if flag not in known:
            raise UsageError(f"{names[-1] if len(names) == 1 else names[0]}: there is no flag {flag}")
        values = known[flag]
        if values == []:
            at += 1
            continue
        if at + 1 >= len(words) or words[at + 1].startswith("--"):
            raise UsageError(f"{flag} needs a value")
        if values is not None and words[at + 1] not in values:
            raise UsageError(f"{flag} {words[at + 1]}: expected {', '.join(values)}")
        at += 2


def run(steps: Sequence[Step], *, tell: Callable[[str], None]) -> None:
    """Run the steps that are not done yet; each leaves a log, and a mark once its output is whole.

    Raises:
        EngineError: A tool is missing or failed; a rerun takes the build up at that step.
    """
    for step in steps:
        if step.done():
            tell(f"{step.name}: done before, {step.output}")
            continue
        tell(f"{step.name}: {shlex.join(step.argv)}")
        if shutil.which(step.argv[0]) is None:
            hint = "run it where TensorRT-LLM is installed, or with --image (a container)"
            raise EngineError(f"{step.argv[0]} is not on PATH", hint=hint)
        step.output.mkdir(parents=True, exist_ok=True)
        (step.output / _DONE).unlink(missing_ok=True)
        log = step.output.parent / f"{step.name}.log"
        with log.open("wb") as stream:
            code = subprocess.run(step.argv, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
        if code:
            tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-10:])
            raise EngineError(f"{step.name} ended with {code}; {log} ends:\n{tail}")
        if not any(p.name != _DONE for p in step.output.iterdir()):
            raise EngineError(f"{step.name} ended well and wrote nothing into {step.output}")
        (step.output / _DONE).write_text(json.dumps({"key": step.key, "argv": step.argv}, indent=1), "utf-8")


def shown(steps: Sequence[Step]) -> str:
    """Return the steps as lines for a shell."""
    return "\n".join(shlex.join(step.argv) for step in steps)


def _check_build(build: Build) -> dict[str, Any]:
    families: dict[str, Any] = _releases()["families"]
    if build.family not in families:
        raise UsageError(f"unknown family {build.family!r}", hint=f"there are {', '.join(families)}")
    row: dict[str, Any] = families[build.family]
    if _version(build.release) > _version(str(_releases()["engine_path_until"])):
        other = (
            "--profile llmapi serves it from its weights"
            if row["pytorch"]
            else "pin 1.2.1 (containers to 26.07)"
        )
        raise UsageError(
            f"TensorRT-LLM {build.release} has no engine path: it was removed after 1.2.1",
            hint=f"{build.family}: {other}, or --profile vllm",
        )
    if build.quantization is not None and build.quantization not in row["quantization"]:
        have = ", ".join(row["quantization"])
        raise UsageError(
            f"{build.family} has no {build.quantization} on the engine path", hint=f"it has {have}"
        )
    if build.max_input_len >= (build.max_seq_len or row["window"]):
        raise UsageError(f"max_input_len {build.max_input_len} leaves no room for an answer")
    if min(build.tp_size, build.pp_size, build.max_batch_size, build.max_num_tokens) < 1:
        raise UsageError("sizes must be at least 1")
    return row


def _container(build: Build) -> list[str]:
    model, output = build.model.resolve(), build.output.resolve()
    return [
        *("docker", "run", "--rm", "--init", "--gpus", "all", "--shm-size=2g", "--ulimit", "memlock=-1"),
        *("-v", f"{model}:{model}:ro", "-v", f"{output}:{output}", str(build.image)),
    ]


def _version(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise UsageError(f"{text} is no release", hint="for example 1.2.1") from None


@lru_cache(maxsize=1)
def _flags() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_HERE / "flags.json").read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def _releases() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_HERE / "releases.json").read_text("utf-8"))
    return found
