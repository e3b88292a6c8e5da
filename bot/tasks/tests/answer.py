"""What an engine answered, read as a test: one function, and nothing that it was not asked for."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from bot.tasks.tests.compose import Written, imports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Completion
    from bot.tasks.tests.subject import Subject

__all__ = ["one_assertion_each", "read"]

_FENCE = re.compile(r"```[a-z]*\n(.*?)(?:```|\Z)", re.DOTALL)
_MOST = 6  # assertions of one test that are looked at


def read(one: Subject, completion: Completion, name: str) -> Written | None:
    """Return the test that an answer holds; None where it holds none that parses.

    A test that was cut at the token limit is read up to its last whole statement.
    """
    text = completion.text
    if completion.prompt.form == "chat":
        found = _FENCE.search(text)
        text = found[1] if found else text
    else:
        text = f"def {name}():\n    {text.lstrip()}"
    function = _function(text)
    if function is None:
        return None
    function.name = name
    function.decorator_list = []
    if function.args.args or function.args.kwonlyargs or function.args.vararg:
        return None  # wants fixtures, which nobody promised
    function.returns = None
    written = ast.unparse(function) + "\n"
    return Written(name, written, imports_of(one, written), one, ())


def _function(text: str) -> ast.FunctionDef | None:
    lines = text.rstrip().split("\n")
    for end in range(len(lines), 1, -1):
        try:
            tree = ast.parse("\n".join(lines[:end]))
        except (SyntaxError, ValueError, RecursionError):
            continue
        return next((node for node in tree.body if isinstance(node, ast.FunctionDef)), None)
    return None


def one_assertion_each(test: Written) -> Iterator[Written]:
    """Yield the test once for each of its assertions, with that one alone; the rest of it stays."""
    tree = ast.parse(test.text)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)  # noqa: S101 - as `read` made it
    places = [n for n, each in enumerate(function.body) if _asserts(each)][:_MOST]
    for number, place in enumerate(places):
        body = [each for n, each in enumerate(function.body) if n == place or not _asserts(each)]
        # what follows the assertion proves nothing
        last = next(n for n, each in enumerate(body) if each is function.body[place])
        name = f"{test.name}_{number + 1}" if len(places) > 1 else test.name
        made = ast.FunctionDef(
            name=name, args=function.args, body=body[: last + 1], decorator_list=[], lineno=1, col_offset=0
        )
        text = ast.unparse(ast.fix_missing_locations(made)) + "\n"
        yield Written(name, text, test.imports, test.subject, ())


def _asserts(node: ast.stmt) -> bool:
    if isinstance(node, ast.With):
        return "raises" in ast.unparse(node.items[0].context_expr)
    return isinstance(node, ast.Assert)
