"""Best-fit packing: documents into rows of equal size, none cut, little space left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["best_fit"]


def best_fit(lengths: Iterable[int], size: int) -> list[tuple[int, int]]:
    """Place documents in the order given; return (row, offset) for each.

    Each goes into the open row with the least space that still holds it, the one opened last among equals,
    else into a new row. Bit `n` of one integer says that a row has `n` left, so a search is one shift.

    Raises:
        ValueError: A document is empty or longer than a row.
    """
    places: list[tuple[int, int]] = []
    open_rows: list[list[int]] = [[] for _ in range(size + 1)]
    spaces = rows = 0
    for length in lengths:
        if not 0 < length <= size:
            raise ValueError(f"a document of {length} tokens does not go into a row of {size}")
        if fitting := spaces >> length:
            space = length + (fitting & -fitting).bit_length() - 1
            row = open_rows[space].pop()
            if not open_rows[space]:
                spaces ^= 1 << space
        else:
            space, row, rows = size, rows, rows + 1
        places.append((row, size - space))
        if left := space - length:
            open_rows[left].append(row)
            spaces |= 1 << left
    return places
