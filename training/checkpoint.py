"""What a run leaves on disk: checkpoints to go on from, and weights to use."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = ["Average", "begun_alike", "read", "save", "save_weights"]

_COPIED = ("tokenizer.json", "tokenizer_config.json", "generation_config.json")


def save(file: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint in one piece: a run that is killed leaves this one or the one before."""
    part = file.with_name(f".{file.name}.part")
    with part.open("wb") as stream:
        torch.save(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(part, file)


def read(file: Path) -> dict[str, Any] | None:
    """Return the checkpoint of a run, None where there is none yet.

    Raises:
        ValueError: It is damaged.
    """
    if not file.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # the library raises whatever the pickle led to
        raise ValueError(f"{file} cannot be read ({error}); move it away to begin anew") from error
    return state


def begun_alike(then: str, settings: Any, free: Collection[str], folder: Path) -> None:  # noqa: ANN401 - a step's
    """Check that a run goes on with the settings it began with.

    Args:
        then: Those it began with, as JSON.
        settings: A dataclass.
        free: Names of those that may change.
        folder: Where the checkpoint is.

    Raises:
        ValueError: One has changed.
    """
    was, now = json.loads(then), json.loads(json.dumps(asdict(settings)))
    if changed := [key for key in now if key not in free and was.get(key) != now[key]]:
        raise ValueError(
            f"{folder} was begun with another {', '.join(changed)}: name another output, "
            "or remove its checkpoint.pt to begin anew"
        )


def save_weights(parameters: Mapping[str, torch.Tensor], start: Path, folder: Path) -> None:
    """Write a Hugging Face folder of half-precision weights, with what else `start` holds, in one piece.

    Args:
        parameters: By their names in a checkpoint; a tied weight once.
        start: The folder that the run began with.
        folder: Where to; what is there is replaced.

    Raises:
        ValueError: A weight is no number in half precision.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    weights = {}
    for name, value in parameters.items():
        weights[name] = value.detach().half().cpu().contiguous()
        if not torch.isfinite(weights[name]).all():
            raise ValueError(f"{name} does not fit half precision: the run went astray")
    save_file(weights, part / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((start / "config.json").read_text("utf-8")) | {"dtype": "float16"}
    (part / "config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    for name in _COPIED:
        if (start / name).is_file():
            shutil.copy(start / name, part)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)


class Average:
    """A running mean of the weights: what a step changed by chance evens out."""

    def __init__(self, model: torch.nn.Module, keep: float) -> None:
        self.keep = keep
        self._own = list(model.parameters())
        self.mean: list[torch.Tensor] = []

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights as they are now into the mean."""
        if self.mean:
            torch._foreach_lerp_(self.mean, self._own, 1 - self.keep)
        else:
            self.mean = [p.detach().clone() for p in self._own]

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange mean and weights; twice leaves all as it was."""
        for own, mean in zip(self._own, self.mean, strict=True):
            kept = own.detach().clone()
            own.copy_(mean)
            mean.copy_(kept)
