"""A test's names, as they are in a test file that the product writes: one import line, few modules."""

from __future__ import annotations

import ast
import builtins
import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.tasks.tests.compose import STANDARD
from training.project import Ref, bindings
from training.unittest_way import Unfit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.plain_tests import Test
    from training.project import Bound, Project

__all__ = ["Renamed", "constants", "renamed"]

_MODULES = frozenset({*STANDARD, "pytest"})
_LONGEST = 80  # characters of a constant that is written in a name's place


@dataclass(frozen=True, slots=True)
class Renamed:
    """A test's body in the product's names."""

    body: list[ast.stmt]
    uses: Mapping[str, Ref]  # definitions of the project's, by the name they have in the body


def constants(tree: ast.Module) -> dict[str, ast.expr | None]:
    """Return the short literals that a file gives names; None for a name that stands for something else."""
    found: dict[str, ast.expr | None] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = None
        elif isinstance(node, ast.Assign) and [type(each) for each in node.targets] == [ast.Name]:
            name = ast.unparse(node.targets[0])
            found[name] = node.value if name not in found and _short(node.value) else None
        else:
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    found[each.id] = None
    return found


def _short(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return False
    return len(ast.unparse(node)) <= _LONGEST


def renamed(test: Test, project: Project, known: Mapping[str, ast.expr | None]) -> Renamed:
    """Return a test's body with its names as the product's test file has them.

    Args:
        test: The test; its statements are rewritten in place.
        project: Whose it is.
        known: From `constants`, of its file.

    Raises:
        Unfit: It uses what the product's file does not have.
    """
    bound = {**project.bound(test.path), **_inner(test.body, project.home(test.path))}
    body = [made for each in test.body if (made := _Unimported().visit(each)) is not None]
    own = {name for each in body for node in ast.walk(each) for name in _stored(node)}
    names = _Names(project, bound, known, own)
    body = [names.visit(each) for each in body]
    if names.taken & own:
        raise Unfit("a name of two things")
    return Renamed(body, names.uses)


def _inner(body: list[ast.stmt], home: str) -> dict[str, Bound]:
    statements = [node for each in body for node in ast.walk(each) if isinstance(node, ast.stmt)]
    return bindings(statements, home)


def _stored(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)) and node.name:
        return [node.name]
    return []


class _Unimported(ast.NodeTransformer):
    """Takes out imports: the product's file has its own."""

    def visit_Import(self, _node: ast.Import) -> None:
        """Take one out."""

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> None:
        """Take one out."""


class _Names(ast.NodeTransformer):
    """Rewrites names and dotted names; raises `Unfit` for what the product's test file does not have."""

    def __init__(
        self,
        project: Project,
        bound: Mapping[str, Bound],
        known: Mapping[str, ast.expr | None],
        own: set[str],
    ) -> None:
        self._project, self._bound, self._known, self._own = project, bound, known, own
        self.uses: dict[str, Ref] = {}
        self.taken: set[str] = set()  # names that came from outside the body

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Rewrite a name that the body does not bind itself."""
        if not isinstance(node.ctx, ast.Load) or node.id in self._own:
            return node
        if node.id in self._bound:
            return self._put(self._project.ref(self._bound[node.id]))
        if node.id in self._known:
            value = self._known[node.id]
            if value is None:
                raise Unfit("helper of the test file")
            return copy.deepcopy(value)
        if node.id in {"pytest", "re"}:  # written by `unittest_way`
            self.taken.add(node.id)
            return node
        if hasattr(builtins, node.id) and not node.id.startswith("_"):
            return node
        raise Unfit("unknown name")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Leave constants out of texts: before Python 3.12 not every value can be written there."""
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - self._own
        if names & self._known.keys() - self._bound.keys():
            raise Unfit("a constant in a text")
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Rewrite a dotted name as far as it leads through modules."""
        dotted = _dotted(node)
        if dotted is None or dotted[0] in self._own or dotted[0] not in self._bound:
            self.generic_visit(node)
            return node
        ref = self._project.ref(self._bound[dotted[0]])
        at = 1
        while at < len(dotted) and not ref.name:
            of_module = self._project.member if ref.kind == "module" else partial(Ref, ref.kind)
            ref = of_module(ref.module, dotted[at])
            at += 1
        made = self._put(ref)
        for name in dotted[at:]:
            made = ast.Attribute(made, name, ast.Load())
        if isinstance(made, ast.Attribute):
            made.ctx = node.ctx  # something may be assigned to it
        return made

    def _put(self, ref: Ref) -> ast.expr:
        """Return what the product's test file calls something."""
        if ref.kind == "definition":
            if self.uses.setdefault(ref.name, ref) != ref:
                raise Unfit("two of a name")
            self.taken.add(ref.name)
            return ast.Name(ref.name, ast.Load())
        if ref.kind == "library" and ref.module in _MODULES and ref.name:
            self.taken.add(ref.module)
            return ast.Attribute(ast.Name(ref.module, ast.Load()), ref.name, ast.Load())
        if ref.kind == "library":
            raise Unfit("another library")
        raise Unfit("a module as a value" if ref.kind == "module" else "constant of the project")


def _dotted(node: ast.expr) -> list[str] | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else None
