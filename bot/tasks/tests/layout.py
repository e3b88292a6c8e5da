"""Where a test goes and how tests look here: the repository's own habits, read from its tests."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.tasks.tests.subject import test_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.tasks.tests.subject import Module

__all__ = ["Habits", "habits", "home", "nearest"]

_NEAREST = 20  # test files that are looked at for a style

Runner = Literal["pytest", "unittest"]


@dataclass(frozen=True, slots=True)
class Habits:
    """How this repository tests."""

    runner: Runner
    files: tuple[str, ...]  # its test files, sorted
    folder: str  # where most of them lie; "tests" where there are none
    after: bool = False  # "x_test.py" in place of "test_x.py"


def habits(sources: Mapping[str, bytes], *, pytest: bool) -> Habits:
    """Read the habits of a repository.

    Args:
        sources: Its Python files by path.
        pytest: Whether the project's environment has pytest.
    """
    files = sorted(path for path in sources if test_path(path) and _is_test_file(path))
    votes = Counter("unittest" if b"unittest.TestCase" in sources[path] or b"(TestCase)" in sources[path] else
                    "pytest" for path in files)  # fmt: skip
    runner: Runner = "pytest"
    if not pytest or votes["unittest"] > 3 * votes["pytest"]:
        runner = "unittest"
    folders = Counter(path.rpartition("/")[0] for path in files)
    folder = min(folders, key=lambda each: (-folders[each], each.count("/"), each)) if folders else "tests"
    after = sum(path.endswith("_test.py") for path in files) > len(files) / 2
    return Habits(runner, tuple(files), folder, after)


def home(module: Module, known: Habits) -> str:
    """Return the path of the file that tests a module: the one that does already, or the one that would."""
    own = module.path.rpartition("/")[2].removesuffix(".py")
    package = module.name.split(".")
    stem = (
        package[-2] if own == "__init__" and len(package) > 1 else package[-1] if own == "__init__" else own
    )
    stem = stem.lstrip("_")
    names = {f"test_{stem}.py", f"{stem}_test.py", f"test_{'_'.join(package[1:])}.py", f"tests_{stem}.py"}
    there = [path for path in known.files if path.rpartition("/")[2] in names]
    if there:
        return min(there, key=lambda path: (-_alike(path, module.path), len(path), path))
    taken = {path.rpartition("/")[2] for path in known.files}
    name = f"{stem}_test.py" if known.after else f"test_{stem}.py"
    if name in taken:
        long = "_".join(part.lstrip("_") for part in package[1:]) or stem
        name = f"{long}_test.py" if known.after else f"test_{long}.py"
    folder = _mirror(module, known)
    return f"{folder}/{name}" if folder else name


def nearest(module: Module, known: Habits) -> list[str]:
    """Return paths of test files, the one first that tests the module."""
    near = home(module, known)
    return sorted(known.files, key=lambda path: path != near)[:_NEAREST]


def _mirror(module: Module, known: Habits) -> str:
    """Return the folder for a new test: the one that mirrors the module's, where tests are laid out so."""
    below = module.name.split(".")[1:-1]
    folders = {path.rpartition("/")[0] for path in known.files}
    for n in range(len(below), 0, -1):
        folder = "/".join([known.folder, *below[:n]])
        if folder in folders:
            return folder
    own = module.path.rpartition("/")[0]
    return own if own in folders else known.folder


def _is_test_file(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test") or name.endswith("_test.py")


def _alike(one: str, other: str) -> int:
    return len(set(one.split("/")[:-1]) & set(other.split("/")[:-1]))


def names_of(source: bytes) -> dict[str, str]:
    """Return the names that a file's top-level imports bind, with what they stand for, dotted."""
    try:
        tree = ast.parse(source.decode("utf-8", "replace"))
    except (SyntaxError, ValueError):
        return {}
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for each in node.names:
                found[each.asname or each.name] = each.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for each in node.names:
                found[each.asname or each.name] = f"{node.module}.{each.name}"
    return found
