"""The engine in front of one or several servers: synchronous outside, many requests in flight inside."""

from __future__ import annotations

import asyncio
import queue
import threading
import uuid
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Union

from bot.data import Completion, Failed, Prompt
from bot.engines.embedded import cut
from bot.engines.remote.exchange import Ended, LoopThread
from bot.engines.remote.measure import Measure, measure
from bot.engines.remote.pool import Pool, describe, open_pool
from bot.engines.remote.transport import Answer, Ask
from bot.errors import EngineError
from bot.prompt.family import neutralise, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence

    from bot.engines.remote.address import Address
    from bot.engines.remote.transport import Served, Transport
    from bot.ports import EngineInfo, Tokenizer

__all__ = ["RemoteEngine"]

_FIRST, _AHEAD = 32, 256  # prompts taken at a time: among so many, common prefixes go one after the other
_TICK = 0.05  # seconds between two looks at `cancel`

Result = Union[Completion, Failed]


class RemoteEngine:
    """An `Engine`, and a `Scorer` where `info.logprobs` says so, over a transport for each host.

    Nothing is contacted before `info` is first asked for. Requests are greedy, so that one may be sent again.
    """

    def __init__(
        self,
        address: Address,
        connect: Callable[[str], Transport],
        *,
        jobs: int | None = None,
        sent: Callable[[Prompt, str], None] = lambda _prompt, _host: None,
        scored: Callable[[str, str], None] = lambda _text, _host: None,
    ) -> None:
        """Stand in front of every host of `address`.

        Args:
            address: The URL.
            connect: Makes the transport for a host, inside the event loop.
            jobs: Most requests in flight a host; None: what the servers tolerate.
            sent: Told of every prompt and the host it is about to leave for.
            scored: Likewise for a text to be scored.
        """
        self._address, self._connect, self._jobs = address, connect, jobs
        self._sent, self._scored = sent, scored
        self._loop: LoopThread | None = None
        self._lock = threading.Lock()
        self._closed = False

    @cached_property
    def info(self) -> EngineInfo:
        """What the server says of itself.

        Raises:
            EngineError: No host answers, or they serve different models.
        """
        return describe(self._address, self._pool.served, self._measure)

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that prompts are measured with."""
        return self._measure.tokenizer

    @property
    def served(self) -> Served:
        """What the server says of its model."""
        return self._pool.served

    @property
    def measured(self) -> bool:
        """Whether prompts are measured with the model's own tokenizer."""
        return self._measure.exact

    @property
    def limits(self) -> dict[str, int]:
        """How many requests each host may have in flight now."""
        return {h.transport.host: h.window.limit for h in self._pool.balancer.hosts}

    def complete(self, prompts: Iterable[Prompt], cancel: threading.Event | None = None) -> Iterator[Result]:
        """Yield one value a prompt as answers come; the server is told to stop once `cancel` is set."""
        source, run = iter(prompts), _Run(self._thread(), self._one)
        self.info  # noqa: B018 - opens the pool
        size = _FIRST
        try:
            while True:
                stopped = cancel is not None and cancel.is_set()
                if stopped:
                    run.stop()
                elif run.waiting <= size // 2:
                    window = list(islice(source, size - run.waiting))
                    unfit = [self._unfit(prompt) for prompt in window]
                    fit = [p for p, failed in zip(window, unfit, strict=True) if failed is None]
                    run.start(sorted(fit, key=lambda p: p.text))
                    yield from filter(None, unfit)
                    size = _AHEAD
                if not run.waiting:
                    break
                if (result := run.next()) is not None:
                    yield result
            for prompt in source:  # only after a cancellation is there anything left
                yield Failed(prompt.chunk, "cancelled", prompt=prompt)
        finally:  # the consumer may leave early
            run.stop()

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Return each pair's log-probabilities: one for each token of the answer, then the end token's.

        Raises:
            EngineError: The server gives no scores, or did not give one of these.
        """
        url = self.info.url
        if not self.served.scores:
            raise EngineError(f"{url} gives no scores")
        specials = self._measure.specials
        asks = [Ask(_id(), text, 1, score=neutralise(answer, specials)) for text, answer in pairs]

        async def every() -> list[tuple[Union[Answer, Ended], float]]:
            tell = lambda ask, host: self._scored(ask.text + (ask.score or ""), host)  # noqa: E731
            return await asyncio.gather(*(self._pool.exchange.ask(ask, tell) for ask in asks))

        scores = []
        for outcome, _ in self._thread().run(every()):
            if isinstance(outcome, Ended) or outcome.logprobs is None:
                raise EngineError(f"{url} gave no score: {outcome}")
            scores.append(outcome.logprobs)
        return scores

    def close(self) -> None:
        """End what is under way and close the connections."""
        with self._lock:
            self._closed = True
            loop, self._loop = self._loop, None
        if loop is not None:
            if "_pool" in self.__dict__:
                loop.run(self._pool.close())
            loop.close()

    async def _one(self, prompt: Prompt) -> Result:
        try:
            ask = Ask(_id(), prompt.text, prompt.max_tokens, prompt.stop)
            outcome, seconds = await self._pool.exchange.ask(ask, lambda _, host: self._sent(prompt, host))
            if isinstance(outcome, Ended):
                return Failed(prompt.chunk, outcome.reason, str(outcome), prompt)
            return self._completion(prompt, outcome, seconds)
        except Exception as error:  # noqa: BLE001 - a library's surprise costs one answer, not the run
            return Failed(prompt.chunk, "engine", f"{type(error).__name__}: {error}", prompt)

    def _completion(self, prompt: Prompt, answer: Answer, seconds: float) -> Completion:
        text, hit = cut(answer.text, prompt.stop)
        count = self.tokenizer.count(text) if answer.tokens is None else answer.tokens
        shorter = count < prompt.max_tokens and (answer.tokens is not None or self._measure.exact)
        ended = answer.finish == "stop" if answer.finish else shorter
        return Completion(
            prompt,
            restore(text, self._measure.specials),  # it may copy what was neutralised
            "stop" if hit or ended else "length",
            prompt_tokens=self.tokenizer.count(prompt.text),
            completion_tokens=count,
            seconds=seconds,
            logprobs=answer.logprobs,
        )

    def _unfit(self, prompt: Prompt) -> Failed | None:
        tokens = self.tokenizer.count(prompt.text)
        if tokens and tokens + prompt.max_tokens <= self.info.window:
            return None
        detail = f"{tokens} + {prompt.max_tokens} tokens do not fit {self.info.window}"
        return Failed(prompt.chunk, "engine", detail, prompt)

    def _thread(self) -> LoopThread:
        with self._lock:
            if self._closed:
                raise EngineError("the engine is closed")
            self._loop = self._loop or LoopThread()
            return self._loop

    @cached_property
    def _pool(self) -> Pool:
        return self._thread().run(open_pool(self._address, self._connect, self._jobs))

    @cached_property
    def _measure(self) -> Measure:
        return measure(self._address, self._pool.served)


class _Run:
    """The requests of one `complete`: started and ended in the loop, counted by the consumer."""

    def __init__(self, loop: LoopThread, one: Callable[[Prompt], Coroutine[object, object, Result]]) -> None:
        self._loop, self._one = loop, one
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._tasks: set[asyncio.Task[Result]] = set()  # touched in the loop only
        self._stopped = False
        self.waiting = 0  # results still to come

    def start(self, prompts: list[Prompt]) -> None:
        """Ask about every one of `prompts`, in this order as far as there is room."""

        def begin() -> None:
            for prompt in prompts:
                task = asyncio.get_running_loop().create_task(self._one(prompt))
                self._tasks.add(task)
                task.add_done_callback(lambda done, prompt=prompt: self._done(done, prompt))  # type: ignore[misc]

        self.waiting += len(prompts)
        self._loop.call(begin)

    def next(self) -> Result | None:
        """Wait a moment for a result."""
        try:
            result = self._results.get(timeout=_TICK)
        except queue.Empty:
            return None
        self.waiting -= 1
        return result

    def stop(self) -> None:
        """End what is under way; each still has its result."""
        if not self._stopped and self.waiting:
            self._stopped = True
            self._loop.call(lambda: [task.cancel() for task in list(self._tasks)])

    def _done(self, task: asyncio.Task[Result], prompt: Prompt) -> None:
        self._tasks.discard(task)
        gone = task.cancelled()
        self._results.put(Failed(prompt.chunk, "cancelled", prompt=prompt) if gone else task.result())


def _id() -> str:
    return uuid.uuid4().hex
