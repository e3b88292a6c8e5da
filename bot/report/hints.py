"""Hints in a text report: findings that no fix was proven for, a paragraph a rule, the rare ones first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.reasons import REJECTIONS
from bot.report.escape import visible
from bot.report.line import Line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.data import Hint, Rejected

__all__ = ["hints", "why"]

_PLACES = 3  # shown of each rule
_RULES = 12
_WORDS = 200  # characters of what a stranger wrote


def hints(found: Sequence[Rejected]) -> Iterator[Line]:
    """Yield the hints of a review, and how to see all of them where they are many."""
    if not found:
        return
    by_rule: dict[str, list[tuple[Rejected, Hint]]] = defaultdict(list)
    for rejected in found:
        if rejected.hint:
            by_rule[rejected.hint.label].append((rejected, rejected.hint))
    rules = sorted(by_rule.items(), key=lambda item: (len(item[1]), item[0]))
    yield Line(f"{plural(len(found), 'hint')}: findings without a fix that could be proven", style="bold")
    for label, several in rules[:_RULES]:
        yield from _rule(label, several)
    hidden = sum(len(several) for _, several in rules[_RULES:])
    if hidden:
        yield Line(f"and {hidden} more of {plural(len(rules) - _RULES, 'rule')}; --format json lists all", 2)
    yield Line("")


def _rule(label: str, several: Sequence[tuple[Rejected, Hint]]) -> Iterator[Line]:
    first = several[0][1]
    yield Line(f"{_short(label)}  {_short(first.cause or first.message)}", 2, "yellow")
    for rejected, hint in several[:_PLACES]:
        symbol = rejected.chunk.symbol
        where = f"{visible(rejected.chunk.change.path)}:{hint.start_line}"
        name = f"  {visible(symbol.qualname)}" if symbol and symbol.qualname else ""
        yield Line(f"{where}{name}  {_short(hint.message)}", 4)
        yield Line(why(rejected, hint), 6, "dim")
    if len(several) > _PLACES:
        yield Line(f"and {len(several) - _PLACES} more", 4, "dim")


def why(rejected: Rejected, hint: Hint) -> str:
    """Return what speaks against a fix, and what the tool offers all the same; safe to print."""
    words = REJECTIONS.get(rejected.reason, rejected.reason)
    detail = _short(rejected.detail) if rejected.reason not in {"no-fix", "unsafe-fix"} else ""
    offer = f"; it offers: {_short(hint.offer)}" if hint.offer else ""
    return f"{words}{f' ({detail})' if detail else ''}{offer}"


def _short(text: str) -> str:
    text = visible(" ".join(text.split()))
    return text if len(text) <= _WORDS else text[: _WORDS - 1] + "…"
