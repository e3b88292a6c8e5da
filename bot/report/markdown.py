"""`--format markdown`: for a job summary, a comment or a wiki; never longer than the place it goes to takes.

GitHub takes 1 MiB of step summary and 65,535 characters of a check's summary. What does not fit is counted.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bot.reasons import FAILURES, REJECTIONS, SKIPS
from bot.report.diff import first_line, source_lines, suggested
from bot.report.hints import why
from bot.report.md import code, cut, fence, prose, size
from bot.report.prose import evidence
from bot.report.shares import in_words, total
from bot.report.summary import headline, plural, run_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Verified
    from bot.ledger import Review

__all__ = ["STEP_SUMMARY", "piece", "render"]

STEP_SUMMARY = 1 << 20  # bytes that GitHub takes a step
SHOWN = 20  # failures
HINTS = 20
LINE = 400  # bytes of one line of a list
CONTEXT = 2  # unchanged lines around a change


def render(
    review: Review,
    *,
    limit: int = STEP_SUMMARY,
    command: str = "codebot annotate",
    applied: bool = False,
) -> str:
    """Return `review` as GitHub's Markdown.

    Args:
        review: A finished run, sorted.
        limit: Most bytes; suggestions that do not fit are left out, and counted in a note.
        command: What was run, for the line that says how to take the suggestions.
        applied: Whether they are in the files already.
    """
    head, tail = "\n".join(_head(review, command, applied=applied)), "\n".join(_tail(review))
    if size(head) + size(tail) > limit // 2:  # a place for a few lines only
        tail = ""
    left = limit - size(head) - size(tail) - 400  # for the note
    body: list[str] = []
    omitted = 0
    for path, found in groupby(review.verified, key=lambda v: v.suggestion.path):
        title = f"\n### {code(path)}\n"
        several = list(found)
        lines, feed = source_lines(several[0].suggestion.chunk.change)
        for verified in several:
            text = title + piece(verified, lines, feed)
            if size(text) > left:
                omitted += 1
                continue
            left -= size(text)
            body.append(text)
            title = ""
    if omitted:
        body.append(
            f"\n> **{plural(omitted, 'more suggestion')}** would not fit here; "
            "`codebot annotate --format json` lists all.\n"
        )
    return cut(head + "".join(body) + tail, limit)


def piece(verified: Verified, lines: list[str], feed: str) -> str:
    """Return one suggestion: place, diff, evidence; `lines` and `feed` are those of `source_lines`."""
    s = verified.suggestion
    symbol = s.subject.symbol
    name = f" {code(symbol.qualname)}" if symbol is not None and symbol.qualname else ""
    rows = []
    found = list(suggested(s, lines, feed, CONTEXT))
    for number, hunk in enumerate(found):
        rows += ["…"] * bool(number)
        rows += [mark + line.removesuffix("\n").removesuffix("\r") for mark, line in hunk.lines]
    checks = " · ".join(prose(check.replace("\xa0", " ")) for check in evidence(verified.evidence))
    return (
        f"\n**{'New file' if s.new_file else f'Line {first_line(s, found)}'}**{name}: {prose(s.message)}\n\n"
        f"{fence(chr(10).join(rows), 'diff')}\n{checks} · {code(f'codebot explain {s.id}')}\n"
    )


def _head(review: Review, command: str, *, applied: bool) -> Iterator[str]:
    yield f"## codebot: {headline(review, applied=applied)}\n"
    covered = total(review)
    if covered.total:
        yield f"{in_words(covered)}.\n"
    for note in review.notes[:SHOWN]:
        yield f"> {cut(prose(note), LINE)}\n"
    if review.verified and not applied:
        yield f"Take them all: {code(f'{command} --apply')}\n"


def _hints(review: Review) -> Iterator[str]:
    found = [(rejected, rejected.hint) for rejected in review.hints if rejected.hint]
    if found:
        yield "\n### Hints\n\nFindings without a fix that could be proven.\n"
    for rejected, hint in found[:HINTS]:
        place = code(f"{rejected.chunk.change.path}:{hint.start_line}")
        said = f"{prose(hint.message)} ({prose(why(rejected, hint))})"
        yield cut(f"- {place} **{prose(hint.label)}** {said}", LINE)
    if len(found) > HINTS:
        yield f"- and {len(found) - HINTS} more"


def _tail(review: Review) -> Iterator[str]:
    ledger = review.ledger
    yield from _hints(review)
    yield (
        "\n<details><summary>"
        f"Ledger: {plural(ledger.chunks, 'chunk')} in {plural(ledger.files, 'file')}, "
        f"{ledger.verified} proven, {ledger.rejected.total()} rejected, {ledger.skipped.total()} skipped, "
        f"{ledger.failed.total()} failed</summary>\n"
    )
    yield "| outcome | chunks | why |\n|---|---:|---|"
    yield f"| proven | {ledger.verified} | |"
    columns = (
        ("rejected", ledger.rejected, REJECTIONS),
        ("skipped", ledger.skipped, SKIPS),
        ("failed", ledger.failed, FAILURES),
    )
    for name, counts, words in columns:
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {name} | {count} | {words.get(reason, reason)} |"
    yield ""
    for failed in review.failed[:SHOWN]:
        place = code(f"{failed.chunk.change.path}:{failed.chunk.start_line}")
        why = FAILURES.get(failed.reason, failed.reason)
        yield cut(f"- {place} {prose(f'{why}: {failed.detail}')}", LINE)
    if len(review.failed) > SHOWN:
        yield f"- and {len(review.failed) - SHOWN} more"
    yield ""
    yield from (f"{prose(line)}  " for line in run_lines(review))
    yield "\n</details>\n"
