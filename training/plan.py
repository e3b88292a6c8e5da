"""Settings of the steps `train` and `prefer`."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FREE", "FREE_TO_PREFER", "Prefer", "Train"]

# a run may go on with other values of these
_FREE = {"minutes", "pause_after", "save_every", "validate_every", "log_every", "samples"}
FREE = _FREE | {"peak_tflops", "compile"}
FREE_TO_PREFER = _FREE | {"jobs", "drawn_at_once", "judged_at_once", "learnt_at_once"}


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


@dataclass(frozen=True, slots=True)
class Prefer:
    """Settings of the step; paths are relative to the working folder."""

    start: str = "run/best"
    taught: bool = False  # the student was taught to doubt before: its verdicts begin as they are
    prompts: str = "prompts.jsonl.gz"
    teacher: str = ""  # a folder, or a name on the hub
    gguf: str = ""  # a file in it, where the weights are in that format
    replay: tuple[str, ...] = ("examples/*.jsonl.gz",)
    replayed: tuple[str, ...] = ("param", "returns", "fim")  # kinds
    output: str = "preferred"
    held_out: str = ""  # a file of project names, whose prompts only validate
    validation: float = 0.012  # share of the other projects that only validate too
    validation_prompts: int = 512  # at most
    minutes: float = 0.0  # learning ends by then
    steps: int = 0  # or after so many; one of both must be said
    pause_after: float = 0.0  # minutes, after which this call writes a checkpoint and leaves; 0: never
    batch: int = 256  # prompts in a step, on all devices together
    answers: int = 8  # drawn to each
    most: int = 40  # tokens of one
    temperature: float = 1.0
    rate: float = 2e-5
    warmup: int = 10  # steps
    decay: float = 0.35  # share of the run
    clip: float = 1.0
    kl: float = 0.03  # what it costs to move away from what the student was
    verdict: float = 0.2  # what the student's verdict on its own answers weighs
    replay_rows: int = 24  # examples in a step, on all devices together
    replay_weight: float = 0.05
    drawn_at_once: int = 128  # prompts on one device
    judged_at_once: int = 32
    learnt_at_once: int = 48
    validate_every: int = 60  # steps
    log_every: int = 10  # steps
    save_every: float = 300.0  # seconds
    samples: int = 6  # answers printed at each validation
    jobs: int = 12  # processes that check answers, a device
    seed: int = 1
