"""Which host gets the next request: the least filled of those that answer, up to each one's window."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING

from bot.engines.remote.transport import Load, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.engines.remote.transport import Transport
    from bot.engines.remote.window import Window

__all__ = ["Balancer", "Host"]

_FIRST, _LAST = 0.05, 2.0  # seconds between two looks at a host that is down
_LOOK = 0.5  # seconds between two looks at a host's queue


class Host:
    """One server: what is in flight there, and since when it is down."""

    def __init__(self, transport: Transport, window: Window) -> None:
        self.transport, self.window = transport, window
        self.in_flight = 0
        self.round_trip = 1.0  # seconds, smoothed
        self.down_since: float | None = None
        self.down_for = ""
        self.load: Load | None = None
        self.tasks: set[asyncio.Task[None]] = set()


class Balancer:
    """Hands out slots in the order they are asked for; every method runs in the one event loop."""

    def __init__(self, hosts: Sequence[Host], *, patience: float) -> None:
        """Balance over `hosts`; give up once all have been down for `patience` seconds."""
        self.hosts, self._patience = hosts, patience
        self._waiting: deque[asyncio.Future[Host]] = deque()
        self._random = random.Random()  # noqa: S311 - jitter
        self._watch: asyncio.Task[None] | None = None

    async def acquire(self) -> Host:
        """Wait for a slot and take it; `release` gives it back.

        Raises:
            Trouble: No host has answered for as long as patience lasts.
        """
        host = None if self._waiting else self._free()
        if host is None:
            self._check_patience()
            turn: asyncio.Future[Host] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                return await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled() and turn.exception() is None:
                    self.release(turn.result())
                raise
        host.in_flight += 1
        return host

    def release(self, host: Host) -> None:
        """Give a slot back."""
        host.in_flight -= 1
        self._wake()

    def answered(self, host: Host, seconds: float) -> None:
        """Note an answer and how long it took."""
        host.round_trip += 0.2 * (seconds - host.round_trip)
        host.window.answered(host.in_flight)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.get_running_loop().create_task(self._watch_queues())

    def refused(self, host: Host) -> float:
        """Note that `host` is full; return how long to wait before asking again, in seconds."""
        host.window.refused(asyncio.get_running_loop().time(), host.round_trip)
        return self._random.uniform(0.5, 1.5) * min(1.0, max(0.05, host.round_trip / 2))

    def lost(self, host: Host, detail: str) -> None:
        """Note that `host` went away; it gets nothing more until it is ready again."""
        loop = asyncio.get_running_loop()
        if host.down_since is None:
            host.down_since, host.down_for = loop.time(), detail
            task = loop.create_task(self._revive(host))
            host.tasks.add(task)
            task.add_done_callback(host.tasks.discard)

    async def close(self) -> None:
        """Stop watching."""
        tasks = [task for host in self.hosts for task in host.tasks]
        for task in [*tasks, *([self._watch] if self._watch else [])]:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _free(self) -> Host | None:
        up = [h for h in self.hosts if h.down_since is None and h.in_flight < h.window.limit]
        return min(up, key=lambda h: h.in_flight / h.window.limit, default=None)

    def _wake(self) -> None:
        while self._waiting:
            if self._waiting[0].done():  # cancelled meanwhile
                self._waiting.popleft()
                continue
            host = self._free()
            if host is None:
                return
            host.in_flight += 1
            self._waiting.popleft().set_result(host)

    def _check_patience(self) -> None:
        now = asyncio.get_running_loop().time()
        down = [h.down_since for h in self.hosts if h.down_since is not None]
        if len(down) == len(self.hosts) and now - max(down) >= self._patience:
            raise Trouble("lost", f"gone for {now - max(down):.0f} s: {self.hosts[0].down_for}")

    async def _revive(self, host: Host) -> None:
        pause = _FIRST
        while not await host.transport.ready():
            try:
                self._check_patience()
            except Trouble as trouble:
                waiting, self._waiting = self._waiting, deque()
                for turn in waiting:
                    if not turn.done():
                        turn.set_exception(Trouble(trouble.kind, str(trouble)))
            await asyncio.sleep(self._random.uniform(0.5, 1.0) * pause)
            pause = min(_LAST, pause * 2)
        host.down_since = None
        self._wake()

    async def _watch_queues(self) -> None:
        """Look at each busy host's own counters, and let its window follow them."""
        while any(host.in_flight for host in self.hosts):
            for host in self.hosts:
                if host.down_since is None and host.in_flight:
                    await self._look(host)
            self._wake()
            await asyncio.sleep(_LOOK)

    @staticmethod
    async def _look(host: Host) -> None:
        before, host.load = host.load, await host.transport.load()
        now = host.load
        if before is not None and now is not None and now.count > before.count:
            count = now.count - before.count
            host.window.queued((now.queued - before.queued) / count, (now.served - before.served) / count)
