"""What a hook looks at: what is staged, what is about to be pushed, or files that pre-commit names."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.languages import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.data import Change, Skipped
    from bot.files import Filters
    from bot.git import Repository
    from bot.git.parse import Entry

__all__ = ["Subject", "is_draft", "reader", "subjects"]

_DRAFTS = ("fixup!", "squash!", "amend!", "wip")
_SKIP = "codebot: skip"
_CUT = (
    "------------------------ >8 ------------------------"  # below it git shows the diff (commit --verbose)
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Files to look at, and how the session reads them."""

    names: tuple[str, ...]  # as the ledger has them
    staged: bool = False
    paths: tuple[str, ...] = ()  # as they were given; none: all
    between: tuple[str, str] | None = None  # base and tip of the commits to read

    @property
    def flags(self) -> dict[str, Any]:
        """What `open_run` is told."""
        if self.between is None:
            return {"staged": self.staged, "paths": self.paths}
        return {"paths": (), "read": reader(*self.between)}


def reader(base: str, tip: str) -> Callable[[Repository, Filters], Iterator[Change | Skipped]]:
    """Return what reads the files that differ between two commits or trees, as `tip` has them."""
    return lambda repo, filters: repo.commits.between(base, tip, filters=filters)


def subjects(
    hook: str, repo: Repository, flags: Mapping[str, Any], environ: Mapping[str, str]
) -> Iterator[Subject]:
    """Yield what there is to look at: mostly one thing, or nothing."""
    given = tuple(path for path in flags.get("files") or () if _may_be_code(path, os.access(path, os.X_OK)))
    if ends := _named_commits(repo, environ):
        yield _commits(repo, *ends)
    elif hook == "pre-push":
        lines = [] if sys.stdin.isatty() else sys.stdin.read().splitlines()
        for base, tip in repo.pushed(lines, str(flags.get("remote") or "")):
            yield _commits(repo, base, tip)
    elif staged := repo.staged():
        wanted = {os.path.relpath(path, repo.root).replace(os.sep, "/") for path in given}
        names = tuple(path for path in _code(staged) if path in wanted or not given)
        yield Subject(names, staged=True, paths=given)
    elif given:
        yield Subject(given, paths=given)


def is_draft(message: str) -> bool:
    """Whether a commit's message, in the file `message`, says that it is not worth looking at yet."""
    try:
        lines = Path(message).read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    cut = next((i for i, line in enumerate(lines) if line.endswith(_CUT)), len(lines))
    lines = lines[:cut]
    subject = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
    return subject.lower().startswith(_DRAFTS) or any(line.strip().lower() == _SKIP for line in lines)


def _code(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the paths of what may be code: where there is only prose, no engine needs to be opened."""
    return (e.path for e in entries if e.status != "D" and _may_be_code(e.path, bool(e.mode & 0o111)))


def _may_be_code(path: str, executable: bool) -> bool:
    """Whether a file's name leaves it open that it is code; a script may do without an ending."""
    return detect(path) != "text" or (executable and "." not in path.rpartition("/")[2])


def _named_commits(repo: Repository, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the commits that pre-commit says to look at (`--from-ref`, `--to-ref`, or a push)."""
    old, new = environ.get("PRE_COMMIT_FROM_REF"), environ.get("PRE_COMMIT_TO_REF")
    if not old or not new:
        return None
    base = repo.commits.merge_base(old, new)
    return (base, new) if base else None


def _commits(repo: Repository, base: str, tip: str) -> Subject:
    return Subject(tuple(_code(repo.commits.entries(base, tip))), between=(base, tip))
