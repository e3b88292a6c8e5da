"""Real calls, mined from the repository: from its code, its tests, and the examples in its docstrings."""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.tasks.tests.subject import Module

__all__ = ["Calls", "mine"]

_MOST = 40  # of one name
_LONGEST = 200  # characters of a call's arguments
_DOCTEST = re.compile(r"^\s*>>> (.+)$", re.MULTILINE)
_BUILTINS = (
    "bool bytearray bytes complex dict float frozenset int len list max min range set sorted str sum tuple"
)
_SAFE = frozenset(_BUILTINS.split())


# the name that was called -> each call's arguments as text: ("1", "key='x'")
Calls = dict[str, list[tuple[str, ...]]]


def mine(sources: Iterable[bytes], module: Module) -> Calls:
    """Return the calls of a module's functions, methods and classes whose arguments stand for themselves.

    An argument stands for itself when it is a literal, or is made of literals by a builtin or by a class of
    the module: only then does it mean the same in a test.

    Args:
        sources: Texts of Python files, and of prose with examples after `>>>`.
        module: Whose names are looked for.
    """
    wanted = {*module.functions, *module.classes}
    for owner in module.classes.values():
        wanted |= {
            each.name for each in owner.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
    wanted = {name for name in wanted if not name.startswith("__")}
    known = frozenset(module.classes) | _SAFE
    found: Calls = defaultdict(list)
    for source in sources:
        text = source.decode("utf-8", "replace")
        if not any(name in text for name in wanted):
            continue
        for node in _trees(text):
            for name, arguments in _calls(node, wanted, known):
                if arguments not in found[name] and len(found[name]) < _MOST:
                    found[name].append(arguments)
    return dict(found)


def _trees(text: str) -> Iterator[ast.AST]:
    with suppress(SyntaxError, ValueError, RecursionError):  # prose, which may hold examples all the same
        yield ast.parse(text)
    for example in _DOCTEST.findall(text):
        try:
            yield ast.parse(example)
        except (SyntaxError, ValueError):
            continue


def _calls(tree: ast.AST, wanted: set[str], known: frozenset[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in wanted or any(each.arg is None for each in node.keywords):
            continue
        values = [*node.args, *(each.value for each in node.keywords)]
        if not all(_stands(value, known) for value in values):
            continue
        arguments = (
            *(ast.unparse(each) for each in node.args),
            *(f"{each.arg}={ast.unparse(each.value)}" for each in node.keywords),
        )
        if sum(map(len, arguments)) <= _LONGEST:
            yield name, arguments


def _stands(node: ast.expr, known: frozenset[str]) -> bool:
    """Whether an expression means the same wherever it is written."""
    inner = set()
    for each in ast.walk(node):
        if isinstance(each, (ast.Lambda, ast.comprehension)):
            arguments = each.args.args if isinstance(each, ast.Lambda) else []
            inner |= {a.arg for a in arguments}
            inner |= {
                n.id for n in ast.walk(each) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
    for each in ast.walk(node):
        if isinstance(each, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Starred)):
            return False
        if isinstance(each, ast.Name) and each.id not in known | inner:
            return hasattr(builtins, each.id) and isinstance(getattr(builtins, each.id), type)
        if isinstance(each, ast.Call) and ast.unparse(each.func) not in known:
            return False
    return True
