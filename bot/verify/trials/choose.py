"""Which test files may reach a file: those that name it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.data import Change
from bot.languages import LANGUAGES, detect, is_test_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.data import Skipped

__all__ = ["MOST", "Reaching"]

MOST = 12  # files that are run for the fixes of one file


class Reaching:
    """The Python test files of a tree, read when the first question comes."""

    def __init__(self, tree: Callable[[], Iterable[Change | Skipped]]) -> None:
        self._tree = tree
        self._texts: dict[str, bytes] | None = None

    def reaching(self, path: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return the test files that may run code of a file.

        Args:
            path: The file. A test file reaches itself, a `conftest.py` all tests below its folder.
            names: What is defined there and is of interest, such as the functions a fix is in.
        """
        if self._texts is None:
            self._texts = self._read()
        folder = path.rpartition("/")[0]
        if path.rpartition("/")[2] == "conftest.py":
            return tuple(each for each in self._texts if each.startswith(f"{folder}/" if folder else ""))[
                :MOST
            ]
        if path in self._texts:
            return (path,)
        stem = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
        return self._naming([stem], stem) or self._naming([name for name in names if name], stem)

    def _naming(self, words: Sequence[str], stem: str) -> tuple[str, ...]:
        """Return the test files that have one of the words, those named after the module first."""
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(word.encode()) for word in words) + rb")\b")
        found = [test for test, text in (self._texts or {}).items() if words and pattern.search(text)]
        return tuple(sorted(found, key=lambda test: (stem not in test.rpartition("/")[2], test))[:MOST])

    def _read(self) -> dict[str, bytes]:
        patterns = LANGUAGES["python"].tests
        return {
            change.path: change.source
            for change in self._tree()
            if isinstance(change, Change)
            and detect(change.path) == "python"
            and is_test_path(change.path, patterns)
            and re.search(rb"^\s*(?:async\s+)?def test|^\s*class \w*Test", change.source, re.MULTILINE)
        }
