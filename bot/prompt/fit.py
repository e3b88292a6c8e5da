"""Fitting text into a number of true tokens, by whole lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.ports import Tokenizer

__all__ = ["choose", "longest_body", "take_lines"]


def take_lines(text: str, budget: int, tokenizer: Tokenizer) -> str:
    """Return the longest run of whole lines from the start of `text` that has at most `budget` tokens.

    White space at the end goes with the lines that were cut.
    """
    if budget <= 0:
        return ""
    kept = tokenizer.head(text, budget)
    if len(kept) == len(text):
        return text
    lines = kept.split("\n")
    if text[len(kept)] != "\n":
        lines.pop()  # it was cut in the middle
    while lines:
        whole = "\n".join(lines).rstrip() + "\n"
        if tokenizer.count(whole) <= budget:
            return whole if whole.strip() else ""
        lines.pop()  # the cut can make the tokens before it split differently
    return ""


def longest_body(body: str, budget: int, tokenizer: Tokenizer, fits: Callable[[str], bool]) -> str:
    """Return as many lines of `body` as about `budget` tokens allow and `fits` accepts; "" for none."""
    while budget > 0:
        kept = take_lines(body, budget, tokenizer)
        if fits(kept):
            return kept
        budget -= 8  # a few tokens may split differently at the seams
    return ""


def choose(items: Sequence[str], fits: Callable[[list[str]], bool]) -> list[int]:
    """Return the indices of the items to keep, earlier ones first, so that `fits(kept items)` holds.

    An item that is too large is left out, and smaller ones behind it still get their chance.
    """
    if fits(list(items)):  # the common case at the cost of one measurement
        return list(range(len(items)))
    kept: list[int] = []
    for index in range(len(items)):
        if fits([items[i] for i in (*kept, index)]):
            kept.append(index)
    return kept
