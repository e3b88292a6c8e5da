"""Which names the files of a tree import from each other: what looks unused may be used from elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.data import Change
from bot.languages import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.data import Skipped

__all__ = ["Importers"]

_FROM = re.compile(
    rb"^[ \t]*from[ \t]+(\.*[ \t]*[\w.]*)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)", re.MULTILINE
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ALIAS = re.compile(rb"\b([\w.]+)[ \t]+as[ \t]+(\w+)")
_ATTRIBUTE = re.compile(rb"\b(?=([A-Za-z_]\w*)\.([A-Za-z_]\w*)\b)")


class Importers:
    """The imports of a tree, read when the first question comes."""

    def __init__(self, tree: Callable[[], Iterable[Change | Skipped]]) -> None:
        self._tree = tree
        self._users: dict[tuple[str, str], list[str]] | None = None

    def __call__(self, path: str, name: str) -> str:
        """Return a file that imports `name` from the module at `path`, or "" where none does.

        A module is known by the last part of its name, so two modules of one name count as one: that errs
        on the side of keeping.
        """
        if self._users is None:
            self._users = self._read()
        module = path.removesuffix("/__init__.py").removesuffix(".pyi").removesuffix(".py").rpartition("/")[2]
        found = self._users.get((module, name), []) + self._users.get((module, "*"), [])
        return next((user for user in found if user != path), "")

    def _read(self) -> dict[tuple[str, str], list[str]]:
        users: dict[tuple[str, str], list[str]] = defaultdict(list)
        for change in self._tree():
            if isinstance(change, Change) and detect(change.path) == "python":
                for module, name in _imports(change):
                    users[module, name].append(change.path)
                for use in _attributes(change.source):
                    users[use].append(change.path)
        return users


def _imports(change: Change) -> Iterator[tuple[str, str]]:
    for found in _FROM.finditer(change.source):
        module = found[1].decode("utf-8", "replace").replace(" ", "").replace("\t", "")
        last = module.rpartition(".")[2]
        if not last:  # `from . import x`: from the package's own __init__
            folders = change.path.split("/")[:-1]
            up = len(module) - 1
            last = folders[-1 - up] if len(folders) > up else ""
        names = re.sub(rb"#[^\n]*", b"", found[2]).decode("utf-8", "replace").strip("() \t\r\n\\")
        for part in names.split(","):
            first = _NAME.match(part.strip(" \t\r\n\\"))
            if part.strip() == "*":
                yield last, "*"
            elif first:
                yield last, first[0]


def _attributes(source: bytes) -> set[tuple[str, str]]:
    """Return every `module.name` that a file spells, also under the name it gave the module."""
    aliases = {m[2]: m[1].rpartition(b".")[2] for m in _ALIAS.finditer(source)}
    return {(aliases.get(m[1], m[1]).decode(), m[2].decode()) for m in _ATTRIBUTE.finditer(source)}
