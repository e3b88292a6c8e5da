"""Write suggestions into the files they are for: all of them, or none."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections import defaultdict
from enum import Enum
from typing import TYPE_CHECKING

from bot.chunk.edit import edited_source
from bot.chunk.encoding import encode
from bot.errors import DriftError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.data import Change, Suggestion

__all__ = ["apply", "replacing"]


class _Same(Enum):
    """How a file equals the one that was read."""

    SAME = "byte for byte"
    CRLF = "but for line endings that git converts"


_SAME, _CRLF = _Same.SAME, _Same.CRLF


def apply(root: Path, suggestions: Sequence[Suggestion]) -> list[str]:
    """Write all `suggestions` under `root` and return the paths written, sorted.

    A suggestion that is a new file makes its folders too. Every written file is complete on disk, beside
    the old one, before the first takes its place; so whenever this is interrupted, each file is whole: the
    old one or the new one. Mode, owner (where the system allows it), encoding and line endings stay.

    Raises:
        DriftError: A file is not what it was when it was read; nothing is written.
        UsageError: A file's encoding cannot spell the text, or a folder cannot be written to.
        ValueError: Two suggestions share a line.
    """
    by_path: dict[str, list[Suggestion]] = defaultdict(list)
    for suggestion in suggestions:
        by_path[suggestion.path].append(suggestion)
    changes = {path: found[0].chunk.change for path, found in sorted(by_path.items())}
    fresh = {path for path, found in by_path.items() if found[0].new_file}
    found = {path: _find(root, change, fresh=path in fresh) for path, change in changes.items()}
    drifted = [f"{path} ({why})" for path, why in found.items() if isinstance(why, str)]
    if drifted:
        raise DriftError(
            "changed since it was read: " + ", ".join(drifted),
            hint="run codebot again; after --staged, the working tree must be as it is staged",
        )
    new = {path: _bytes(change, by_path[path], crlf=found[path] is _CRLF) for path, change in changes.items()}
    with replacing(root, new, fresh):
        pass
    return list(new)


@contextlib.contextmanager
def replacing(root: Path, new: Mapping[str, bytes], fresh: Collection[str] = ()) -> Iterator[None]:
    """Make ready the files `new`, by path under `root`; they take their places when the block ends well.

    Args:
        root: Where the paths start.
        new: What the files are to hold.
        fresh: Those that are not there yet; their folders are made too.

    Raises:
        UsageError: A folder cannot be written to.
    """
    temporary: dict[str, str] = {}
    made: list[str] = []  # folders that were not there, outermost first
    try:
        for path, raw in new.items():
            if path in fresh:
                _make_folders((root / path).parent, made)
            _write_beside(root / path, raw, temporary)
        yield
        for path, place in temporary.items():
            os.replace(place, path)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    finally:
        for place in temporary.values():
            with contextlib.suppress(OSError):  # the ones in place have no temporary name any more
                os.unlink(place)
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # what has a file in it stays
                os.rmdir(folder)


def _find(  # noqa: PLR0911 - one return for each kind of answer
    root: Path, change: Change, *, fresh: bool
) -> _Same | str:
    """Return how the file equals the one that was read, or in words why it doesn't."""
    place = root / change.path
    top = root.resolve()
    if top not in place.parent.resolve().parents and top != place.parent.resolve():
        return "outside the repository"
    if fresh:
        return "there is a file of this name now" if os.path.lexists(place) else _SAME
    try:
        if not stat.S_ISREG(place.lstat().st_mode):
            return "no regular file any more"
        raw = place.read_bytes()
    except OSError as error:
        return error.strerror or str(error)
    if raw == change.raw:
        return _SAME
    # With core.autocrlf, which is the default on Windows, the index has "\n" where the file has "\r\n".
    if change.origin == "index" and raw == encode(_crlf(change.source), change.encoding):
        return _CRLF
    return "other contents"


def _bytes(change: Change, suggestions: Sequence[Suggestion], *, crlf: bool) -> bytes:
    if suggestions[0].new_file:
        source = "".join(s.replacement for s in suggestions).encode()
    else:
        source = edited_source(change, suggestions)
    try:
        return encode(_crlf(source) if crlf else source, change.encoding)
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise UsageError(f"{change.path}: {change.encoding} cannot spell {character!r}") from error


def _crlf(source: bytes) -> bytes:
    return source.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _write_beside(place: Path, raw: bytes, temporary: dict[str, str]) -> None:
    """Write `raw` to a new file in the same folder, with the old one's mode and owner; note it at once."""
    status = place.stat() if place.exists() else None
    handle, name = tempfile.mkstemp(prefix=f".{place.name[:50]}.", suffix=".codebot", dir=place.parent)
    temporary[str(place)] = name
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    if status is None:
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(name, status.st_uid, status.st_gid)
    os.chmod(name, stat.S_IMODE(status.st_mode))


def _make_folders(folder: Path, made: list[str]) -> None:
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        os.mkdir(each)
        made.append(str(each))
