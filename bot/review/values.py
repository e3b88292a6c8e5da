"""The values of a review: a pull request, its files, what was said on it, and what is to be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.data import LineRange, Verified

__all__ = ["Draft", "FileDiff", "Finding", "Mark", "Note", "Posted", "Pull", "Refused"]


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as it stood when it was read. Text that its author chose is left out on purpose."""

    repository: str  # "owner/name"
    repository_id: int
    number: int
    head: str  # commit ids
    base: str
    merge_base: str = ""  # "": not known yet
    head_ref: str = ""
    head_repository: str = ""  # "owner/name"; "": deleted
    base_ref: str = ""
    draft: bool = False
    open: bool = True
    changed_files: int = 0

    @property
    def fork(self) -> bool:
        """Whether its commits live in another repository, or in one that is gone."""
        return self.head_repository.lower() != self.repository.lower()


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a pull request. Lines are of the new side."""

    path: str
    status: str  # a letter of `git diff`: A, M, R, D, T
    blob: str = ""  # id of the new side
    old_path: str | None = None
    spans: tuple[LineRange, ...] = ()  # what can be commented on: hunks with their context
    changed: tuple[LineRange, ...] | None = ()  # what was written; None: all of it
    patch: bool = True  # False: GitHub shows no diff of it, so nothing can be commented on


@dataclass(frozen=True, slots=True)
class Mark:
    """What a hidden marker of ours says. `data` holds JSON values."""

    kind: str  # "comment", "review", "summary" or "reply"
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Posted:
    """A review comment of ours that is on the pull request."""

    id: int
    mark: Mark
    body: str
    path: str
    line: int | None  # None: outdated, its lines are no longer in the diff
    start_line: int | None = None
    node: str = ""  # GraphQL's ids, where they are known
    thread: str = ""
    url: str = ""
    resolved: bool = False
    resolver: str = ""  # login of who resolved the thread
    minimized: bool = False

    @property
    def identity(self) -> str:
        """Which suggestion it holds."""
        return str(self.mark.data.get("i", ""))


@dataclass(frozen=True, slots=True)
class Note:
    """An issue comment of ours."""

    id: int
    mark: Mark
    body: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A proven suggestion with what tells it apart from others; see `bot.review.identity`."""

    verified: Verified
    identity: str  # rule, place and content
    slot: str  # rule and place, whatever the content
    kin: str  # rule, symbol and content, whatever the path
    content: str  # hash of the symbol's own text
    text: str  # hash of what is suggested
    value: float = 0.0  # higher is told first


@dataclass(frozen=True, slots=True)
class Draft:
    """A review comment to be. `start_line` is None for one line."""

    finding: Finding
    path: str
    line: int
    start_line: int | None
    body: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A comment that GitHub did not take, and what it said."""

    draft: Draft
    why: str
