"""The devices a run is on: this process's own, and how many others learn with it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Devices"]


@dataclass(frozen=True, slots=True)
class Devices:
    """One process a device, as torchrun starts them; alone without it."""

    device: torch.device
    rank: int = 0
    world: int = 1

    @classmethod
    @contextmanager
    def joined(cls) -> Iterator[Devices]:
        """Find this process's device and meet the others; part from them at the end."""
        rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        gpu = torch.cuda.is_available()
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
        if gpu:
            torch.cuda.set_device(device)
        if world > 1:
            dist.init_process_group("nccl" if gpu else "gloo", device_id=device if gpu else None)
        try:
            yield cls(device, rank, world)
        finally:
            if world > 1:
                dist.destroy_process_group()

    @property
    def gpu(self) -> bool:
        """Whether it is a GPU."""
        return self.device.type == "cuda"

    @property
    def name(self) -> str:
        """What the device calls itself, and how many there are."""
        return f"{self.world} x {torch.cuda.get_device_name() if self.gpu else 'CPU'}"

    def sent(self, array: Any) -> torch.Tensor:  # noqa: ANN401 - any array
        """Return an array on the device; a GPU goes on working meanwhile."""
        tensor = torch.from_numpy(array)
        return tensor.pin_memory().to(self.device, non_blocking=True) if self.gpu else tensor

    def from_first(self, numbers: Sequence[float]) -> list[float]:
        """Return the first process's numbers in every process: decisions must be the same in all."""
        if self.world == 1:
            return list(numbers)
        told = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.broadcast(told, 0)
        found: list[float] = told.tolist()
        return found

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Give every process the sum of all processes' gradients; one that has none counts as zero."""
        if self.world == 1:
            return
        own = list(parameters)
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in own])
        dist.all_reduce(flat)
        for p, grad in zip(own, flat.split([p.numel() for p in own]), strict=True):
            p.grad = grad.view_as(p)

    def summed(self, numbers: Sequence[float]) -> list[float]:
        """Return the sums of all processes' numbers in every process."""
        if self.world == 1:
            return list(numbers)
        told = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.all_reduce(told)
        found: list[float] = told.tolist()
        return found

    def gathered(self, items: list[Any]) -> list[Any]:
        """Return the items of all processes, first to last, in every process."""
        if self.world == 1:
            return items
        parts: list[Any] = [None] * self.world
        dist.all_gather_object(parts, items)
        return [item for part in parts for item in part]
