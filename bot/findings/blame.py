"""Which code a failing test speaks of: the innermost line of code in its traceback, or what it calls."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from bot.chunk.symbols import symbols
from bot.data import Change
from bot.findings.finding import Finding, Region
from bot.languages import LANGUAGES, detect, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.data import Skipped
    from bot.findings.junit import Failure

__all__ = ["TOOL", "blame", "dotted"]

TOOL = "test"


def dotted(name: str) -> str:
    """Return the name of a test in one spelling, whoever spelt it: pytest, unittest or a report."""
    return name.replace("\\", "/").replace(".py::", ".").replace("::", ".").replace("/", ".")


def blame(failures: Iterable[Failure], tree: Iterable[Change | Skipped]) -> tuple[list[Finding], list[str]]:
    """Return failures as findings in the code, and the names of the tests that lead to none.

    Args:
        failures: From a report.
        tree: All files of the repository.
    """
    files = {change.path: change for change in tree if isinstance(change, Change)}
    found: list[Finding] = []
    lost: list[str] = []
    for failure in failures:
        file = _file(failure, files)
        place = _by_traceback(failure, files) or _by_calls(failure, file, files)
        if place is None:
            lost.append(failure.name)
            continue
        path, region = place
        name = dotted(failure.name)
        found.append(
            Finding(
                TOOL,
                name.partition("[")[0].rpartition(".")[2],
                failure.message,
                path,
                region,
                test=name,
                test_file=file or path,
                output=failure.output,
            )
        )
    return found, lost


def _file(failure: Failure, files: dict[str, Change]) -> str:
    """Return the test's own file: as the report says, or by the longest part of its name that is one."""
    if failure.file in files:
        return failure.file
    parts = failure.name.partition("::")[0].split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if path in files:
            return path
    return ""


def _by_traceback(failure: Failure, files: dict[str, Change]) -> tuple[str, Region] | None:
    for path, line in reversed(failure.frames):
        change = files.get(path)
        if change is not None and not _is_test(path) and line <= change.source.count(b"\n") + 1:
            return path, Region(line)
    return None


def _by_calls(failure: Failure, file: str, files: dict[str, Change]) -> tuple[str, Region] | None:
    """Return the first function of the repository that a Python test calls."""
    change = files.get(file)
    if change is None or not file.endswith(".py"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(change.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    name = re.split(r"[\[\s]", failure.name.rpartition("::")[2])[0].rpartition(".")[2]
    tests = [
        n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name
    ]
    imported = dict(_imported(tree, file))
    for test in tests:
        for called in _called(test):
            head, _, rest = called.partition(".")
            module, original = imported.get(head, ("", ""))
            wanted = original or rest.partition(".")[0]
            if (place := _defined(module, wanted, files)) is not None:
                return place
    return None


def _called(test: ast.AST) -> Iterator[str]:
    """Yield the dotted names that a test calls, in order."""
    calls = [n for n in ast.walk(test) if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        name = ast.unparse(call.func)
        if re.fullmatch(r"[\w.]+", name):
            yield name


def _imported(tree: ast.AST, file: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each name that a file imports with its module, and its name there ("" for the module itself)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            folder = file.split("/")[: -node.level] if node.level else []
            module = ".".join([*folder, *([node.module] if node.module else [])])
            yield from ((a.asname or a.name, (module, a.name)) for a in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.asname or a.name.partition(".")[0], (a.name, "")) for a in node.names)


def _defined(module: str, name: str, files: dict[str, Change]) -> tuple[str, Region] | None:
    """Return where a module of the repository defines a name; submodules count as modules."""
    if not module or not name:
        return None
    path = module.replace(".", "/")
    for end in (f"{path}.py", f"{path}/__init__.py", f"{path}/{name}.py"):
        for file in (end, f"src/{end}"):
            change = files.get(file)
            if change is None or _is_test(file):
                continue
            symbol = next((s for s in symbols("python", change.source) if s.qualname == name), None)
            if symbol is not None:
                return file, Region(symbol.start_line, 0, symbol.end_line)
    return None


def _is_test(path: str) -> bool:
    row = LANGUAGES.get(detect(path))
    return row is not None and is_test_path(path, row.tests)
