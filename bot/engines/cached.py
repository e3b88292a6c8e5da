"""Answers that were given before are not asked for again."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Store"]


class Store(Protocol):
    """Where answers are kept between runs: `bot.cache.Cache`, or anything like it."""

    def get(self, namespace: str, key: str) -> dict[str, Any] | None:
        """Return what is kept under `key`."""
        ...

    def put(self, namespace: str, key: str, value: dict[str, Any]) -> None:
        """Keep `value`, as well as it can be kept."""
        ...
