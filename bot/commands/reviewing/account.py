"""What a run tells of itself: an account for people, and nothing that a runner could take for a command."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from bot.errors import UsageError
from bot.report.escape import visible
from bot.report.summary import plural
from bot.review.marks import strip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.commands.reviewing.conduct import Result
    from bot.review.values import Draft

__all__ = ["account", "drafts", "step_summary", "without_commands"]

_STEP = 1_000_000  # bytes that GitHub takes of a step's summary


def account(result: Result, *, dry: bool) -> Iterator[str]:
    """Yield what was done, or would be, line by line."""
    plan, pull = result.plan, result.pull
    where = f"{pull.repository}#{pull.number} at {pull.head[:12]}"
    if result.moved:
        yield f"{where}: the head moved while it was read; nothing was posted, the run for the new head will."
        return
    refused = len(result.refused)
    counts = (
        ("new comment", len(plan.new)),
        ("updated comment", len(plan.edits)),
        ("outdated comment", len(plan.outdated)),
        ("comment from before", len(plan.standing)),
        ("suggestion in the summary only", len(plan.rest)),
        ("finding without a proven fix", len(result.review.hints)),
        ("dismissed suggestion", len(plan.dismissed)),
        ("refused by GitHub, moved to the summary", refused),
    )
    said = ", ".join(
        f"{count} {name}" if name.startswith("refused") else _plural(count, name)
        for name, count in counts
        if count
    )
    yield f"{where}: {'would be: ' if dry else ''}{said or 'nothing to suggest'}"
    for one in result.refused:
        yield f"  not taken: {visible(one.draft.path)}:{one.draft.line}: {visible(one.why)}"
    ledger = result.review.ledger
    yield (
        f"  read {plural(ledger.files, 'file')}, {plural(ledger.chunks, 'chunk')}: {ledger.completed} asked, "
        f"{ledger.cached} cached, {ledger.verified} proven, {ledger.rejected.total()} rejected, "
        f"{ledger.skipped.total()} skipped, {ledger.failed.total()} failed"
    )
    for note in result.notes:
        yield f"  note: {visible(note)}"


def drafts(result: Result) -> Iterator[str]:
    """Yield the comments that a dry run would post, made visible."""
    yield from _drafts("new", result.plan.new)
    yield from _drafts("updated", [draft for _, draft in result.plan.edits])


def step_summary(result: Result, environ: Mapping[str, str]) -> None:
    """Add the summary to the page of the workflow run, where Actions has one.

    Raises:
        UsageError: GITHUB_STEP_SUMMARY cannot be written.
    """
    path = environ.get("GITHUB_STEP_SUMMARY")
    text = strip(result.summary)
    if not path or not text or len(text.encode("utf-8", "replace")) > _STEP:
        return
    try:
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(text + "\n")
    except OSError as error:
        raise UsageError(f"GITHUB_STEP_SUMMARY: {error}") from error


@contextmanager
def without_commands(environ: Mapping[str, str]) -> Iterator[None]:
    """Have Actions take nothing of what is printed for a workflow command (`::error::…`).

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    token = secrets.token_hex(16)
    click.echo(f"::stop-commands::{token}")
    try:
        yield
    finally:
        click.echo(f"::{token}::")


def _drafts(kind: str, found: list[Draft]) -> Iterator[str]:
    for draft in found:
        lines = f"{draft.start_line}-{draft.line}" if draft.start_line else f"{draft.line}"
        yield f"\n{kind}: {visible(draft.path)}:{lines}"
        yield from (f"  | {visible(line)}" for line in strip(draft.body).rstrip().split("\n"))


def _plural(count: int, name: str) -> str:
    first, _, rest = name.partition(" ")
    if first in {"suggestion", "comment", "finding"}:
        return f"{plural(count, first)} {rest}"
    return f"{count} {name}{'s' * (count != 1)}"
