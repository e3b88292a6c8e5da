"""An answer as it grows, for inner models in Python: where it ends, and what of it can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Reader:
    """Follows one answer token by token: where it ends, and which tokens can be sent already.

    A stop word is matched as text, whatever tokens spell it. In a stream, tokens are kept back while the
    text ends inside a character, so that each part decodes by itself.
    """

    def __init__(self, decode: Callable[[list[int]], str], stop: Sequence[str]) -> None:
        self._decode, self._stop = decode, tuple(s for s in stop if s)
        self._ids: list[int] = []  # since the part before last: enough to see a whole character
        self._waiting: list[int] = []
        self._logprobs: list[float] = []
        self._tail = ""
        self._reach = max((len(s) for s in self._stop), default=1) - 1

    def push(self, token: int, logprob: float) -> bool:
        """Take one token; True if the answer now holds a stop word."""
        self._waiting.append(token)
        self._logprobs.append(logprob)
        self._text = self._decode(self._waiting)
        window = self._tail + self._text
        return any(s in window for s in self._stop)

    def log(self, logprob: float) -> None:
        """Take the end token's log-probability; the token itself is not part of the answer."""
        self._logprobs.append(logprob)

    def ready(self) -> tuple[list[int], list[float]] | None:
        """Return the tokens that can be sent, unless a character is still incomplete."""
        if not self._waiting or self._text.endswith("\ufffd"):
            return None
        return self.rest()

    def rest(self) -> tuple[list[int], list[float]]:
        """Return all tokens that were not returned before."""
        if self._waiting:
            window = self._tail + self._text
            self._tail = window[-self._reach :] if self._reach else ""
        part = (self._waiting, self._logprobs)
        self._waiting, self._logprobs = [], []
        return part
