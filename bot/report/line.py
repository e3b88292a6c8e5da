"""A paragraph of a text report, and how it counts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Line", "plural"]


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, safe to print."""

    text: str
    indent: int = 0
    style: str = ""
    whole: bool = False  # not to be wrapped: it is there to be copied


def plural(count: int, word: str) -> str:
    """Return "1 file", "2,000 files"."""
    return f"{count:,} {word}{'s' * (count != 1)}"
