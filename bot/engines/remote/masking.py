"""The engine in front of a remote one that hides secret values from it, and keeps the log of what left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.data import Completion, Failed, Prompt
from bot.engines.remote.secrets import hide, unhide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Event

    from bot.engines.remote.egress import EgressLog
    from bot.engines.remote.engine import RemoteEngine
    from bot.ports import EngineInfo, Tokenizer

__all__ = ["MaskingEngine"]


class MaskingEngine:
    """An `Engine` and `Scorer` over a remote one, which sees placeholders in place of secret values."""

    def __init__(
        self,
        make: Callable[[Callable[[Prompt, str], None], Callable[[str, str], None]], RemoteEngine],
        log: EgressLog | None,
    ) -> None:
        """Stand in front of the engine that `make` makes from what hears of all that leaves."""
        self._log = log
        self._hidden: dict[int, tuple[Prompt, Prompt, dict[str, str]]] = {}  # by the masked prompt's identity
        self._inner = make(self._sent, self._scored)

    @property
    def inner(self) -> RemoteEngine:
        """The engine that is asked."""
        return self._inner

    @property
    def info(self) -> EngineInfo:
        """The inner engine's."""
        return self._inner.info

    @property
    def tokenizer(self) -> Tokenizer:
        """The inner engine's."""
        return self._inner.tokenizer

    def complete(
        self, prompts: Iterable[Prompt], cancel: Event | None = None
    ) -> Iterator[Completion | Failed]:
        """Yield the inner engine's answers, secret values in their places again."""
        for answer in self._inner.complete(map(self._mask, prompts), cancel):
            kept = self._hidden.pop(id(answer.prompt), None)
            if kept is None:
                yield answer
                continue
            prompt, _, values = kept
            if isinstance(answer, Completion):
                yield replace(answer, prompt=prompt, text=unhide(answer.text, values))
            else:
                yield replace(answer, prompt=prompt)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Return the inner engine's scores of what is left when secret values are hidden."""
        masked = []
        for prompt, answer in pairs:
            text, values = hide(prompt)
            masked.append((text, hide(answer, values)[0]))
        return self._inner.score(masked)

    def close(self) -> None:
        """Close the inner engine and the log."""
        self._inner.close()
        if self._log is not None:
            self._log.close()

    def _mask(self, prompt: Prompt) -> Prompt:
        text, values = hide(prompt.text)
        masked = replace(prompt, text=text)
        self._hidden[id(masked)] = (prompt, masked, values)
        return masked

    def _sent(self, prompt: Prompt, host: str) -> None:
        if self._log is not None:
            kept = self._hidden.get(id(prompt))
            symbol = prompt.chunk.symbol
            self._log.write(
                host=host,
                text=prompt.text,
                masked=len(kept[2]) if kept else 0,
                path=prompt.chunk.change.path,
                symbol=symbol.qualname if symbol else "",
                purpose=prompt.purpose,
            )

    def _scored(self, text: str, host: str) -> None:
        if self._log is not None:
            masked = len(set(hide(text)[1]))
            self._log.write(host=host, text=text, masked=masked, path="", symbol="", purpose="score")
