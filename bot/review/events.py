"""What made GitHub start us: the payload in GITHUB_EVENT_PATH, read as data.

The shapes differ (https://docs.github.com/webhooks/webhook-events-and-payloads): a pull request's number is
in `pull_request.number`, for comments in `issue.number` beside `issue.pull_request`; `workflow_run` has none
for forks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Comment", "Event", "packed", "read_event"]

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REVIEWED = {"opened", "reopened", "synchronize", "ready_for_review", "edited"}


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that may hold a command."""

    id: int
    body: str
    author: str
    bot: bool  # written by an app: never a command, or two bots could talk for ever
    reply_to: int | None = None  # the review comment that its thread starts with
    inline: bool = False  # a review comment


@dataclass(frozen=True, slots=True)
class Event:
    """Which pull request, and why. `nothing` says in words why there is nothing to do, or is empty."""

    repository: str = ""
    number: int = 0
    head: str = ""  # commit that the event is about, where it names one
    comment: Comment | None = None
    nothing: str = ""


def read_event(payload: Mapping[str, Any]) -> Event:
    """Read a webhook's payload; anything that isn't about a pull request gives number 0.

    Raises:
        UsageError: The payload is not of the form GitHub documents.
    """
    try:
        return _read(payload)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(
            f"GITHUB_EVENT_PATH holds no event that GitHub documents: {error!r}",
            hint="Name the pull request: --repo OWNER/NAME --pr NUMBER.",
        ) from error


def packed(data: object, event: Event) -> int:
    """Return the number that a fork's workflow packed: `{"number": 1, "head": "…"}`, checked as a stranger's.

    Raises:
        UsageError: It has another form, or is not of the commit that the trusted event names.
    """
    hint = "The unprivileged workflow writes it; see .github/workflows/codebot-fork-pack.yml."
    if not isinstance(data, dict) or set(data) != {"number", "head"}:
        raise UsageError("the packed pull request has to be an object of number and head", hint=hint)
    number, head = data["number"], data["head"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 1 << 31:
        raise UsageError("the packed pull request has no number", hint=hint)
    if not isinstance(head, str) or not _COMMIT.fullmatch(head):
        raise UsageError("the packed pull request names no commit", hint=hint)
    if event.head and head != event.head:
        raise UsageError("the packed pull request is not of the commit that the workflow ran for", hint=hint)
    return number


def _read(payload: Mapping[str, Any]) -> Event:
    repository = str(payload["repository"]["full_name"])
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(repository)
    action = str(payload.get("action", ""))
    if "workflow_run" in payload:
        return _workflow_run(repository, payload["workflow_run"])
    comment = payload.get("comment")
    if comment is not None and "issue" in payload:
        issue = payload["issue"]
        number = int(issue["number"]) if issue.get("pull_request") else 0
        return _commented(repository, number, action, comment, inline=False)
    pull = payload.get("pull_request")
    if pull is None:
        return Event(repository, nothing="this event is not about a pull request")
    number, head = int(pull["number"]), _commit(pull["head"]["sha"])
    if comment is not None:
        return _commented(repository, number, action, comment, inline=True)
    nothing = "" if action in _REVIEWED or not action else f"nothing to review when one is {action!r}"
    if action == "edited" and "base" not in payload.get("changes", {}):
        nothing = "only its title or text was edited"
    return Event(repository, number, head, nothing=nothing)


def _workflow_run(repository: str, run: Mapping[str, Any]) -> Event:
    pulls = run.get("pull_requests") or []
    number = int(pulls[0]["number"]) if pulls else 0
    failed = "" if run.get("conclusion") == "success" else "the workflow that packs it did not succeed"
    return Event(repository, number, _commit(run["head_sha"]), nothing=failed)


def _commented(
    repository: str, number: int, action: str, comment: Mapping[str, Any], *, inline: bool
) -> Event:
    nothing = ""
    if not number:
        nothing = "a comment on an issue, not on a pull request"
    elif action != "created":
        nothing = "only new comments are commands"
    user = comment.get("user") or {}
    return Event(
        repository,
        number,
        comment=Comment(
            id=int(comment["id"]),
            body=str(comment.get("body") or ""),
            author=str(user.get("login", "")),
            bot=user.get("type") != "User",
            reply_to=int(comment["in_reply_to_id"]) if comment.get("in_reply_to_id") else None,
            inline=inline,
        ),
        nothing=nothing,
    )


def _commit(value: object) -> str:
    if not isinstance(value, str) or not _COMMIT.fullmatch(value):
        raise ValueError(value)
    return value
