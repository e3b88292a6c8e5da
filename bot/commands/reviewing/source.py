"""The files of a pull request: out of this clone where it holds the commits, else through the interface.

Either way only data is read: the head is never checked out, and none of its configuration counts.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.chunk.encoding import decode
from bot.data import Change, Skipped
from bot.files.disk import to_change
from bot.files.skips import Filters, skip_path
from bot.git.parse import ranges_of
from bot.github import pulls
from bot.github.blobs import blobs
from bot.review.asks import in_scope
from bot.review.lines import common
from bot.review.state import State, reviewed_before
from bot.review.values import FileDiff, Pull

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack

    from bot.errors import ForgeError
    from bot.git import Repository
    from bot.github import Api

__all__ = ["Source", "open_source"]

_BATCH = 40  # blobs in one request


@dataclass(slots=True)
class Source:
    """A pull request's files. `old` gives a file as another commit has it."""

    pull: Pull
    files: dict[str, FileDiff]
    read: Callable[[Filters], Iterator[Change | Skipped]]
    old: Callable[[str, str], tuple[bytes, str] | None]  # (commit, path) -> bytes and blob
    root: Path  # a folder that holds (some of) the tree, for context
    tree: Callable[[Filters], Iterator[Change | Skipped]]
    companions: Callable[[str], list[str]] = lambda _path: []
    text: Callable[[Path, str], bytes] | None = None  # a file of the tree for linked context; None: the disk
    export: Callable[[Path], None] | None = None  # writes the head's files; None: they are not at hand
    notes: list[str] = field(default_factory=list)
    blobs: dict[str, str] = field(default_factory=dict)  # what this run reviewed or had reviewed, by path

    def fresh(self, filters: Filters, state: State | None, scope: str = "") -> Iterator[Change | Skipped]:
        """Yield the files that a run has to look at, each with the lines that are new to it.

        Args:
            filters: What to leave out.
            state: What was reviewed before; None: everything counts as new.
            scope: Only this file or folder.
        """
        for item in self.read(filters):
            if not in_scope(item.path, scope):
                continue
            if isinstance(item, Skipped):
                yield item
                continue
            self.blobs[item.path] = item.blob
            if state and reviewed_before(state, item.path, item.blob):
                yield Skipped(item.path, "reviewed")
            else:
                yield self._since(item, state) if state else item

    def _since(self, change: Change, state: State) -> Change:
        """Narrow a change to what the last reviewed head did not have; after a rebase that is still right."""
        if not state.head or not state.knows(change.path):
            return change
        before = self.old(state.head, change.path)
        if before is None or not reviewed_before(state, change.path, before[1]):
            return change
        decoded = decode(change.path, before[0])
        if isinstance(decoded, Skipped):
            return change
        return replace(change, ranges=common(change.ranges, ranges_of(decoded[0], change.source)))


def open_source(api: Api, pull: Pull, repo: Repository | None, stack: ExitStack) -> Source:
    """Return a pull request's files.

    Args:
        api: The connection.
        pull: The pull request.
        repo: A clone of its repository to learn from, if there is one; it need not hold the commits.
        stack: Ends what has to be ended.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
    """
    base = repo.commits.merge_base(pull.base, pull.head) if repo else None
    if repo is not None and base:
        return _from_git(replace(pull, merge_base=base), repo)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="codebot-")))
    return _from_api(api, pull, folder / pull.repository.partition("/")[2], repo)


def _from_git(pull: Pull, repo: Repository) -> Source:
    spans = repo.commits.spans(pull.merge_base, pull.head)
    files = {
        e.path: FileDiff(e.path, e.status, e.blob, e.old_path, spans.get(e.path, ()), patch=e.path in spans)
        for e in repo.commits.entries(pull.merge_base, pull.head)
    }
    return Source(
        pull,
        files,
        read=lambda filters: repo.commits.between(pull.merge_base, pull.head, filters=filters),
        old=repo.commits.show,
        root=repo.root,
        tree=lambda filters: repo.commits.whole(pull.head, filters=filters),
        companions=repo.recent_companions,
        text=lambda _root, path: _text(path, repo.commits.show(pull.head, path)),
        export=lambda folder: repo.commits.export(pull.head, folder),
    )


def _from_api(api: Api, pull: Pull, root: Path, repo: Repository | None) -> Source:
    base, files, notes = pulls.diff(api, pull)
    pull = replace(pull, merge_base=base)
    known: dict[str, Change | Skipped] = {}

    def read(filters: Filters) -> Iterator[Change | Skipped]:
        todo = [f for f in files if f.path not in known]
        for start in range(0, len(todo), _BATCH):
            batch = todo[start : start + _BATCH]
            skipped = {f.path: _skipped(f, filters) for f in batch}
            wanted = [f.blob for f in batch if skipped[f.path] is None]
            found = blobs(api, pull.repository, wanted)
            for f in batch:
                known[f.path] = skipped[f.path] or _change(f, found.get(f.blob), pull.head)
                _keep(root, known[f.path])
        yield from (known[f.path] for f in files)

    def here(filters: Filters) -> Iterator[Change | Skipped]:
        """Yield what was kept: what links to what is read again from there."""
        yield from (c for c in read(filters) if isinstance(c, Change) and (root / c.path).is_file())

    root.mkdir(parents=True)
    return Source(
        pull,
        {f.path: f for f in files},
        read=read,
        old=lambda commit, path: pulls.content(api, pull.repository, path, commit),
        root=repo.root if repo else root,
        tree=(lambda filters: repo.read((), filters=filters)) if repo else here,
        notes=notes,
    )


def _text(path: str, found: tuple[bytes, str] | None) -> bytes:
    decoded = decode(path, found[0]) if found else None
    return decoded[0] if isinstance(decoded, tuple) else b""


def _skipped(file: FileDiff, filters: Filters) -> Skipped | None:
    if file.status == "D":
        return Skipped(file.path, "deleted")
    if not file.blob:
        return Skipped(file.path, "unreadable", "GitHub names no contents")
    return skip_path(file.path, filters)


def _change(file: FileDiff, found: bytes | ForgeError | None, head: str) -> Change | Skipped:
    if not isinstance(found, bytes):
        why = str(found) if found else "GitHub gave no contents"
        return Skipped(file.path, "unreadable", why)
    ranges = None if file.status == "A" else file.changed
    made: Any = to_change(file.path, found, ranges=ranges, origin=head, old_path=file.old_path)
    return replace(made, blob=file.blob) if isinstance(made, Change) else made


def _keep(root: Path, item: Change | Skipped) -> None:
    """Write a file below `root`, so that linked context can be read again; never outside of it."""
    if not isinstance(item, Change):
        return
    parts = item.path.split("/")
    if {"", ".", "..", ".git"} & {part.lower() for part in parts} or "\\" in item.path or "\0" in item.path:
        return
    place = root.joinpath(*parts)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(item.raw)
    except OSError:
        return  # a name that this system cannot hold: there is less context, that is all
