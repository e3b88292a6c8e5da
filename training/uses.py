"""Which functions and methods of a project a test calls, the likeliest to be its subject first."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from training.project import Project, Ref

__all__ = ["Use", "uses"]


@dataclass(frozen=True, slots=True)
class Use:
    """A function or a method of a class, by the module it is defined in."""

    module: str
    qualname: str


def uses(name: str, body: Sequence[ast.stmt], known: Mapping[str, Ref], project: Project) -> list[Use]:
    """Return what a test may be a test of.

    What its own name names comes first, then what is called in an assertion, then what gives something that
    an assertion uses. What does neither is not its subject.

    Args:
        name: Of the test.
        body: Its statements, in the names that definitions have.
        known: Definitions of the project's, by name.
        project: The project.
    """
    made: dict[str, Ref] = {}  # variables that hold an instance, and its class
    found: dict[Use, float] = {}
    words = _flat(name.removeprefix("test"))
    asserted = {
        each.id
        for node in body
        if isinstance(node, ast.Assert)
        for each in ast.walk(node)
        if isinstance(each, ast.Name)
    }
    for node in body:
        raises = isinstance(node, ast.With) and "raises" in ast.unparse(node.items[0])
        inside = raises or isinstance(node, ast.Assert)
        names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
        stored = {each.id for each in names if isinstance(each.ctx, ast.Store)}
        for use, receiver in _called(node, known, made, project):
            if not inside and not stored & asserted and receiver not in asserted:
                continue
            own = use.qualname.rpartition(".")[2]
            score = 2.0 if inside else 1.0
            if (flat := _flat(own)) and flat in words:
                score += 4 + len(flat) / 100
            score += 0.5 * ("." not in use.qualname and use.qualname in known)
            found[use] = max(found.get(use, 0), score)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            target = node.targets[0].id
            if (ref := _class(node.value, known, made, project)) is not None:
                made[target] = ref
            else:
                made.pop(target, None)
    return sorted(found, key=lambda use: -found[use])


def _called(
    node: ast.AST, known: Mapping[str, Ref], made: Mapping[str, Ref], project: Project
) -> Iterator[tuple[Use, str]]:
    """Yield what is called in a statement, and the variable whose method it is."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in known:
            ref = known[each.func.id]
            module = project.named(ref.module)
            if module and ref.name in module.functions:
                yield Use(ref.module, ref.name), ""
        elif isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Load):
            owner = _class(each.value, known, made, project)
            if owner is None and isinstance(each.value, ast.Name) and each.value.id in known:
                owner = known[each.value.id]
            method = _method(owner, each.attr, project) if owner else None
            if owner and method is not None:
                receiver = each.value.id if isinstance(each.value, ast.Name) else ""
                yield Use(owner.module, f"{owner.name}.{each.attr}"), receiver


def _class(node: ast.expr, known: Mapping[str, Ref], made: Mapping[str, Ref], project: Project) -> Ref | None:
    """Return the class that an expression makes an instance of, or names one of."""
    if isinstance(node, ast.Name):
        return made.get(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
        ref = known[node.func.id]
        module = project.named(ref.module)
        return ref if module and ref.name in module.classes else None
    return None


def _method(owner: Ref, name: str, project: Project) -> ast.stmt | None:
    module = project.named(owner.module)
    node = module.classes.get(owner.name) if module else None
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return next((e for e in node.body if isinstance(e, functions) and e.name == name), None) if node else None


def _flat(name: str) -> str:
    return re.sub(r"[_\W]", "", name).lower()
