"""What is known of each language, and which one a file is written in.

Rows name grammar wheels as strings; nothing is imported until `bot.chunk.tree` parses the first file. The
rows themselves are in `bot.languages.table`.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from bot.languages.row import DocForm, Language
from bot.languages.table import ROWS

__all__ = ["LANGUAGES", "DocForm", "Language", "detect", "is_test_path"]

LANGUAGES: dict[str, Language] = {row.name: row for row in ROWS}

_BY_EXTENSION = {extension: row.name for row in ROWS for extension in row.extensions}
_BY_NAME = {name: row.name for row in ROWS for name in row.filenames}
_BY_INTERPRETER = {name: row.name for row in ROWS for name in row.interpreters}

_VERSION = re.compile(r"[-\d.]+\Z")
_CPLUSPLUS = re.compile(
    rb"^\s*(?:class\s+\w|namespace\b|template\s*<|using\s|(?:public|private)\s*:)|\bstd::", re.MULTILINE
)


def detect(path: str, first_bytes: bytes = b"") -> str:
    """Return the language of a file: a row of `LANGUAGES`, or "text" when nothing tells.

    Args:
        path: its name; folders do not count.
        first_bytes: how it starts, for files without a known extension (the `#!` line) and for C++
            headers that are called `.h`. A few kilobytes are plenty.
    """
    name = path.rsplit("/", 1)[-1]
    if name in _BY_NAME:
        return _BY_NAME[name]
    _, dot, extension = name.rpartition(".")
    if dot:
        known = _BY_EXTENSION.get(dot + extension) or _BY_EXTENSION.get(dot + extension.lower())
        if known == "c" and extension in {"h", "H"} and _CPLUSPLUS.search(first_bytes):
            return "cpp"
        if known:
            return known
    return _interpreter(first_bytes) or "text"


def _interpreter(first_bytes: bytes) -> str | None:
    """Return the language of a `#!` line: "#!/bin/sh -e", "#!/usr/bin/env -S A=1 python3.11 -u"."""
    if not first_bytes.startswith(b"#!"):
        return None
    words = first_bytes[2:].split(b"\n", 1)[0].decode("ascii", "replace").split()
    if words and words[0].rsplit("/", 1)[-1] == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return _BY_INTERPRETER.get(_VERSION.sub("", words[0].rsplit("/", 1)[-1])) if words else None


def is_test_path(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of a language's test patterns fits: `test_*.py` on the name, `tests/**` on any folder."""
    *folders, name = path.split("/")
    for pattern in patterns:
        if pattern.endswith("/**"):
            wanted = pattern.removesuffix("/**").removeprefix("**/")
            if f"/{wanted}/" in "/" + "".join(f"{f}/" for f in folders):
                return True
        elif fnmatchcase(name, pattern.rpartition("/")[2]):
            return True
    return False
