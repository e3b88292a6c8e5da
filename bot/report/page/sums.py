"""The end of a page: where every chunk went, what failed, what was left out, what ran."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bot.reasons import FAILURES, REJECTIONS, SKIPS
from bot.report.escape import visible
from bot.report.hints import why
from bot.report.page.suggestions import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Hint, Rejected
    from bot.ledger import Ledger, Review

__all__ = ["failures", "hints_of", "left_out", "run_facts", "table"]

FILES = 500  # of each reason; a tree of a monorepo has more than a reader wants
FAILED = 500
HINTS = 2_000
_URL = re.compile(
    r"https://[\w.-]+/[\w./#-]*", re.ASCII
)  # shown as it is, so that a reader sees where it leads
COLUMNS = (("rejected", REJECTIONS), ("skipped", SKIPS), ("failed", FAILURES))


def table(review: Review) -> dict[str, Any]:
    """Return the ledger as rows, a column for each task where there were several."""
    several = len(review.tasks) > 1
    ledgers = [*review.tasks.values(), review.ledger] if several else [review.ledger]
    return {"tasks": [*review.tasks, "all"] if several else ["chunks"], "rows": list(_rows(ledgers))}


def _rows(ledgers: list[Ledger]) -> Iterator[dict[str, Any]]:
    yield _row("verified", "proven", "every check passed: suggested above", [one.verified for one in ledgers])
    for column, words in COLUMNS:
        counts = [getattr(one, column) for one in ledgers]
        for reason, _ in sorted(counts[-1].items(), key=lambda item: (-item[1], item[0])):
            yield _row(column, column, words.get(reason, reason), [one[reason] for one in counts])
    yield _row("sum", "all", "every chunk is in one row", [one.chunks for one in ledgers])


def _row(outcome: str, shown: str, reason: str, counts: list[int]) -> dict[str, Any]:
    return {"outcome": outcome, "shown": shown, "reason": reason, "counts": [f"{n:,}" for n in counts]}


def failures(review: Review) -> list[dict[str, str]]:
    """Return what broke, and where."""
    found = []
    for failed in review.failed[:FAILED]:
        symbol = f" {visible(failed.chunk.symbol.qualname)}" if failed.chunk.symbol else ""
        detail = f": {visible(failed.detail)}" if failed.detail else ""
        where = f"{visible(failed.chunk.change.path)}:{failed.chunk.start_line}{symbol}"
        found.append({"where": where, "text": f"{FAILURES.get(failed.reason, failed.reason)}{detail}"})
    if len(review.failed) > FAILED:
        found.append({"where": f"and {len(review.failed) - FAILED:,} more", "text": ""})
    return found


def hints_of(review: Review) -> list[dict[str, Any]]:
    """Return the findings that no fix was proven for, by rule, the rare ones first."""
    by_rule: dict[str, list[tuple[Rejected, Hint]]] = defaultdict(list)
    for rejected in review.hints[:HINTS]:
        if rejected.hint:
            by_rule[rejected.hint.label].append((rejected, rejected.hint))
    return [
        {
            "label": visible(label),
            "cause": spans(several[0][1].cause),
            "url": url if _URL.fullmatch(url := several[0][1].url) else "",
            "places": [_hint(rejected, hint) for rejected, hint in several],
        }
        for label, several in sorted(by_rule.items(), key=lambda item: (len(item[1]), item[0]))
    ]


def _hint(rejected: Rejected, hint: Hint) -> dict[str, Any]:
    symbol = rejected.chunk.symbol
    name = f" {visible(symbol.qualname)}" if symbol and symbol.qualname else ""
    return {
        "where": f"{visible(rejected.chunk.change.path)}:{hint.start_line}{name}",
        "message": spans(hint.message),
        "why": spans(why(rejected, hint)),
    }


def left_out(review: Review) -> list[dict[str, Any]]:
    """Return the files that were not read, by reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for skipped in review.skipped_files:
        detail = f" ({visible(skipped.detail)})" if skipped.detail else ""
        by_reason[skipped.reason].append(visible(skipped.path) + detail)
    return [
        {"reason": SKIPS.get(reason, reason), "count": len(paths), "paths": _cut(paths)}
        for reason, paths in sorted(by_reason.items())
    ]


def _cut(paths: list[str]) -> list[str]:
    return paths if len(paths) <= FILES else [*paths[:FILES], f"and {len(paths) - FILES:,} more"]


def run_facts(review: Review) -> list[tuple[str, str]]:
    """Return what ran and what it spent, name and value."""
    engine, usage = review.engine, review.ledger.usage
    facts = [
        ("Engine", visible(engine.url)),
        ("Model", visible(engine.model) or "not needed"),
        ("Build", visible(engine.build)),
        ("House style", visible(review.style)),
        ("Time", f"{review.seconds:.1f} s"),
        ("Tokens", f"{usage.prompt_tokens:,} read, {usage.completion_tokens:,} written"),
        (
            "Asked and answered",
            f"{review.ledger.completed:,} chunks in this run, {review.ledger.cached:,} known before",
        ),
    ]
    if review.seconds and usage.completion_tokens:
        facts.insert(6, ("Speed", f"{usage.completion_tokens / review.seconds:.0f} tokens/s written"))
    return [(name, value) for name, value in facts if value]
