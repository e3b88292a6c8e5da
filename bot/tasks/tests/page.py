"""A test file as a whole: a new one, or an existing one with tests added at its end."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.tasks.tests.file import Page
from bot.tasks.tests.layout import names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.data import Change
    from bot.tasks.tests.compose import Import, Written
    from bot.tasks.tests.layout import Runner

__all__ = ["page", "taken_names"]


def taken_names(old: Change | None) -> set[str]:
    """Return the names that a test file has already: of its functions, at any depth, and its imports."""
    if old is None:
        return set()
    try:
        tree = ast.parse(old.source.decode("utf-8", "replace"))
    except (SyntaxError, ValueError):
        return set()
    names = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return names | set(names_of(old.source))


def page(  # noqa: PLR0917 - what a page is made of
    path: str,
    old: Change | None,
    tests: Sequence[Written],
    runner: Runner,
    note: str,
    tidy: Callable[[str], str],
) -> Page | None:
    """Put tests into a file.

    Args:
        path: Of the test file.
        old: The file as it is; None for a new one.
        tests: What to put in.
        runner: Whose way the tests are written in.
        note: A comment above the new tests.
        tidy: Formats a piece of Python as the project does.

    Returns:
        The page, or None where the old file cannot take any: it does not parse, or binds a name that the
        tests need to something else.
    """
    body = _body(path, tests, runner, note, taken_names(old))
    needed = {each for one in tests for each in one.imports}
    needed |= {("unittest", "")} if runner == "unittest" else set()
    if old is None:
        text = tidy(_header(needed) + "\n\n" + body)
        return Page(path, text, 1, 1, text)
    return _added(path, old, needed, tidy(body), tidy)


def _body(path: str, tests: Sequence[Written], runner: Runner, note: str, taken: set[str]) -> str:
    if runner == "pytest":
        return f"# {note}\n\n\n" + "\n\n".join(one.text for one in tests)
    stem = path.rpartition("/")[2].removesuffix(".py").replace("test_", "").replace("_test", "")
    base = "".join(part.capitalize() for part in stem.split("_")) + "Test"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}{number}", number + 1
    methods = "\n".join(
        "".join(f"    {line}\n" if line else "\n" for line in one.text.splitlines()) for one in tests
    )
    return f"# {note}\nclass {name}(unittest.TestCase):\n{methods}"


def _header(needed: Iterable[Import]) -> str:
    """Return import lines as sorters have them: the standard library, pytest, the project."""
    plain = sorted(module for module, name in needed if not name)
    named: dict[str, list[str]] = defaultdict(list)
    for module, name in sorted(needed):
        if name:
            named[module].append(name)
    groups: list[list[str]] = [[], [], []]
    for module in plain:
        groups[_group(module)].append(f"import {module}")
    for module, names in named.items():
        groups[_group(module)].append(f"from {module} import {', '.join(names)}")
    return "\n\n".join("\n".join(group) for group in groups if group) + "\n"


def _group(module: str) -> int:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return 0
    return 1 if top == "pytest" else 2


def _added(path: str, old: Change, needed: set[Import], body: str, tidy: Callable[[str], str]) -> Page | None:
    source = old.source.decode("utf-8")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    bound = names_of(old.source)
    missing = set()
    for module, name in needed:
        meant = f"{module}.{name}" if name else module
        have = bound.get(name or module)
        if have is None:
            missing.add((module, name))
        elif have != meant:
            return None
    feed = "\r\n" if "\r\n" in source else "\n"
    lines = source.replace("\r\n", "\n").split("\n")
    ended = lines[-1] == ""
    lines = lines[:-1] if ended else lines
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    count = len(source.replace("\r\n", "\n").removesuffix("\n").split("\n"))
    after = _anchor(tree)
    start = min(after, len(lines)) if missing else len(lines)
    kept = lines[start - 1 :]
    if missing:
        at = max(after - start + 1, 0)
        extra = tidy(_header(missing)).rstrip("\n").split("\n")
        kept = [*kept[:at], *(each for each in extra if each), *kept[at:]]
    new = "\n".join([*kept, "", "", body.rstrip("\n")]) + ("\n" if ended else "")
    text = "\n".join(lines[: start - 1]) + ("\n" if start > 1 else "") + new
    return Page(path, text.replace("\n", feed), start, count, new.replace("\n", feed))


def _anchor(tree: ast.Module) -> int:
    """Return the line that new imports follow: the last import's, else the docstring's, else the first."""
    lines = [node.end_lineno or 1 for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if lines:
        return max(lines)
    first = tree.body[0] if tree.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.end_lineno or 1
    return 1
