"""What an engine is asked for about one Python function: its code, how to get at it, calls, a style."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from bot.prompt.asking_tests import Wanted

if TYPE_CHECKING:
    from bot.data import Change
    from bot.tasks.tests.calls import Calls
    from bot.tasks.tests.subject import Subject

__all__ = ["name_of", "style", "style_in", "wanted"]

_CALLS = 6  # shown as examples
_STYLE_LINES = 14


def wanted(one: Subject, mined: Calls, style: str, *, failed: tuple[str, str] | None = None) -> Wanted:
    """Return the test that is asked for.

    Args:
        one: The function.
        mined: Real calls of its module's functions.
        style: A test of the repository; "" for none.
        failed: An earlier answer, and its error.
    """
    name = one.owner.name if one.owner else one.node.name
    head = f"{one.owner.name}." if one.owner else ""
    calls = [f"{head}{one.node.name}({', '.join(each)})" for each in mined.get(one.node.name, ())[:_CALLS]]
    code = ast.unparse(one.node)
    if one.owner is not None:
        made = next((n for n in one.owner.body if getattr(n, "name", "") == "__init__"), None)
        parts = [ast.unparse(each) for each in (made, one.node) if each is not None]
        body = "\n\n".join(parts).replace("\n", "\n    ")
        code = f"class {one.owner.name}:\n    {body}"
    line = f"from {one.module.name} import {name}"
    return Wanted(one.chunk, name_of(one), code, line, calls, style, failed)


def name_of(one: Subject) -> str:
    """Return the name of the test that an engine is asked for."""
    return f"test_{one.qualname.replace('.', '_').strip('_').lower()}_holds"


def style(change: Change) -> str:
    """Return a short test function of a file, "" where it has none or cannot be parsed."""
    try:
        tree = ast.parse(change.source.decode("utf-8", "replace"))
    except (SyntaxError, ValueError):
        return ""
    return style_in(tree.body)


def style_in(body: list[ast.stmt]) -> str:
    """Return the first short test function of a file's statements, "" where there is none."""
    for node in body:
        short = isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno < _STYLE_LINES
        if (
            short
            and isinstance(node, ast.FunctionDef)
            and node.name.startswith("test")
            and not node.args.args
        ):
            return ast.unparse(node)
    return ""
