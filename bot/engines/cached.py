"""Answers that were given before are not asked for again."""

from __future__ import annotations

import hashlib
import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from bot.data import Completion, Failed, Prompt
from bot.ports import Engine, EngineInfo, Scorer, Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from threading import Event

__all__ = ["CachedEngine", "Store", "completion_from", "completion_to", "digest"]

_FIRST, _MOST = 8, 256  # prompts looked up before the engine gets the misses among them


class Store(Protocol):
    """Where answers are kept between runs: `bot.cache.Cache`, or anything like it."""

    def get(self, namespace: str, key: str) -> dict[str, Any] | None:
        """Return what is kept under `key`."""
        ...

    def put(self, namespace: str, key: str, value: dict[str, Any]) -> None:
        """Keep `value`, as well as it can be kept."""
        ...


def digest(*parts: object) -> str:
    """Return the key of whatever `parts` (plain JSON values) say."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def completion_to(completion: Completion) -> dict[str, Any]:
    """Return a completion as JSON, without its prompt."""
    return {
        "text": completion.text,
        "finish": completion.finish,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "seconds": round(completion.seconds, 6),
        "logprobs": None if completion.logprobs is None else list(completion.logprobs),
    }


def completion_from(prompt: Prompt, kept: dict[str, Any], *, cached: bool) -> Completion | None:
    """Return what `completion_to` wrote; None where it is something else."""
    try:
        logprobs = kept["logprobs"]
        return Completion(
            prompt,
            text=str(kept["text"]),
            finish="stop" if kept["finish"] == "stop" else "length",
            prompt_tokens=int(kept["prompt_tokens"]),
            completion_tokens=int(kept["completion_tokens"]),
            seconds=float(kept["seconds"]),
            logprobs=None if logprobs is None else tuple(float(each) for each in logprobs),
            cached=cached,
        )
    except (KeyError, TypeError, ValueError):
        return None


class CachedEngine:
    """An engine in front of another that remembers its answers and scores by content."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine, self._store = engine, store

    @property
    def inner(self) -> Engine:
        """The engine that is asked on a miss."""
        return self._engine

    @property
    def info(self) -> EngineInfo:
        """The inner engine's."""
        return self._engine.info

    @property
    def tokenizer(self) -> Tokenizer:
        """The inner engine's."""
        return self._engine.tokenizer

    def complete(
        self, prompts: Iterable[Prompt], cancel: Event | None = None
    ) -> Iterator[Completion | Failed]:
        """Yield known answers at once, then have the others answered; prompts are taken a window at a time.

        A window of known answers alone never reaches the inner engine.
        """
        source = iter(prompts)
        size = _FIRST
        while window := list(islice(source, size)):
            missing = []
            for prompt in window:
                known = self._store.get("completion", self._key(prompt))
                completion = completion_from(prompt, known, cached=True) if known else None
                if completion is None:
                    missing.append(prompt)
                else:
                    yield completion
            if missing:
                for answer in self._engine.complete(missing, cancel):
                    if isinstance(answer, Completion):
                        self._store.put("completion", self._key(answer.prompt), completion_to(answer))
                    yield answer
            size = min(size * 2, _MOST)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Return scores, asking the inner engine only for pairs it has not scored before.

        Raises:
            TypeError: The inner engine gives no scores.
        """
        keys = [digest("score", prompt, answer, self.info.build) for prompt, answer in pairs]
        found: dict[str, tuple[float, ...]] = {}
        for key in keys:
            known = self._store.get("score", key)
            if known and isinstance(known.get("logprobs"), list):
                found[key] = tuple(known["logprobs"])
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in found}
        if missing:
            if not isinstance(self._engine, Scorer):
                raise TypeError(f"{self.info.url} gives no scores")
            for key, score in zip(missing, self._engine.score(list(missing.values())), strict=True):
                self._store.put("score", key, {"logprobs": list(score)})
                found[key] = score
        return [found[key] for key in keys]

    def close(self) -> None:
        """Close the inner engine."""
        self._engine.close()

    def _key(self, prompt: Prompt) -> str:
        info = self.info
        asked = (prompt.text, list(prompt.stop), prompt.max_tokens, prompt.form, prompt.wording)
        return digest("completion", *asked, info.build, info.decoding)
