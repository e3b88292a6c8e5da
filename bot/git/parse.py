"""What git prints, as values. Pure: bytes in, values out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.chunk.edit import line_starts
from bot.data import LineRange
from bot.files.skips import Attributes

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "SUBMODULE",
    "SYMLINK",
    "Entry",
    "attributes",
    "commits",
    "companions",
    "hunks",
    "index",
    "ranges_of",
    "raw_diff",
]

SUBMODULE = 0o160000
SYMLINK = 0o120000

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPES = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))
_COUNTS = {b"+": 1, b"-": 1, b"\\": 0}  # of a hunk's two sides a line is on; a line of context is on both
_TRUTH = {"set": True, "true": True, "unset": False, "false": False}


@dataclass(frozen=True, slots=True)
class Entry:
    """One path as git lists it. `status` is a letter of `git diff`, "H" (in the index) or "?" (untracked)."""

    path: str
    status: str
    mode: int = 0o100644  # of the new side; 0 where that side has no file
    blob: str = ""  # of the new side, where git knows it
    old_blob: str = ""
    old_mode: int = 0
    old_path: str | None = None


def raw_diff(fields: list[str]) -> list[Entry]:
    """Read `git diff --raw -z --no-abbrev`."""
    found = []
    values = iter(fields)
    for head in values:
        old_mode, mode, old_blob, blob, status = head.removeprefix(":").split(" ")
        path = next(values)
        old_path = None
        if status[0] in "RC":
            old_path, path = path, next(values)
        found.append(Entry(path, status[0], int(mode, 8), blob, old_blob, int(old_mode, 8), old_path))
    return found


def index(fields: list[str]) -> list[Entry]:
    """Read `git ls-files --stage -t -z`, one entry a path: "H", "S" (sparse checkout) or "U" (unmerged)."""
    found = {}
    for field in fields:
        head, _, path = field.partition("\t")
        tag, mode, blob, stage = head.split(" ")
        found[path] = Entry(path, "U" if stage != "0" else "S" if tag == "S" else "H", int(mode, 8), blob)
    return list(found.values())


def attributes(fields: list[str]) -> dict[str, Attributes]:
    """Read `git check-attr -z` for linguist-generated, linguist-vendored and working-tree-encoding."""
    values: dict[str, dict[str, str]] = {}
    for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        if value != "unspecified":
            values.setdefault(path, {})[name] = value
    return {
        path: Attributes(
            _TRUTH.get(of.get("linguist-generated", "")),
            _TRUTH.get(of.get("linguist-vendored", "")),
            _encoding(of.get("working-tree-encoding", "")),
        )
        for path, of in values.items()
    }


def hunks(lines: Iterable[bytes]) -> dict[str, tuple[LineRange, ...]]:
    """Read `git diff -U0 --src-prefix=a/ --dst-prefix=b/` (no -z): changed lines of the new side by path.

    With more context than none, that is part of the ranges. Hunks are counted out, so that a file which
    itself holds a diff is not taken for one. Where lines were only removed, the line in front of the gap
    stands for them.
    """
    found: dict[str, list[LineRange]] = {}
    path = ""
    left = 0  # content lines until the hunk ends
    for line in lines:
        if left > 0:
            left -= _COUNTS.get(line[:1], 2)
        elif line.startswith(b"+++ "):
            path = _path(line[4:])
        elif match := _HUNK.match(line):
            removed, start, added = (1 if n is None else int(n) for n in match.groups())
            left = removed + added
            found.setdefault(path, []).append(_range(start if added else start + 1, added))
    return {path: tuple(ranges) for path, ranges in found.items()}


def ranges_of(old: bytes, new: bytes) -> tuple[LineRange, ...]:
    """Return the lines of `new` that differ from `old`, for files that git takes for binary (UTF-16)."""
    opcodes = SequenceMatcher(None, _lines(old), _lines(new), autojunk=False).get_opcodes()
    return tuple(_range(low + 1, high - low) for tag, _, _, low, high in opcodes if tag != "equal")


def commits(fields: list[str], separator: str) -> list[list[str]]:
    """Read `git log --name-only -z --format=SEPARATOR`: the paths of each commit."""
    found: list[list[str]] = []
    first = True
    for field in fields:
        if field == separator:
            found.append([])
            first = True
        else:
            # Git ends the header with a line feed, which comes before the first path.
            found[-1].append(field[1:] if first and field.startswith("\n") else field)
            first = False
    return found


def companions(history: list[list[str]], path: str) -> Counter[str]:
    """Count how often each other path was committed together with `path`, most recent first among equals."""
    return Counter(other for paths in history if path in paths for other in paths if other != path)


def _range(start: int, count: int) -> LineRange:
    """Return `count` lines from `start`; for none, the line in front of the gap, or the first one."""
    return LineRange(start, start + count - 1) if count else LineRange(max(start - 1, 1), max(start - 1, 1))


def _lines(source: bytes) -> list[bytes]:
    starts = line_starts(source)
    return [source[a:b].rstrip(b"\r\n") for a, b in pairwise(starts)]


def _path(name: bytes) -> str:
    """Return the path of a "+++" line: "b/name", quoted like C where it has odd bytes, "" for none."""
    name = name.rstrip(b"\n").removesuffix(b"\t")
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_unescape, name[1:-1])
    return name[2:].decode("utf-8", "surrogateescape") if name.startswith(b"b/") else ""


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) if len(code) == 3 else _ESCAPES[code[0]]])  # noqa: PLR2004 - "\303"


def _encoding(value: str) -> str | None:
    return value if value not in {"", "set", "unset"} else None
