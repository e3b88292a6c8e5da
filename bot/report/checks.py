"""A check run in the shapes GitHub takes: annotations in batches, a title and a summary within its limits.

https://docs.github.com/en/rest/checks/runs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.report.diff import source_lines, suggested
from bot.report.escape import utf8, visible
from bot.report.hints import why
from bot.report.markdown import render
from bot.report.md import cut
from bot.report.places import place
from bot.report.prose import evidence
from bot.report.summary import headline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.data import Change, Hint, Rejected, Verified
    from bot.ledger import Review

__all__ = ["batches", "output"]

BATCH = 50  # annotations a request; further ones go with updates of the run
MESSAGE = 64 * 1024 - 1  # bytes, of the message and of the details
SUMMARY = 65_535  # characters; a character takes a byte at least
TITLE = 255
LEVEL = {"docstring": "notice", "test": "notice", "fix": "warning"}


def batches(review: Review) -> Iterator[list[dict[str, Any]]]:
    """Yield the annotations of all suggestions, then of all hints, at most 50 at a time.

    They name lines only: columns are allowed where both lines are one, and would say nothing here.
    """
    known: dict[str, tuple[list[str], str]] = {}
    rows = [_annotation(verified, known) for verified in review.verified]
    rows += [_hint(rejected, rejected.hint) for rejected in review.hints if rejected.hint]
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def output(
    review: Review, annotations: Sequence[dict[str, Any]] = (), *, command: str = "codebot annotate"
) -> dict[str, Any]:
    """Return a run's `output`: title, summary and one batch of annotations."""
    found: dict[str, Any] = {
        "title": cut(headline(review), TITLE),
        "summary": render(review, limit=SUMMARY, command=command),
    }
    return {**found, "annotations": list(annotations)} if annotations else found


def _annotation(verified: Verified, known: dict[str, tuple[list[str], str]]) -> dict[str, Any]:
    s = verified.suggestion
    where = place(s)
    checks = ", ".join(evidence(verified.evidence)).replace("\xa0", " ")
    return {
        "path": utf8(where.path),
        "start_line": where.start,
        "end_line": where.end,
        "annotation_level": LEVEL[s.task],
        "title": cut(visible(s.message), TITLE),
        "message": cut(f"{checks}\ncodebot explain {visible(s.id)}", MESSAGE),
        "raw_details": cut(_diff(verified, known), MESSAGE),
    }


def _hint(rejected: Rejected, hint: Hint) -> dict[str, Any]:
    return {
        "path": utf8(rejected.chunk.change.path),
        "start_line": hint.start_line,
        "end_line": hint.end_line,
        "annotation_level": "warning",
        "title": cut(visible(hint.label), TITLE),
        "message": cut(f"{visible(hint.message)}\nNot mended: {why(rejected, hint)}", MESSAGE),
    }


def _diff(verified: Verified, known: dict[str, tuple[list[str], str]]) -> str:
    s = verified.suggestion
    lines, feed = _lines(s.chunk.change, known)
    return "\n".join(
        mark + visible(line.removesuffix("\n").removesuffix("\r"), keep="\t")
        for hunk in suggested(s, lines, feed)
        for mark, line in hunk.lines
    )


def _lines(change: Change, known: dict[str, tuple[list[str], str]]) -> tuple[list[str], str]:
    if change.path not in known:
        known.clear()  # suggestions come file by file
        known[change.path] = source_lines(change)
    return known[change.path]
