"""How far a run is, and how fast it learns there."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

__all__ = ["Clock", "rate"]


def rate(progress: float, *, warmup: float, decay: float, shape: str) -> float:
    """Return the share of the highest learning rate at `progress` (0 to 1).

    It rises over the first `warmup` of the run. Shape "wsd" then stays at the top until the last `decay` of
    the run and falls to zero in a straight line; "cosine" falls to zero all along.

    Raises:
        ValueError: There is no such shape.
    """
    progress = min(max(progress, 0.0), 1.0)
    rising = min(1.0, progress / warmup) if warmup else 1.0
    if shape == "wsd":
        return rising * min(1.0, (1 - progress) / decay) if decay else rising
    if shape == "cosine":
        done = max(0.0, progress - warmup) / max(1e-9, 1 - warmup)
        return rising * (1 + math.cos(math.pi * done)) / 2
    raise ValueError(f'train.schedule = {shape!r} is neither "wsd" nor "cosine"')


@dataclass(slots=True)
class Clock:
    """Progress by steps or by time, whichever is further: so a run ends in time with its decay complete.

    Time is looked at now and then (`look`); in between, progress goes on at the pace it had.
    """

    steps: int  # planned
    seconds: float  # allowed; 0: any
    _step: int = field(default=0, init=False)
    _progress: float = field(default=0.0, init=False)
    _pace: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin at the planned pace."""
        self._pace = 1 / self.steps

    def look(self, step: int, elapsed: float) -> None:
        """Tell the clock that `elapsed` seconds of training have gone by before `step`."""
        by_time = elapsed / self.seconds if self.seconds else 0.0
        progress = max(step / self.steps, by_time)
        if step > self._step:
            self._pace = max(0.0, progress - self._progress) / (step - self._step)
        self._step, self._progress = step, progress

    def progress(self, step: int) -> float:
        """Return how far the run is before `step`, 0 to 1."""
        return min(1.0, self._progress + self._pace * (step - self._step))
