"""Step `export`: trained weights to the folder that the package ships, and proof that both answer alike."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.deploy.convert import convert
from bot.engines.folder import ModelFolder
from training.agreement import agreement
from training.records import END
from training.rows import asked, told

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Export", "export", "split"]

_WEIGHTS = "model.bin"
_KEPT = ("config.json", "vocabulary.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Export:
    """Settings of the step; paths are relative to the working folder."""

    model: str = "run/best"
    data: str = "packed"  # whose validation prompts are answered by both
    output: str = "export"
    name: str = "codebot-embedded-2"
    window: int = 1024
    limits: tuple[int, int] = (320, 448)  # tokens before and behind the gap that prompts were made with
    tasks: tuple[str, ...] = ()  # beside docstrings that the model was trained for: "tests"
    doubt: str = ""  # token that ends an answer which the model doubts, where it was taught one
    quantization: str = "int8"
    rounded_on: int = 0  # documents by which weights are rounded; 0: each to the nearest step
    part: int = 64_000_000  # bytes of one file at most
    together: int = 96_000_000  # bytes of all files at most
    prompts: int = 60  # compared
    agree: float = 0.9  # least share of tokens on which both agree


def export(settings: Export, work: Path) -> dict[str, Any]:
    """Write the folder and its checksums; return sizes and how far both models agree.

    Raises:
        FileNotFoundError: There is nothing to export, or no validation prompts.
        ValueError: The files are too large, or the models do not agree.
        EngineError: `doubt` is no token that could end an answer.
    """
    model, output = work / settings.model, work / settings.output
    if not (model / "config.json").is_file():
        raise FileNotFoundError(f"no model at {model}: the step `train` writes it")
    source = model
    if settings.rounded_on:
        source = _rounded(model, work / settings.data, output / "rounded", settings.rounded_on)
    folder = convert(source, output / "1", quantization=settings.quantization, force=True)
    for file in folder.iterdir():
        if file.name not in {*_KEPT, _WEIGHTS}:
            file.unlink()
    own = {
        "model": settings.name,
        "window": settings.window,
        "wording": "fim",
        "fim_limits": list(settings.limits),
        "languages": ["python"],
        **({"tasks": list(settings.tasks)} if settings.tasks else {}),
        **({"doubt": settings.doubt} if settings.doubt else {}),
    }
    (folder / "codebot.json").write_text(json.dumps(own, indent=2) + "\n", "utf-8")
    doubt = ModelFolder(folder, url=f"embedded:{folder}").doubt
    done = agreement(model, folder, asked(work / settings.data, settings.prompts), doubt)
    split(folder / _WEIGHTS, settings.part)
    files = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
    if (total := sum(files.values())) > settings.together:
        raise ValueError(
            f"{folder} has {total:,} bytes; {settings.together:,} are allowed: train a smaller model"
        )
    sums = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in files]
    (output / "SHA256SUMS").write_text("".join(sums), "utf-8")
    if done["tokens_agree"] < settings.agree:
        raise ValueError(f"{folder} does not answer as {model} does: {done}")
    return {"folder": str(folder), "bytes": total, "files": files, **done}


def _rounded(model: Path, data: Path, folder: Path, count: int) -> Path:
    """Write the model with its weights on the converter's grid, and return the folder."""
    from training.checkpoint import save_weights  # noqa: PLC0415 - what --help does without
    from training.decoder import opened  # noqa: PLC0415 - likewise
    from training.rounding import Rounding  # noqa: PLC0415 - likewise

    decoder = Rounding(*opened(model))
    given = [(prompt, [*answer, END]) for prompt, answer in told(data, count)]
    decoder.round(given, tell=lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201 - takes minutes
    save_weights(decoder.tensors(), model, folder)
    return folder


def split(file: Path, size: int) -> list[Path]:
    """Cut a file into `file.part1` and so on, of at most `size` bytes each; a small one stays as it is."""
    whole = file.stat().st_size
    count = -(-whole // size)
    if count <= 1:
        return [file]
    step = -(-whole // count)
    parts = [file.with_name(f"{file.name}.part{n + 1}") for n in range(count)]
    with file.open("rb") as stream:
        for part in parts:
            part.write_bytes(stream.read(step))
    file.unlink()
    return parts
