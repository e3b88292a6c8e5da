"""Models in this process, on the CPU, through CTranslate2 (the only module that imports it).

Every request is a batch of its own, and `jobs` of them run side by side with one thread each. Measured
with the int8 embedded model, batches of unequal prompts are slower per answer than that, and an answer in
a batch depends on its neighbours (padding changes the rounding): here it never does.
"""

from __future__ import annotations

import logging
import math
import os
import struct
import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from bot.data import Completion, Failed
from bot.errors import EngineError
from bot.prompt.family import neutralise, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.data import Prompt
    from bot.engines.folder import ModelFolder
    from bot.engines.tokenizer import FileTokenizer
    from bot.ports import EngineInfo

__all__ = ["EmbeddedEngine"]

_AHEAD = 4  # requests taken from the iterable for each one that runs: covers for a slow consumer
_LOWEST = -20.0  # log-probability of an end that is all but ruled out: what is computed from it stays finite


class EmbeddedEngine:
    """An `Engine` and `Scorer` over a folder that CTranslate2's converters wrote.

    Nothing is loaded before it is needed: `info` reads the small files, `tokenizer` the tokenizer, and
    only `complete` and `score` the weights.
    """

    def __init__(self, folder: ModelFolder, *, jobs: int | None = None) -> None:
        self._folder = folder
        self._jobs = max(1, jobs or cores())
        self._lock = threading.Lock()
        self._loaded: Any = None
        self._closed = False

    @property
    def info(self) -> EngineInfo:
        """What the model's files say of it."""
        return self._folder.info

    @property
    def tokenizer(self) -> FileTokenizer:
        """The model's own tokenizer."""
        return self._folder.tokenizer

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._loaded is not None

    def complete(
        self, prompts: Iterable[Prompt], cancel: threading.Event | None = None
    ) -> Iterator[Completion | Failed]:
        """Yield one value a prompt as answers finish, taking prompts only a little ahead of them.

        Once `cancel` is set, answers under way stop at their next token, and every prompt that is left
        comes out as `Failed("cancelled")`.
        """
        source = iter(prompts)
        abandoned = threading.Event()
        running: set[Future[Completion | Failed]] = set()

        def stopped() -> bool:
            return abandoned.is_set() or (cancel is not None and cancel.is_set())

        pool: ThreadPoolExecutor | None = None
        try:
            while True:
                while len(running) < self._jobs * _AHEAD and not stopped():
                    prompt = next(source, None)
                    if prompt is None:
                        break
                    generator = self._generator()
                    pool = pool or ThreadPoolExecutor(self._jobs, "codebot-engine")
                    running.add(pool.submit(self._answer, generator, prompt, stopped))
                if not running:
                    break
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
            for prompt in source:  # only after a cancellation is there anything left
                yield Failed(prompt.chunk, "cancelled", prompt=prompt)
        finally:  # the consumer may leave early
            abandoned.set()
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Return each pair's log-probabilities: one for each token of the answer, then the end token's.

        Raises:
            EngineError: A pair does not fit the window.
        """
        if not pairs:
            return []
        generator = self._generator()
        waiting: deque[tuple[Any, int]] = deque()
        scores: list[tuple[float, ...]] = []

        def take() -> None:
            result, given = waiting.popleft()
            scores.append(tuple(result.result().log_probs[given - 1 :]))

        for prompt, answer in pairs:
            given = self.tokenizer.encode(prompt)
            wanted = self.tokenizer.encode(neutralise(answer, self.tokenizer.specials))
            tokens = [*given, *wanted, self._folder.end]
            if len(tokens) > self.info.window:
                raise EngineError(f"{len(tokens)} tokens to score in a window of {self.info.window}")
            (result,) = generator.score_batch([tokens], max_input_length=0, asynchronous=True)
            waiting.append((result, len(given)))
            if len(waiting) >= self._jobs * _AHEAD:
                take()
        while waiting:
            take()
        return scores

    def close(self) -> None:
        """Free the weights."""
        with self._lock:
            self._closed = True
            self._loaded = None

    def _generator(self) -> Any:  # noqa: ANN401 - the library publishes no types
        with self._lock:
            if self._closed:
                raise EngineError("the engine is closed")
            if self._loaded is None:
                self._folder.check_vocabulary()
                self._loaded = load(self._folder, self._jobs)
            return self._loaded

    def _answer(self, generator: Any, prompt: Prompt, stopped: Callable[[], bool]) -> Completion | Failed:  # noqa: ANN401 - as above
        if stopped():
            return Failed(prompt.chunk, "cancelled", prompt=prompt)
        tokens = self.tokenizer.encode(prompt.text)
        if not tokens or len(tokens) + prompt.max_tokens > self.info.window:
            detail = f"{len(tokens)} + {prompt.max_tokens} tokens do not fit {self.info.window}"
            return Failed(prompt.chunk, "engine", detail, prompt)
        end, doubt = self._folder.end, self._folder.doubt
        reader = Reader(self.tokenizer, end, prompt.stop, stopped, doubt=doubt)
        began = time.perf_counter()
        try:
            generator.generate_batch(
                [tokens],
                max_length=prompt.max_tokens,
                end_token=[end, doubt] if doubt else [end],
                include_prompt_in_result=False,
                return_scores=True,  # without it the callback's log-probabilities are None
                callback=reader.step,
            )
        except (RuntimeError, ValueError) as error:
            return Failed(prompt.chunk, "engine", str(error), prompt)
        if stopped():
            return Failed(prompt.chunk, "cancelled", prompt=prompt)
        text, hit = cut(self.tokenizer.decode(reader.ids), prompt.stop)
        return Completion(
            prompt,
            restore(text, self._folder.tokenizer.specials),  # it may copy what was neutralised
            "stop" if hit or reader.ended else "length",
            prompt_tokens=len(tokens),
            completion_tokens=len(reader.logprobs),
            seconds=time.perf_counter() - began,
            logprobs=tuple(reader.logprobs),
        )


class Reader:
    """Follows one answer token by token: collects log-probabilities, and ends it at a stop sequence.

    An answer ends at `doubt` as it does at `end`; only the last log-probability tells which it was.
    """

    def __init__(
        self,
        tokenizer: FileTokenizer,
        end: str,
        stop: tuple[str, ...],
        stopped: Callable[[], bool],
        *,
        doubt: str = "",
    ) -> None:
        self._tokenizer, self._end, self._doubt = tokenizer, end, doubt
        self._stop, self._stopped = stop, stopped
        self.ids: list[int] = []  # without the end token
        self.logprobs: list[float] = []  # with it
        self.ended = False

    def step(self, step: Any) -> bool:  # noqa: ANN401 - the library publishes no types
        """Take one generated token; True ends the answer."""
        doubted = bool(self._doubt) and step.token == self._doubt
        self.logprobs.append(other(step.log_prob) if doubted else step.log_prob)
        if doubted or step.token == self._end:
            self.ended = True
            return True
        self.ids.append(step.token_id)
        return self._stopped() or cut(self._tokenizer.decode(self.ids), self._stop)[1]


def other(logprob: float) -> float:
    """Return log(1 - p) of a token whose log-probability is log(p): from -20 to 0, a 32-bit float's value.

    Where an answer ended with doubt this stands for the end token's, which the library does not tell: it
    is an upper bound, since the two share what is left with all other tokens. It is rounded as the
    library's own are, so that it is the same number where a server sends it.
    """
    value = math.log1p(-math.exp(min(logprob, -1e-9)))  # rounding may have made a certain token's 0 or more
    (rounded,) = struct.unpack("f", struct.pack("f", max(_LOWEST, value)))
    return float(rounded)


def cut(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    """Return `text` up to the first stop sequence in it, and whether there is one."""
    ends = [at for at in (text.find(s) for s in stop) if at >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def load(folder: ModelFolder, jobs: int) -> Any:  # noqa: ANN401 - the library publishes no types
    """Load the weights for `jobs` parallel requests of one thread each.

    Raises:
        EngineError: They are missing, damaged or of an unknown version.
    """
    import ctranslate2  # noqa: PLC0415 - 100 ms that a run with everything cached saves

    level = ctranslate2.get_log_level()
    ctranslate2.set_log_level(logging.ERROR)  # int8_float16 weights run as int8_float32: nothing to warn of
    try:
        files = folder.assembled()
        return ctranslate2.Generator(
            str(folder.path), "cpu", inter_threads=jobs, intra_threads=1, files=files
        )
    except (RuntimeError, ValueError) as error:
        hint = "convert it again with ct2-transformers-converter, or name another folder"
        raise EngineError(f"{folder.path} cannot be loaded: {error}", hint=hint) from error
    finally:
        ctranslate2.set_log_level(level)
