"""The engine's arguments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class AsyncEngineArgs:
    """The fields used here."""

    model: str
    enable_prefix_caching: bool | None = None
    tensor_parallel_size: int = 1
    gpu_memory_utilization: float = 0.9
