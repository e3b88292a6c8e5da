"""How many requests may be in flight: one more a round trip while nothing queues, fewer when it does."""

from __future__ import annotations

__all__ = ["Window"]

_QUEUED, _IDLE = 1.0, 0.5  # waiting time in units of service time: above shrinks, below may grow
_SHRINK, _HALVE = 0.8, 0.5


class Window:
    """Additive increase, multiplicative decrease, on queueing delay and on refusals; no clock of its own."""

    def __init__(self, start: int, most: int) -> None:
        """Begin at `start` requests; never go above `most`."""
        self.most = max(1, most)
        self._limit = float(max(1, min(start, self.most)))
        self._hold = False  # requests wait at the server: no growth until they no longer do
        self._round_ends = 0.0  # refusals until then are news of one and the same congestion

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return int(self._limit)

    def answered(self, in_flight: int) -> None:
        """Note an answer that came while `in_flight` requests, it included, were under way."""
        if not self._hold and in_flight >= self.limit:
            self._limit = min(float(self.most), self._limit + 1 / self._limit)

    def queued(self, waited: float, served: float) -> None:
        """Note how long requests lately waited in the server's queue and how long they took (seconds)."""
        if waited > _QUEUED * served:
            self._limit = max(1.0, self._limit * _SHRINK)
        self._hold = waited > _IDLE * served

    def refused(self, now: float, round_trip: float) -> None:
        """Note that the server's queue was full; halve, once in a round trip (seconds)."""
        if now >= self._round_ends:
            self._limit = max(1.0, self._limit * _HALVE)
            self._round_ends = now + round_trip
