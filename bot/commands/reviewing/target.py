"""Which pull request: named by flags, or by the event that started us."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError
from bot.github.api import PUBLIC
from bot.review.events import Event, packed, read_event

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Target", "find"]

_HINT = "codebot review --repo OWNER/NAME --pr NUMBER, or run it where GitHub Actions sets GITHUB_EVENT_PATH."
_PACKED = 1000  # bytes


@dataclass(frozen=True, slots=True)
class Target:
    """What to review, where, and with which token."""

    repository: str
    number: int
    event: Event
    token: str
    url: str


def find(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Target:
    """Return what the flags name; what they leave out comes from the event.

    Raises:
        UsageError: Neither names a pull request, or there is no token.
    """
    event = _event(environ)
    repository = flags["repo"] or event.repository or environ.get("GITHUB_REPOSITORY", "")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", repository):
        raise UsageError(
            "which repository?" if not repository else f"{repository!r} is not OWNER/NAME", hint=_HINT
        )
    if event.repository and event.repository.lower() != repository.lower():
        event = Event()  # about something else
    number = flags["pr"] or event.number
    if flags["pr_file"] and not event.nothing:
        number = _unpack(flags["pr_file"], event)
    if not number and not event.nothing:
        raise UsageError("which pull request?", hint=_HINT)
    token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or ""
    if not token:
        raise UsageError(
            "GITHUB_TOKEN is not set",
            hint="In a workflow: env: {GITHUB_TOKEN: ${{ github.token }}}; at home: gh auth token.",
        )
    if flags["pr"]:
        event = Event(repository, number, comment=event.comment if event.number == number else None)
    url = flags["api_url"] or environ.get("GITHUB_API_URL") or PUBLIC
    return Target(repository, number, event, token, url)


def _event(environ: Mapping[str, str]) -> Event:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return Event()
    try:
        payload = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH: {path} cannot be read: {error}", hint=_HINT) from error
    if not isinstance(payload, dict):
        raise UsageError(f"GITHUB_EVENT_PATH: {path} holds no event", hint=_HINT)
    if "repository" not in payload:
        return Event()  # a schedule, or a test run
    return read_event(payload)


def _unpack(path: Path, event: Event) -> int:
    try:
        raw = path.read_bytes()[: _PACKED + 1]
        data = json.loads(raw) if len(raw) <= _PACKED else None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    return packed(data, event)
