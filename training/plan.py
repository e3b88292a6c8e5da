"""Settings of the step `train`."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FREE", "Train"]

# a run may go on with other values of these
FREE = {
    "minutes",
    "pause_after",
    "save_every",
    "validate_every",
    "log_every",
    "samples",
    "peak_tflops",
    "compile",
}


@dataclass(frozen=True, slots=True)
class Train:
    """Settings of the step; paths are relative to the working folder."""

    start: str = "start"
    data: str = "packed"
    output: str = "run"
    epochs: float = 3.0  # planned passes over the rows; `steps` instead where it is not 0
    steps: int = 0
    minutes: float = 0.0  # learning ends by then, decay included; 0: as planned
    pause_after: float = 0.0  # minutes, after which this call writes a checkpoint and leaves; 0: never
    rows: int = 256  # in a step, on all devices together
    at_once: int = 32  # rows on one device
    rate: float = 6e-4
    schedule: str = "wsd"  # or "cosine"
    warmup: float = 0.02  # share of the run
    decay: float = 0.4  # share of the run; in it, groups are mixed by their second share
    weight_decay: float = 0.1
    clip: float = 1.0
    dropout: float = 0.0
    context: float = 0.1  # what a token of a prompt weighs, an answer's being 1
    mix: dict[str, list[float]] = field(
        default_factory=dict
    )  # group: shares of the rows, before and in the decay
    average: float = 0.998  # of the running mean of weights, how much a step leaves of it
    average_from: float = 0.6  # of the run
    validate_every: int = 250  # steps
    validation_rows: int = 256  # of a kind
    best: tuple[str, ...] = ()  # kinds whose mean loss says which weights are best; (): all
    log_every: int = 20  # steps
    save_every: float = 120.0  # seconds
    samples: int = 3  # answers printed at each validation
    compile: bool = True  # on a GPU
    peak_tflops: float = 989.0  # of a device in bfloat16, for MFU
    seed: int = 0
