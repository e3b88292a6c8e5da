"""Docstring coverage in words and per cents: what had a docstring, and what would with the suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.ledger import Coverage

if TYPE_CHECKING:
    from bot.ledger import Review

__all__ = ["MEANING", "in_words", "percent", "total"]

MEANING = (
    "Counted are the symbols that are to have a docstring and were read in this run: modules, classes, "
    "functions and methods; public ones unless --private was given; no tests unless --tests was; without "
    "what is too small to document. \u201cBefore\u201d are those that had a docstring; \u201cafter\u201d "
    "adds every suggestion here, as if all of them were taken."
)


def total(review: Review) -> Coverage:
    """Return the sum over all files."""
    return sum(review.coverage.values(), Coverage())


def percent(part: int, whole: int) -> str:
    """Return a share in whole per cents; 100 % and 0 % only where they are exact."""
    share = round(100 * part / whole) if whole else 0
    if part and whole:
        share = max(share, 1)
    return f"{share if part == whole else min(share, 99)} %"


def in_words(found: Coverage) -> str:
    """Return such as "62 % of 40 symbols documented, 71 % with these suggestions"."""
    if not found.total:
        return "nothing to document"
    symbols = f"{found.total} symbol{'s' * (found.total != 1)}"
    before = f"{percent(found.documented, found.total)} of {symbols} documented"
    if not found.added:
        return before
    return f"{before}, {percent(found.documented + found.added, found.total)} with these suggestions"
