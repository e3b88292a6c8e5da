"""What of a person's test the product could be answered, and which function it is a test of."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.data import Skipped
from bot.tasks.tests.subject import subject, test_path
from training.naming import constants, renamed
from training.unittest_way import Unfit
from training.uses import uses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.tasks.tests.subject import Module, Subject
    from training.plain_tests import Test
    from training.project import Bound, Project, Ref
    from training.uses import Use

__all__ = ["Fit", "asserts", "fit", "tells"]

_LINES = 8  # of an answer
_OUTSIDE = frozenset(
    """socket requests httpx httpx2 aiohttp urllib3 subprocess ftplib smtplib boto3 botocore grpc websockets
    paramiko selenium playwright""".split()  # noqa: SIM905
)
_NETWORK = ("urllib.request", "http.client")
_WEAK = frozenset({"isinstance", "hasattr", "callable", "len", "issubclass", "type"})


@dataclass(frozen=True, slots=True)
class Fit:
    """A test in the product's names, and the function that it is a test of."""

    test: Test
    one: Subject
    body: list[ast.stmt]


def fit(test: Test, project: Project) -> Fit:
    """Return a test as the product would name things, cut to the lines of an answer.

    Raises:
        Unfit: It is not one that the product could be answered.
    """
    module = project.module(test.path)
    assert module is not None  # noqa: S101 - it was parsed to find the test
    plain = renamed(test, project, constants(module.tree))
    body = _cut(plain.body)
    reason = Unfit("calls nothing of the project")
    for use in uses(test.name, body, plain.uses, project):
        try:
            return Fit(test, _subject(use, plain.uses, body, project), body)
        except Unfit as why:
            reason = why
    raise reason


def asserts(node: ast.stmt) -> bool:
    """Whether a statement is what the product takes for an assertion."""
    raises = isinstance(node, ast.With) and "pytest.raises" in ast.unparse(node.items[0].context_expr)
    return isinstance(node, ast.Assert) or raises


def tells(node: ast.stmt) -> bool:
    """Whether a statement asserts more than that there is something."""
    if not isinstance(node, ast.Assert):
        return asserts(node)
    test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
    if isinstance(test, ast.Call):
        return getattr(test.func, "id", "") not in _WEAK
    if isinstance(test, ast.Compare):
        something = isinstance(test.ops[0], ast.IsNot) and getattr(test.comparators[0], "value", 0) is None
        return not something
    return isinstance(test, ast.BoolOp) and any(isinstance(each, ast.Compare) for each in test.values)


def _cut(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements up to the last assertion that is within the lines of an answer."""
    kept, lines = 0, 0
    for number, node in enumerate(body):
        lines += ast.unparse(node).count("\n") + 1
        if lines > _LINES:
            break
        if asserts(node):
            kept = number + 1
    if not kept:
        raise Unfit("asserts too late" if any(map(asserts, body)) else "asserts nothing plainly")
    if not any(map(tells, body[:kept])):
        raise Unfit("asserts little")
    return body[:kept]


def _subject(use: Use, known: Mapping[str, Ref], body: Sequence[ast.stmt], project: Project) -> Subject:
    module = project.named(use.module)
    if module is None or test_path(module.path):
        raise Unfit("not in a module of the project's")
    chunk = project.chunk(module.path, use.qualname)
    one = subject(chunk, module, private=True) if chunk else None
    if one is None or isinstance(one, Skipped):
        raise Unfit(f"function: {one.reason}" if one else "function: out-of-reach")
    if any(map(_reaches_out, project.bound(module.path).values())):
        raise Unfit("network or programs")
    named = {node.id for each in body for node in ast.walk(each) if isinstance(node, ast.Name)}
    foreign = sorted(named & known.keys())
    module.elsewhere.update(project.elsewhere(foreign))
    if not all(_importable(known[name], module) for name in foreign):
        raise Unfit("needs another module")
    return one


def _importable(ref: Ref, module: Module) -> bool:
    """Whether the product's test file of a module imports a definition by its name alone."""
    if ref.name in module.classes or ref.name in module.functions:
        return ref.module == module.name
    other = module.elsewhere.get(ref.name)
    return other is not None and other.module == ref.module


def _reaches_out(bound: Bound) -> bool:
    module, name = bound
    return module.partition(".")[0] in _OUTSIDE or f"{module}.{name}".startswith(_NETWORK)
