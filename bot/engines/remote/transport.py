"""What a protocol brings: one request and its answer, what the server is, and what can go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["Answer", "Ask", "Load", "Served", "Transport", "Trouble"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One greedy request: the same text always gets the same answer, so it may be sent twice."""

    id: str
    text: str
    max_tokens: int
    stop: tuple[str, ...] = ()
    score: str | None = None  # in place of generating: how likely is this text after `text`?


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, before it is cut at a stop sequence."""

    text: str
    logprobs: tuple[float, ...] | None = None
    tokens: int | None = None  # generated, the end token included
    finish: Literal["", "stop", "length"] = ""  # "": the server does not say


@dataclass(frozen=True, slots=True)
class Load:
    """A server's own counters since it started."""

    count: int
    queued: float  # seconds that all requests together waited
    served: float  # seconds that all requests together were computed


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says of its model."""

    contract: str  # how it wants to be asked, in words
    model: str
    build: str
    start: int = 4  # requests in flight to begin with …
    most: int = 64  # … and at most
    scores: bool = False
    facts: dict[str, Any] = field(default_factory=dict)  # what the model's configuration tells codebot


class Trouble(Exception):  # noqa: N818 - a signal inside the engine, which words the outcome
    """A request came to nothing.

    "busy": the queue is full, later is fine. "lost": the server or the connection went away. "refused": this
    request is wrong for this server. "broken": the model, or what it sent, is.
    """

    def __init__(self, kind: Literal["busy", "lost", "refused", "broken"], detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Transport(Protocol):
    """One host over one protocol, used from one event loop; cancelling `ask` ends the request there too."""

    host: str

    async def describe(self) -> Served:
        """Ask what the server is; raise `Trouble` where it does not say."""
        ...

    async def ready(self) -> bool:
        """Ask whether the model can answer; False also where nobody is there."""
        ...

    async def load(self) -> Load | None:
        """Ask for the counters; None where there are none."""
        ...

    async def ask(self, ask: Ask) -> Answer:
        """Send one request; raise `Trouble` where it comes to nothing."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
