"""The figures at the top of a page."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from bot.report.page.tree import bar
from bot.report.shares import percents, total
from bot.report.summary import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.ledger import Review

__all__ = ["cards"]


def cards(review: Review) -> list[dict[str, Any]]:
    """Return what a reader wants to know first."""
    return list(_cards(review))


def _cards(review: Review) -> Iterator[dict[str, Any]]:
    ledger, covered = review.ledger, total(review)
    files = len({v.suggestion.path for v in review.verified})
    where = f"in {plural(files, 'file')}, all checks passed" if files else "nothing that passed every check"
    yield _card("Suggestions", f"{len(review.verified):,}", where)
    if covered.total:
        after = covered.documented + covered.added
        before, then = percents(covered)
        rise = f"→ {then}" if covered.added else ""
        note = f"{covered.documented:,} of {covered.total:,} symbols before; {after:,} with these suggestions"
        card = _card("Docstring coverage", before, note, rise)
        yield {**card, "coverage": bar(covered)}
    if "test" in review.tasks:
        tested = sum(len(v.suggestion.settles) for v in review.verified if v.suggestion.task == "test")
        yield _card("New tests", f"{tested:,}", f"functions that get a test{_reached(review)}")
    yield _card(
        "Looked at",
        f"{ledger.chunks:,}",
        f"chunks in {plural(ledger.files, 'file')}; {ledger.rejected.total():,} rejected",
    )
    usage = ledger.usage
    tokens = usage.prompt_tokens + usage.completion_tokens
    cached = f"; {plural(ledger.cached, 'chunk')} from the cache" if ledger.cached else ""
    yield _card(
        "Time and tokens",
        f"{review.seconds:.1f} s" if review.seconds < 100 else f"{review.seconds / 60:.0f} min",  # noqa: PLR2004
        f"{tokens:,} tokens: {usage.prompt_tokens:,} read, {usage.completion_tokens:,} written{cached}",
    )


def _reached(review: Review) -> str:
    """Return what the new tests reach that no test reached before, where that was measured."""
    said = " ".join(e.detail for v in review.verified for e in v.evidence if e.check == "reaches")
    found = Counter[str]()
    for count, what in re.findall(r"\+(\d+) (line|branch)", said):
        found[what] += int(count)
    lines, branches = found["line"], found["branch"]
    return f"; {lines:,} lines and {branches:,} branches are reached for the first time" if found else ""


def _card(title: str, figure: str, note: str, rise: str = "") -> dict[str, Any]:
    return {"title": title, "figure": figure, "note": note, "rise": rise, "coverage": None}
