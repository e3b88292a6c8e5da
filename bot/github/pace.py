"""When to wait for GitHub, how long, and when to stop.

https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api: one write a second;
on 403 or 429 wait for `retry-after`, else until `x-ratelimit-reset` where nothing remains, else at least a
minute and longer each time.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Pace", "wait_for"]

_LIMITED = re.compile(r"rate limit|abuse detection|submitted too quickly|spammed", re.IGNORECASE)
_BROKEN = frozenset({500, 502, 503, 504})


def wait_for(
    status: int, headers: Mapping[str, str], message: str, *, now: float, attempt: int
) -> float | None:
    """Return how many seconds to wait before asking again, or None where that would not help.

    Args:
        status: HTTP status of the answer.
        headers: Of the answer, names in lower case.
        message: What GitHub said.
        now: Seconds since the epoch.
        attempt: 0 for the first refusal.
    """
    if status in _BROKEN:
        return 2.0**attempt
    limited = status == 429 or (status in {403, 422} and _LIMITED.search(message) is not None)  # noqa: PLR2004
    said = headers.get("retry-after", "")
    if status == 403 and (said.isdecimal() or headers.get("x-ratelimit-remaining") == "0"):  # noqa: PLR2004
        limited = True
    if not limited:
        return None
    if said.isdecimal():
        return float(said)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, float(reset) - now + 1)
    return 60.0 * 2.0**attempt


@dataclass(slots=True)
class Pace:
    """How patient a run is. `sleep` and `clock` are seams: tests do not wait."""

    between_writes: float = 1.0  # seconds
    patience: float = 1200.0  # seconds waited in one run before it gives up
    attempts: int = 6  # of one request
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    waited: float = field(default=0.0, init=False)
    _written: float = field(default=float("-inf"), init=False)

    def before_write(self) -> None:
        """Wait until a second has passed since the last write."""
        gap = self.between_writes - (self.clock() - self._written)
        if gap > 0:
            self.sleep(min(gap, self.between_writes))
        self._written = self.clock()

    def bear(self, seconds: float) -> bool:
        """Wait, and return whether there was patience left for it."""
        if self.waited + seconds > self.patience:
            return False
        self.waited += seconds
        self.sleep(seconds)
        return True
