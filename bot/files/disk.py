# Strings: a Path for each of 100,000 files costs more than looking at the file.
"""The disk: one file, or a folder that is in no repository, as `Change` or `Skipped` values."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from bot.chunk.encoding import blob_id, decode, newline_of
from bot.data import Change, Skipped
from bot.errors import UsageError
from bot.files.skips import MAX_BYTES, NO_ATTRIBUTES, Filters, is_vendored, skip_content, skip_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.data import LineRange
    from bot.files.skips import Attributes

__all__ = [
    "given_paths",
    "load_filters",
    "read_file",
    "read_folder",
    "to_change",
    "under",
    "walk",
]

IGNORE_FILE = ".codebotignore"
_CACHES = frozenset({"__pycache__", "__pypackages__"})


def load_filters(
    root: Path, *, include: Sequence[str] = (), exclude: Sequence[str] = (), max_bytes: int = MAX_BYTES
) -> Filters:
    """Return the filters of a run over `root`, its .codebotignore included.

    Raises:
        UsageError: A glob is none, or .codebotignore cannot be read.
    """
    try:
        text = (root / IGNORE_FILE).read_text("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        text = ""
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{root / IGNORE_FILE}: {error}") from error
    return Filters(tuple(include), tuple(exclude), text, max_bytes)


def given_paths(root: Path, paths: Sequence[str | Path]) -> list[tuple[str, str]]:
    """Return each path as the user wrote it, and as POSIX under `root` ("" is the root itself).

    Relative paths start at the current folder. Links on the way are followed, so that a path through a
    link finds the files under their own names; a link that is itself the file is left for `read_file`.

    Raises:
        UsageError: A path lies outside `root`.
    """
    real_root = os.path.realpath(root)
    found = []
    for path in (os.fspath(p) for p in paths):
        absolute = os.path.abspath(path)
        if os.path.isdir(absolute):
            absolute = os.path.realpath(absolute)
        else:
            absolute = os.path.join(os.path.realpath(os.path.dirname(absolute)), os.path.basename(absolute))
        try:
            inside = os.path.commonpath([real_root, absolute]) == real_root
        except ValueError:  # another drive
            inside = False
        if not inside:
            raise UsageError(f"{path}: outside {root}", hint="run codebot once for each repository")
        relative = os.path.relpath(absolute, real_root)
        found.append((path, "" if relative == "." else relative.replace(os.sep, "/")))
    return found


def under(path: str, given: str) -> bool:
    """Whether `path` is `given`, or lies in that folder; everything lies in ""."""
    return not given or path == given or path.startswith(given + "/")


def to_change(
    path: str,
    raw: bytes,
    attributes: Attributes = NO_ATTRIBUTES,
    *,
    ranges: tuple[LineRange, ...] | None = None,
    mode: int = 0o100644,
    origin: str = "worktree",
    old_path: str | None = None,
) -> Change | Skipped:
    """Return a file's bytes as a `Change`, or why they are no text that people wrote."""
    decoded = decode(path, raw, attributes_encoding=attributes.encoding)
    if isinstance(decoded, Skipped):
        return decoded
    source, encoding = decoded
    return skip_content(path, source, attributes) or Change(
        path=path,
        raw=raw,
        source=source,
        encoding=encoding,
        newline=newline_of(source),
        ranges=ranges,
        blob=blob_id(raw),
        mode=mode,
        origin=origin,
        old_path=old_path,
    )


def read_file(  # noqa: PLR0911 - one return a reason
    root: Path, path: str, filters: Filters, attributes: Attributes = NO_ATTRIBUTES, *, given: str = ""
) -> tuple[bytes, int] | Skipped:
    """Return a file's bytes and git mode, or why it isn't read. `path` is POSIX and under `root`."""
    if skipped := skip_path(path, filters, attributes, given=given):
        return skipped
    place = os.path.join(root, path)
    try:
        status = os.lstat(place)
        if stat.S_ISLNK(status.st_mode):
            return Skipped(path, "symlink")
        if not stat.S_ISREG(status.st_mode):
            return Skipped(path, "unreadable", "not a regular file")
        if skipped := skip_path(path, filters, attributes, given=given, size=status.st_size):
            return skipped
        with open(place, "rb") as file:
            raw = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return Skipped(path, "deleted")
    except OSError as error:
        return Skipped(path, "unreadable", error.strerror or str(error))
    return raw, 0o100755 if status.st_mode & 0o111 else 0o100644


def read_folder(
    root: Path, paths: Sequence[str | Path] = (), filters: Filters | None = None
) -> Iterator[Change | Skipped]:
    """Yield the files under `root`, or only those in `paths`, one at a time and sorted by path.

    Hidden folders, caches and virtual environments are passed over; a folder of vendored code is one
    `Skipped`. Naming such a folder in `paths` reads it all the same.

    Raises:
        UsageError: A path does not exist, or lies outside `root`.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder")
    chosen = given_paths(root, paths) or [("", "")]
    for written, path in chosen:
        if not os.path.lexists(os.path.join(root, path)):
            raise UsageError(f"{written}: no such file or folder")
    return _read_folder(root, sorted({path for _, path in chosen}), filters or load_filters(root))


def _read_folder(root: Path, given: list[str], filters: Filters) -> Iterator[Change | Skipped]:
    last: str | None = None
    for start in given:
        if last is not None and under(start, last):
            continue  # "a" and "a/b.py" were both given
        last = start
        for found in walk(root, start):
            if isinstance(found, Skipped):
                yield found
                continue
            read = read_file(root, found, filters, given=start)
            yield read if isinstance(read, Skipped) else to_change(found, read[0], mode=read[1])


def walk(root: Path, start: str) -> Iterator[str | Skipped]:
    """Yield the paths of files in folder `start` (or `start` itself), sorted as whole paths sort."""
    top = os.path.join(root, start)
    if os.path.islink(top) or not os.path.isdir(top):
        yield start
        return
    try:
        with os.scandir(top) as listing:
            entries = sorted(listing, key=lambda e: e.name + "/" * e.is_dir(follow_symlinks=False))
    except OSError as error:
        yield Skipped(start, "unreadable", error.strerror or str(error))
        return
    for entry in entries:
        path = f"{start}/{entry.name}" if start else entry.name
        if not entry.is_dir(follow_symlinks=False):
            yield path
        elif entry.name.startswith(".") or entry.name in _CACHES:
            continue
        elif is_vendored(entry.name + "/") or os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
            yield Skipped(path, "vendored", "the whole folder")
        else:
            yield from walk(root, path)
