"""What a run leaves behind for the next one: what was said, what is settled, and what is worth a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.review.state import State, reviewed_before

if TYPE_CHECKING:
    from bot.commands.reviewing.conduct import Desk, Result
    from bot.commands.reviewing.source import Source
    from bot.github.conversation import Talk

__all__ = ["deleted", "identities", "settled", "unsettled", "worth_telling"]


def identities(talk: Talk, result: Result) -> frozenset[str]:
    """Return the suggestions that are on the pull request after this run."""
    plan = result.plan
    refused = {one.draft.finding.identity for one in result.refused}
    there = {p.identity for p in talk.posted} - {before.identity for before, _ in plan.edits}
    there |= {draft.finding.identity for _, draft in plan.edits}
    return frozenset(there | {d.finding.identity for d in plan.new} - refused)


def deleted(talk: Talk, state: State) -> frozenset[str]:
    """Return the suggestions whose comments a person deleted."""
    return state.posted - {p.identity for p in talk.posted}


def settled(source: Source, state: State, *, partial: bool) -> dict[str, str]:
    """Return what may count as reviewed: everything, or after a partial run only what did so before."""
    if not partial:
        return source.blobs
    return {path: blob for path, blob in source.blobs.items() if reviewed_before(state, path, blob)}


def unsettled(result: Result) -> set[str]:
    """Return files that are to be looked at again: their suggestions are only in the summary, or failed."""
    rest = [*result.plan.rest, *(one.draft.finding for one in result.refused)]
    paths = {chunk.change.path for one in rest for chunk in one.verified.suggestion.settles}
    paths |= {rejected.chunk.change.path for rejected in result.review.hints}
    return paths | {failed.chunk.change.path for failed in result.review.failed}


def worth_telling(desk: Desk, result: Result) -> bool:
    """Whether there is a summary, or reason for one: silence needs no comment."""
    plan = result.plan
    return bool(
        desk.talk.summary or result.review.hints or plan.new or plan.edits or plan.standing or plan.rest
    )
