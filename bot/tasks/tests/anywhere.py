"""Where a test of any language goes, by how its tests are named, and what of an answer is the test."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING

from bot.languages import LANGUAGES, is_test_path

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["home", "read", "test_path"]

_FENCE = re.compile(r"```[\w+#-]*\n(.*?)(?:```|\Z)", re.DOTALL)
_NAMES = {
    "bash": ("test_*.sh",),
    "rust": ("*_test.rs",),
}  # where the table's patterns name no file of its own
_CAPITAL = frozenset({"java", "kotlin", "csharp", "scala", "swift", "php"})
_BESIDE = frozenset({"go"})  # where the language wants tests in the folder of what they test


def test_path(language: str, path: str) -> bool:
    """Whether a file holds tests, going by its path."""
    return is_test_path(path, LANGUAGES[language].tests)


def home(language: str, source: str, name: str, tests: Sequence[str], taken: Collection[str]) -> str:
    """Return the path of a new test file of one function.

    Args:
        language: Row of `bot.languages.LANGUAGES`.
        source: Path of the file that the function lies in.
        name: The function's.
        tests: Paths of the language's test files in the repository.
        taken: Paths that are in use.
    """
    patterns = [each for each in LANGUAGES[language].tests if not each.endswith("/**")]
    patterns = [*_NAMES.get(language, ()), *patterns] or ["test_*" + LANGUAGES[language].extensions[0]]
    known = Counter(each for path in tests for each in patterns if is_test_path(path, (each,)))
    pattern = known.most_common(1)[0][0] if known else patterns[0]
    pattern = (
        re.sub(r"\.[^.*]+\*$|\*$", "", pattern) + posixpath.splitext(source)[1]
        if pattern.endswith("*")
        else pattern
    )
    stem = posixpath.basename(source).partition(".")[0]
    shown = re.sub(r"\W+", "_", name).strip("_")
    words = f"{stem}_{shown}"
    if language in _CAPITAL:
        words = "".join(part[:1].upper() + part[1:] for part in words.split("_"))
    folders = Counter(posixpath.dirname(path) for path in tests)
    folder = folders.most_common(1)[0][0] if folders else "tests"
    folder = posixpath.dirname(source) if language in _BESIDE else folder
    path, number = posixpath.join(folder, pattern.replace("*", words)), 2
    while path in taken:
        path, number = posixpath.join(folder, pattern.replace("*", f"{words}{number}")), number + 1
    return path


def read(text: str, *, chat: bool) -> str:
    """Return the test file that an answer holds; "" where there is none."""
    if chat:
        found = _FENCE.search(text)
        text = found[1] if found else text
    return text.strip("\n") + "\n" if text.strip() else ""
