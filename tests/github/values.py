"""What goes through a double of GitHub: who asks, what for, what breaks, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "Call", "Fault", "Refusal", "Request", "Somebody"]

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Somebody:
    """Who a token stands for. `may`: of "comment", "contents", "resolve", "checks"."""

    login: str
    bot: bool = False
    may: frozenset[str] = frozenset({"comment", "contents", "resolve", "checks"})


@dataclass(frozen=True)
class Request:
    """One request as it came; `number` counts from 1."""

    number: int
    method: str
    path: str
    body: Any

    @property
    def writes(self) -> bool:
        """Whether it changes something; GraphQL's queries do not."""
        if self.path == "/graphql":
            return str(self.body.get("query", "")).startswith("mutation")
        return self.method != "GET"


@dataclass(frozen=True)
class Fault:
    """What becomes of a request: an answer in place of the real one, or a connection that breaks."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    message: str = ""
    drop: bool = False
    after: bool = False  # the request takes effect first


class Refusal(Exception):  # noqa: N818 - an answer
    """GitHub says no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Call:
    """A request on its way to a route: what is left of its path, and what came with it."""

    parts: list[str]
    query: dict[str, str]
    data: Any
    who: Somebody
