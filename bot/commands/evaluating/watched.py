"""What a row costs: an engine and a sandbox that are used as ever, with somebody who counts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from bot.measure.proofs import Spent
from bot.verify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from bot.commands.session import Run
    from bot.data import Completion, Failed, Prompt
    from bot.ports import Engine, EngineInfo, Tokenizer
    from bot.verify.sandbox import Limits, Result

__all__ = ["watched"]


def watched(run: Run, spent: Spent) -> Run:
    """Return a run whose engine and sandbox are counted in `spent`; calls may come from several threads."""
    lock = Lock()

    @lru_cache(maxsize=1)
    def engine() -> Engine:
        return _Engine(run.engine(), spent)

    @lru_cache(maxsize=1)
    def sandbox() -> Sandbox:
        one = run.sandbox()
        return _Sandbox(one.backend, one.place, one.python, one.limits, one.environ, spent, lock)

    return replace(run, engine=engine, sandbox=sandbox)


class _Engine:
    """Counts what comes back, and how long it is waited for."""

    def __init__(self, inner: Engine, spent: Spent) -> None:
        self._inner, self._spent = inner, spent

    @property
    def info(self) -> EngineInfo:
        return self._inner.info

    @property
    def tokenizer(self) -> Tokenizer:
        return self._inner.tokenizer

    def complete(
        self, prompts: Iterable[Prompt], cancel: Event | None = None
    ) -> Iterator[Completion | Failed]:
        # Whoever asks may prove one answer before it takes the next: that is not the engine's time.
        began = time.perf_counter()
        answers = list(self._inner.complete(prompts, cancel))
        self._spent.seconds += time.perf_counter() - began
        for each in answers:
            self._spent.answer(each)
            yield each

    def close(self) -> None:
        self._inner.close()


@dataclass(frozen=True, slots=True)
class _Sandbox(Sandbox):
    """Counts how long its runs take, from asking for one to having its result."""

    spent: Spent = field(default_factory=Spent)
    lock: Lock = field(default_factory=Lock)

    def run(
        self,
        argv: Sequence[str],
        *,
        files: Mapping[str, bytes | None] | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        cwd: str = "",
        outputs: Sequence[str] = (),
        keep: bool = False,
    ) -> Result:
        """Run a command."""
        began = time.perf_counter()
        try:
            # `super()` does not know a class with slots, which is made anew.
            return Sandbox.run(
                self, argv, files=files, env=env, limits=limits, cwd=cwd, outputs=outputs, keep=keep
            )
        finally:
            with self.lock:
                self.spent.sandbox += time.perf_counter() - began
