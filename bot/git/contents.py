"""What the chosen files hold: from disk or from the index, one at a time, with the lines that changed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chunk.encoding import decode
from bot.data import Change, LineRange, Skipped
from bot.errors import RepositoryError
from bot.files.disk import read_file, to_change
from bot.files.skips import NO_ATTRIBUTES, skip_path
from bot.git import parse
from bot.git.parse import SUBMODULE, SYMLINK, Entry
from bot.git.run import Blobs, Git, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.files.skips import Attributes, Filters

__all__ = ["DIFF", "contents", "hunks"]

# As few of the user's diff settings as possible may show; renames are looked for, copies are not.
DIFF = tuple(
    "diff --no-ext-diff --no-textconv --no-color --no-relative --ignore-submodules=dirty --submodule=short "  # noqa: SIM905 - as one would type it
    "-M -O/dev/null --inter-hunk-context=0 --src-prefix=a/ --dst-prefix=b/ --no-abbrev".split()
)
_ATTRIBUTES = ("linguist-generated", "linguist-vendored", "working-tree-encoding")
_MARKER = "pyvenv.cfg"  # at the top of a virtual environment
_CHANGED = "MR"  # statuses of files that were there before; any other is new as a whole


def contents(
    git: Git,
    chosen: Sequence[tuple[Entry | Skipped, str]],
    *,
    base: str | None,
    staged: bool,
    filters: Filters,
    head: str | None = None,
) -> Iterator[Change | Skipped]:
    """Yield each of `chosen` in turn, holding one file at a time.

    Args:
        git: Git at the repository's root.
        chosen: What git lists, each with the path of the user's that it is under.
        base: The commit or tree that line ranges are against; None: no ranges.
        staged: Read the index, not the working tree.
        filters: What to leave out.
        head: Read this commit, not the working tree, nor the index.
    """
    entries = [entry for entry, _ in chosen if isinstance(entry, Entry)]
    known = _attributes(git, [e.path for e in entries], staged=staged, head=head) if entries else {}
    ranges = hunks(git, base, staged=staged, head=head) if base and entries else {}
    environments = tuple(e.path.removesuffix(_MARKER) for e in entries if e.path.endswith("/" + _MARKER))
    blobs = Blobs(git)
    reader = _Reader(git.folder, blobs, filters, "index" if staged else head)
    try:
        for entry, given in chosen:
            if isinstance(entry, Skipped):
                yield entry
                continue
            attributes = known.get(entry.path, NO_ATTRIBUTES)
            if entry.path.startswith(environments) and not f"{given}/".startswith(environments):
                attributes = replace(attributes, vendored=True)
            found = reader.read(entry, attributes, given)
            if isinstance(found, Change) and base and entry.status in _CHANGED:
                touched = ranges.get(entry.path)
                touched = reader.compare(entry, found) if touched is None else touched
                if touched == () and entry.status == "M" and entry.mode == entry.old_mode:
                    continue  # only its time stamp is new
                found = replace(found, ranges=touched)
            yield found
    finally:
        blobs.close()


@dataclass(frozen=True)
class _Reader:
    root: str
    blobs: Blobs
    filters: Filters
    origin: str | None  # "index" or a commit id; None: the working tree

    def read(self, entry: Entry, attributes: Attributes, given: str) -> Change | Skipped:
        """Return the file as it is staged or on disk."""
        skipped = skip_path(entry.path, self.filters, attributes, given=given) or _skip_entry(entry)
        if skipped:
            return skipped
        found = self._stored(entry) if self.origin else self._on_disk(entry, attributes, given)
        if isinstance(found, Skipped):
            return found
        raw, mode = found
        if self.origin:  # git keeps text as UTF-8, whatever encoding the working tree has
            attributes = replace(attributes, encoding=None)
        origin = self.origin or "worktree"
        return to_change(entry.path, raw, attributes, mode=mode, origin=origin, old_path=entry.old_path)

    def compare(self, entry: Entry, change: Change) -> tuple[LineRange, ...] | None:
        """Return what changed where git shows no lines: nothing did, or it is UTF-16 or marked `-diff`."""
        if change.blob == entry.old_blob:
            return ()
        old = self.blobs.read(entry.old_blob, self.filters.max_bytes)
        decoded = decode(entry.path, old) if isinstance(old, bytes) else None
        return parse.ranges_of(decoded[0], change.source) if isinstance(decoded, tuple) else None

    def _stored(self, entry: Entry) -> tuple[bytes, int] | Skipped:
        limit = self.filters.max_bytes
        try:
            found = self.blobs.read(entry.blob, limit)
        except RepositoryError as error:
            return Skipped(entry.path, "unreadable", str(error))
        if isinstance(found, int):
            return Skipped(entry.path, "too-large", f"{found:,} bytes; max_file_bytes is {limit:,}")
        return found, entry.mode

    def _on_disk(self, entry: Entry, attributes: Attributes, given: str) -> tuple[bytes, int] | Skipped:
        if _behind_link(self.root, entry.path.rpartition("/")[0]):
            return Skipped(entry.path, "symlink", "a folder on the way is a link")
        found = read_file(Path(self.root), entry.path, self.filters, attributes, given=given)
        if isinstance(found, Skipped) and found.reason == "deleted" and entry.status == "S":
            return Skipped(entry.path, "unreadable", "outside the sparse checkout")
        return found


@cache
def _behind_link(root: str, folder: str) -> bool:
    """Whether git's `folder` has become a link, perhaps to outside the repository."""
    place = os.path.join(root, folder) if folder else root
    return os.path.realpath(place) != os.path.normpath(place)


def _skip_entry(entry: Entry) -> Skipped | None:
    if entry.status == "U":
        return Skipped(entry.path, "unmerged")
    if entry.status == "D":
        return Skipped(entry.path, "deleted")
    if entry.mode == SUBMODULE:
        return Skipped(entry.path, "submodule")
    if entry.mode == SYMLINK:
        return Skipped(entry.path, "symlink")
    return None


def _attributes(
    git: Git, paths: Sequence[str], *, staged: bool, head: str | None = None
) -> dict[str, Attributes]:
    asked = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    # A commit's own attributes would need git 2.40; the index is near enough to tell what is generated.
    cached = ["--cached"] if staged or head else []
    said = git.run("check-attr", "-z", "--stdin", *cached, *_ATTRIBUTES, stdin=asked)
    return parse.attributes(split(said))


def hunks(
    git: Git, base: str, *, staged: bool = False, head: str | None = None, context: int = 0
) -> dict[str, tuple[LineRange, ...]]:
    """Return the changed lines of the new side by path, with `context` lines around them."""
    cached = ["--cached"] if staged else []
    sides = [base, head] if head else [base]
    return parse.hunks(git.lines(*DIFF, f"-U{context}", *cached, *sides, "--"))
