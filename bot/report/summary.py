"""The end of a text report: what to do next, and where everything went that was read."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.reasons import FAILURES, REJECTIONS, SKIPS
from bot.report.escape import visible
from bot.report.hints import hints
from bot.report.line import Line, plural
from bot.report.shares import in_words, total

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from bot.data import Failed, Skipped
    from bot.ledger import Ledger, Review

__all__ = ["Line", "headline", "plural", "run_lines", "summary", "sums"]

FAILED_SHOWN = 20
PLURAL = {"docstring": "docstrings", "test": "tests", "fix": "fixes"}
FILES_SHOWN = 3  # of each reason


def summary(review: Review, command: str, *, applied: bool = False) -> Iterator[Line]:
    """Yield the summary of `review`; `command` is what was run, without --apply."""
    yield Line(headline(review, applied=applied), style="bold")
    if review.verified:
        if not applied:
            yield Line(f"take them all:  {visible(command)} --apply", 2, whole=True)
        yield Line(
            f"look into one:  codebot explain {visible(review.verified[0].suggestion.id)}", 2, whole=True
        )
        yield Line("")
    yield from hints(review.hints)
    yield from sums(review)
    covered = total(review)
    if covered.total:
        yield Line(f"{in_words(covered)}.")
    yield from _skipped(review.skipped_files)
    yield from _failed(review.failed)
    yield from (Line(line) for line in run_lines(review))
    for note in review.notes:
        yield Line(f"Note: {visible(note)}", style="yellow")


def headline(review: Review, *, applied: bool = False) -> str:
    """Return the result in one line, or why there is none."""
    count = len(review.verified)
    if not count:
        return _nothing(review)
    files = len({v.suggestion.path for v in review.verified})
    return f"{plural(count, 'suggestion')} in {plural(files, 'file')}{', written' * applied}"


def _nothing(review: Review) -> str:
    ledger = review.ledger
    if review.failed:
        return "No suggestions: what was asked failed, see below."
    if review.hints:
        return "No suggestions: no fix could be proven."
    if ledger.rejected:
        return "No suggestions: nothing that the model wrote could be proven."
    if list(review.tasks) == ["fix"]:
        return "Nothing to fix: nothing was found."
    if ledger.files or ledger.chunks:
        return "Nothing to suggest: there was nothing to ask about."
    return "Nothing to suggest: no files to read."


def sums(review: Review) -> Iterator[Line]:
    """Yield where every chunk went: all in one, or under each task where there were several."""
    ledger = review.ledger
    yield Line(f"Read {plural(ledger.files, 'file')}, {plural(ledger.chunks, 'chunk')}: {_counts(ledger)}.")
    if len(review.tasks) < 2:  # noqa: PLR2004 - one task needs no heading
        yield from _ledger(ledger)
        return
    for task, own in review.tasks.items():
        yield Line(f"{plural(own.chunks, 'chunk')} for {PLURAL[task]}: {_counts(own)}.", 2)
        yield from _ledger(own)


def _counts(ledger: Ledger) -> str:
    return (
        f"{ledger.verified} proven, {ledger.rejected.total()} rejected, "
        f"{ledger.skipped.total()} skipped, {ledger.failed.total()} failed"
    )


def _ledger(ledger: Ledger) -> Iterator[Line]:
    yield from _column("rejected", ledger.rejected, REJECTIONS)
    yield from _column("skipped", ledger.skipped, SKIPS)
    yield from _column("failed", ledger.failed, FAILURES)


def _column(name: str, counts: Counter[str], words: dict[str, str]) -> Iterator[Line]:
    for number, (reason, count) in enumerate(sorted(counts.items(), key=lambda item: (-item[1], item[0]))):
        yield Line(
            f"{name if not number else '':8} {count:6}  {words.get(reason, reason)}", 2, "dim", whole=True
        )


def _skipped(files: list[Skipped]) -> Iterator[Line]:
    by_reason: dict[str, list[Skipped]] = defaultdict(list)
    for skipped in files:
        by_reason[skipped.reason].append(skipped)
    if by_reason:
        yield Line("Files left out:")
    for reason, several in sorted(by_reason.items()):
        shown = [_named(skipped) for skipped in several[:FILES_SHOWN]]
        if len(several) > FILES_SHOWN:
            shown.append(f"and {len(several) - FILES_SHOWN} more")
        yield Line(f"{SKIPS.get(reason, reason)}: {', '.join(shown)}", 2, "dim")


def _named(skipped: Skipped) -> str:
    return visible(skipped.path) + (f" ({visible(skipped.detail)})" if skipped.detail else "")


def _failed(failures: list[Failed]) -> Iterator[Line]:
    if failures:
        yield Line("Failed:", style="red")
    for failed in failures[:FAILED_SHOWN]:
        symbol = f" {visible(failed.chunk.symbol.qualname)}" if failed.chunk.symbol else ""
        detail = f": {visible(failed.detail)}" if failed.detail else ""
        place = f"{visible(failed.chunk.change.path)}:{failed.chunk.start_line}{symbol}"
        yield Line(f"{place}  {FAILURES.get(failed.reason, failed.reason)}{detail}", 2)
    if len(failures) > FAILED_SHOWN:
        yield Line(f"and {len(failures) - FAILED_SHOWN} more; --format json lists all", 2)


def run_lines(review: Review) -> Iterator[str]:
    """Yield which engine answered, what it spent and the house style, safe to print."""
    engine, usage = review.engine, review.ledger.usage
    kind, _, digest = engine.build.partition(":")
    build = f"{kind}:{digest[:12]}" if digest else kind
    known = f" ({visible(engine.model)}, {visible(build)})" if engine.model else ", not needed"
    yield f"Engine: {visible(engine.url)}{known}"
    speed = (
        f", {usage.completion_tokens / review.seconds:.0f} tokens/s"
        if review.seconds and usage.completion_tokens
        else ""
    )
    cached = f"; {plural(review.ledger.cached, 'chunk')} from the cache" if review.ledger.cached else ""
    if usage.prompt_tokens or usage.completion_tokens:
        spent = f"{plural(usage.prompt_tokens, 'token')} read and {usage.completion_tokens:,} written in"
    else:
        spent = "Took"
    yield f"{spent} {review.seconds:.1f} s{speed}{cached}."
    if review.style:
        yield f"House style: {visible(review.style)}"
