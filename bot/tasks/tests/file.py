"""What comes of putting tests into a file, whatever their language."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a file with its new tests, and the lines of the old one that the edit replaces."""

    path: str
    text: str  # of the whole file
    start_line: int
    end_line: int
    replacement: str
