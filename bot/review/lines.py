"""Sets of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.data import LineRange

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["common"]


def common(some: Sequence[LineRange] | None, others: Sequence[LineRange]) -> tuple[LineRange, ...]:
    """Return the lines that are in both; None stands for every line."""
    if some is None:
        return tuple(others)
    pairs = ((max(a.start, b.start), min(a.end, b.end)) for a in some for b in others)
    return tuple(LineRange(start, end) for start, end in sorted(pairs) if start <= end)
