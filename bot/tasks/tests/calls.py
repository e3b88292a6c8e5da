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

__all__ = ["Calls", "calls_in", "examples_in", "mine", "of_module"]

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
    wanted = _names(module)

    def all_of_them() -> Iterator[tuple[str, ast.Call]]:
        for source in sources:
            text = source.decode("utf-8", "replace")
            if any(name in text for name in wanted):
                for tree in _trees(text):
                    yield from calls_in(tree)

    return of_module(all_of_them(), module)


def of_module(calls: Iterable[tuple[str, ast.Call]], module: Module) -> Calls:
    """Return what of some calls, by the name that was called, is a module's and stands for itself."""
    wanted, known = _names(module), frozenset(module.classes) | _SAFE
    found: Calls = defaultdict(list)
    for name, call in calls:
        arguments = _arguments(call, known) if name in wanted else None
        if arguments is not None and arguments not in found[name] and len(found[name]) < _MOST:
            found[name].append(arguments)
    return {name: some for name, some in found.items() if some}


def _names(module: Module) -> set[str]:
    wanted = {*module.functions, *module.classes}
    for owner in module.classes.values():
        wanted |= {
            each.name for each in owner.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
    return {name for name in wanted if not name.startswith("__")}


def examples_in(text: str) -> Iterator[ast.Module]:
    """Yield the lines after `>>>` of a text, parsed one by one; those that do not parse are left out."""
    for example in _DOCTEST.findall(text):
        try:
            yield ast.parse(example)
        except (SyntaxError, ValueError):
            continue


def calls_in(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a tree with the name that is called; calls of what has no name are left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name:
                yield name, node


def _trees(text: str) -> Iterator[ast.AST]:
    with suppress(SyntaxError, ValueError, RecursionError):  # prose, which may hold examples all the same
        yield ast.parse(text)
    yield from examples_in(text)


def _arguments(node: ast.Call, known: frozenset[str]) -> tuple[str, ...] | None:
    """Return a call's arguments as text; None where one does not stand for itself."""
    if any(each.arg is None for each in node.keywords):
        return None
    values = [*node.args, *(each.value for each in node.keywords)]
    if not all(_stands(value, known) for value in values):
        return None
    arguments = (
        *(ast.unparse(each) for each in node.args),
        *(f"{each.arg}={ast.unparse(each.value)}" for each in node.keywords),
    )
    return arguments if sum(map(len, arguments)) <= _LONGEST else None


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
