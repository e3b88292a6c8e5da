"""Objects for a parameter: of a class that it is named after, or that has what the function uses of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from bot.tasks.tests.values import instances, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.tasks.tests.subject import Module, Slot, Subject

__all__ = ["alike"]

_CLASSES = 2
_EACH = 4  # instances of one class
_ABOVE = 4  # base classes that are looked at
_SAME = frozenset({"other", "rhs", "that", "another"})
_PLAIN = frozenset(name for kind in (str, bytes, list, dict, set, int, float) for name in dir(kind))


def alike(one: Subject, slot: Slot) -> Iterator[str]:
    """Yield expressions that make such objects, the likeliest first."""
    if one.owner is not None and slot.name in _SAME:
        yield from list(instances(one.owner, one.module))[:_EACH]
    yield from named(slot.name, one.module)
    used = {
        each.attr
        for each in ast.walk(one.node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == slot.name
    }
    if not used - _PLAIN:
        return  # a builtin has it all
    fitting = []
    for name in dict.fromkeys([*one.module.classes, *one.module.elsewhere]):
        node = one.module.class_of(name)
        if node is not None and used <= (has := _members(node, one.module)):
            fitting.append((name not in one.module.classes, len(has), name, node))
    for *_, node in sorted(fitting, key=lambda each: each[:3])[:_CLASSES]:
        yield from list(instances(node, one.module))[:_EACH]


def _members(node: ast.ClassDef, module: Module, above: int = _ABOVE) -> set[str]:
    """Return the attributes that a class's text gives its objects, those of its bases in sight included."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(each.name)
        elif isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            if isinstance(each.value, ast.Name) and each.value.id == "self":
                found.add(each.attr)
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            found.add(each.target.id)
    for base in node.bases if above else ():
        known = module.class_of(ast.unparse(base).rpartition(".")[2])
        if known is not None and known is not node:
            found |= _members(known, module, above - 1)
    return found
