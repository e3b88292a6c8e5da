"""The figures at the top of a page."""

from __future__ import annotations

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
        yield _card("New tests", f"{tested:,}", "functions that get a test")
    yield _card(
        "Looked at",
        f"{ledger.chunks:,}",
        f"chunks in {plural(ledger.files, 'file')}; {ledger.rejected.total():,} answers failed a check",
    )
    usage = ledger.usage
    tokens = usage.prompt_tokens + usage.completion_tokens
    cached = f"; {plural(ledger.cached, 'chunk')} from the cache" if ledger.cached else ""
    yield _card(
        "Time and tokens",
        f"{review.seconds:.1f} s" if review.seconds < 100 else f"{review.seconds / 60:.0f} min",  # noqa: PLR2004
        f"{tokens:,} tokens: {usage.prompt_tokens:,} read, {usage.completion_tokens:,} written{cached}",
    )


def _card(title: str, figure: str, note: str, rise: str = "") -> dict[str, Any]:
    return {"title": title, "figure": figure, "note": note, "rise": rise, "coverage": None}
