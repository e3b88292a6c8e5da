"""Assertions of Python code: does an edit drop one, or make it demand less?"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

from bot.verify.subject import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BROAD", "asserts", "is_constant", "last_name"]

_ASSERTING = re.compile(r"\Aassert|\A(?:expect|should|fail)\Z|\A(?:raises|warns)\Z")
# A call that asserts less than the one before it.
_LOOSE = frozenset(
    {"assertTrue", "assertFalse", "assertIsNotNone", "assertIn", "assertNotEqual", "assertIsInstance"}
)
BROAD = frozenset({"Exception", "BaseException"})


def asserts(before: ast.AST, after: ast.AST) -> Problem | None:
    """Return what is wrong with the assertions after an edit, or None."""
    was, now = list(_assertions(before)), list(_assertions(after))
    gone, new = _differing(was, now)
    if len(now) < len(was):
        return Problem("weakens-check", f"`{_short(gone[0])}` is gone")
    for old, other in zip(gone, new, strict=False):
        if why := _looser(old, other):
            return Problem("weakens-check", f"`{_short(other)}` {why}")
    return None


def _differing(was: list[ast.AST], now: list[ast.AST]) -> tuple[list[ast.AST], list[ast.AST]]:
    """Return what is only in one list and only in the other, in order."""
    left, right = (Counter(ast.dump(n) for n in nodes) for nodes in (was, now))
    gone, new = left - right, right - left
    return [n for n in was if _taken(gone, n)], [n for n in now if _taken(new, n)]


def _taken(counts: Counter[str], node: ast.AST) -> bool:
    name = ast.dump(node)
    counts[name] -= 1
    return counts[name] >= 0


def _assertions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) or (
            isinstance(node, ast.Call)
            and isinstance(node.func, (ast.Attribute, ast.Name))
            and _ASSERTING.search(last_name(node.func))
        ):
            yield node


def _looser(old: ast.AST, new: ast.AST) -> str:
    """Return in words how one assertion demands less than another, "" where it does not."""
    if isinstance(old, ast.Assert) and isinstance(new, ast.Assert):
        return _weaker(old.test, new.test)
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        return _looser_call(old, new)
    if isinstance(new, ast.Assert) and is_constant(new.test):
        return "replaces another kind of assertion"
    return ""


def _looser_call(old: ast.Call, new: ast.Call) -> str:
    was, now = last_name(old.func), last_name(new.func)
    if was != now:
        return f"demands less than {was}" if now in _LOOSE else ""
    broad = BROAD - {last_name(old.args[0])} if old.args else BROAD
    if now == "raises" and new.args and last_name(new.args[0]) in broad:
        return "accepts every exception"
    if len(new.args) < len(old.args):
        return "has lost an argument"
    return _weaker(old.args[0], new.args[0]) if now == "assertTrue" and new.args else ""


def _weaker(old: ast.expr, new: ast.expr) -> str:
    if isinstance(new, ast.Constant) and not isinstance(old, ast.Constant):
        return "is always true" if new.value else ""
    if isinstance(new, ast.BoolOp) and isinstance(new.op, ast.Or) and _has(new.values, old):
        return "holds more often"
    if isinstance(old, ast.BoolOp) and isinstance(old.op, ast.And):
        kept = new.values if isinstance(new, ast.BoolOp) and isinstance(new.op, ast.And) else [new]
        if len(kept) < len(old.values) and all(_has(old.values, each) for each in kept):
            return "has lost a condition"
    if isinstance(old, ast.Compare) and isinstance(old.ops[0], (ast.Eq, ast.Is)):
        return _less_than_equal(old, new)
    return ""


def _less_than_equal(old: ast.Compare, new: ast.expr) -> str:
    if ast.dump(old.left) == ast.dump(new):
        return "only asks whether it is true"
    if not isinstance(new, ast.Compare):
        return ""
    loose = (ast.In, ast.NotEq, ast.IsNot, ast.GtE, ast.LtE, ast.NotIn)
    if isinstance(new.ops[0], loose) and ast.dump(old.left) == ast.dump(new.left):
        return "demands less than equality"
    same = ast.dump(new.left) == ast.dump(new.comparators[0])
    return "compares a value with itself" if same else ""


def _has(values: list[ast.expr], one: ast.expr) -> bool:
    return ast.dump(one) in {ast.dump(value) for value in values}


def is_constant(node: ast.AST) -> bool:
    """Whether a node is a literal, also as a statement."""
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def last_name(node: ast.AST | None) -> str:
    """Return the last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _short(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - what fits beside the rest
