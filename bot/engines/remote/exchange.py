"""Requests in flight: an event loop in its own thread, where each gets its slot, deadline and retries."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, TypeVar, Union

from bot.engines.remote.transport import Answer, Ask, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bot.engines.remote.balance import Balancer, Host

__all__ = ["Ended", "Exchange", "LoopThread"]

_ATTEMPTS = 3  # for a request whose server went away under it
T = TypeVar("T")


class LoopThread:
    """An event loop that runs in a daemon thread until `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="codebot-engine", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Run `work` there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, function: Callable[[], object]) -> None:
        """Have `function` called there soon."""
        self._loop.call_soon_threadsafe(function)

    def close(self) -> None:
        """End what still runs, then the thread."""

        async def drain() -> None:
            tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._loop.shutdown_asyncgens()

        if not self._loop.is_closed():
            self.run(drain())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


class Ended(Exception):  # noqa: N818 - an outcome, not an error
    """A request ended without an answer: `reason` is a key of `bot.reasons.FAILURES`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


Result = Union[Answer, Ended]


class Exchange:
    """Sends requests through a balancer, each until its answer, its deadline or the run's."""

    def __init__(self, balancer: Balancer, *, timeout: float, deadline: float | None) -> None:
        """Allow `timeout` seconds from when a request is first sent, and `deadline` for all of them."""
        self._balancer, self._timeout = balancer, timeout
        self._ends = None if deadline is None else time.monotonic() + deadline

    async def ask(self, ask: Ask, sent: Callable[[Ask, str], None]) -> tuple[Result, float]:
        """Return the outcome and the seconds from when the request was last sent.

        Args:
            ask: What to send; it must be safe to send it again.
            sent: Called with the request and the host each time before it leaves.
        """
        began = [time.monotonic()]
        left = None if self._ends is None else max(0.0, self._ends - time.monotonic())
        try:
            return await asyncio.wait_for(self._try(ask, sent, began), left), time.monotonic() - began[0]
        except (asyncio.TimeoutError, TimeoutError):
            return Ended("timeout", "the time allowed for the run ran out"), 0.0

    async def _try(self, ask: Ask, sent: Callable[[Ask, str], None], began: list[float]) -> Result:
        losses, expires, detail = 0, 0.0, ""
        while True:
            try:
                host = await self._balancer.acquire()
            except Trouble as trouble:
                return Ended("engine", str(trouble))
            pause = 0.0
            try:
                began[0] = time.monotonic()
                expires = expires or began[0] + self._timeout
                sent(ask, host.transport.host)
                left = max(0.01, expires - began[0])
                answer = await asyncio.wait_for(host.transport.ask(ask), left)
                self._balancer.answered(host, time.monotonic() - began[0])
            except Trouble as trouble:
                detail = str(trouble)
                pause, losses = self._after(trouble, host, losses)
                if trouble.kind in {"refused", "broken"} or losses >= _ATTEMPTS:
                    return Ended("engine", detail)
            except (asyncio.TimeoutError, TimeoutError):
                return Ended("timeout", detail or f"no answer within {self._timeout:g} s")
            else:
                return answer
            finally:
                self._balancer.release(host)
            if time.monotonic() + pause > expires:
                return Ended("timeout", f"{detail} for {self._timeout:g} s")
            await asyncio.sleep(pause)

    def _after(self, trouble: Trouble, host: Host, losses: int) -> tuple[float, int]:
        """Tell the balancer; return how long to pause, and how often the server went away so far."""
        if trouble.kind == "busy":
            return self._balancer.refused(host), losses
        if trouble.kind == "lost":
            self._balancer.lost(host, str(trouble))
            return 0.0, losses + 1
        return 0.0, losses
