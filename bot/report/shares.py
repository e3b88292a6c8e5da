"""Docstring coverage in words and per cents: what had a docstring, and what would with the suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.ledger import Coverage

if TYPE_CHECKING:
    from bot.ledger import Review

__all__ = ["MEANING", "in_words", "percent", "percents", "total"]

MEANING = (
    "Counted are the symbols that are to have a docstring and were read in this run: modules, classes, "
    "functions and methods; public ones unless --private was given; no tests unless --tests was; without "
    "what is too small to document. \u201cBefore\u201d are those that had a docstring; \u201cafter\u201d "
    "adds every suggestion here, as if all of them were taken."
)


def total(review: Review) -> Coverage:
    """Return the sum over all files."""
    return sum(review.coverage.values(), Coverage())


def percent(part: int, whole: int, digits: int = 0) -> str:
    """Return a share in per cents; 100 % and 0 % only where they are exact."""
    step = 10**-digits
    share = 100 * part / whole if whole else 0.0
    if 0 < part < whole:
        share = min(max(share, step), 100 - step)
    return f"{share:.{digits}f} %"


def percents(found: Coverage) -> tuple[str, str]:
    """Return the shares before and after, with a decimal where whole per cents would show no difference."""
    after = found.documented + found.added
    pairs = [(percent(found.documented, found.total, n), percent(after, found.total, n)) for n in (0, 1)]
    return pairs[bool(found.added and pairs[0][0] == pairs[0][1])]


def in_words(found: Coverage) -> str:
    """Return such as "25 of 40 symbols have a docstring (62 %), 28 with these suggestions (70 %)"."""
    if not found.total:
        return "nothing to document"
    before, after = percents(found)
    symbols = f"{found.total} symbol{'s' * (found.total != 1)}"
    words = (
        f"{found.documented} of {symbols} {'has' if found.documented == 1 else 'have'} a docstring ({before})"
    )
    if not found.added:
        return words
    return f"{words}, {found.documented + found.added} with these suggestions ({after})"
