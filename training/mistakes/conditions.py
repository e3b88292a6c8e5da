"""Conditions and comparisons that are right, and said in a roundabout or doubtful way."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from bot.tasks.facts import dotted
from training.mistakes.code import constant

if TYPE_CHECKING:
    from random import Random

    from training.mistakes.code import Code, Edit, Mistake

__all__ = ["MISTAKES"]

_TELL = frozenset({"isinstance", "callable", "hasattr", "any", "all"})
_JOINED = {ast.In: (b" or ", b" == "), ast.NotIn: (b" and ", b" != ")}


def _none(code: Code, node: ast.Compare, _: Random) -> list[Edit] | None:
    """`is None` becomes `== None`."""
    if len(node.ops) != 1 or not constant(node.comparators[0], None):
        return None
    sign = {ast.Is: b" == ", ast.IsNot: b" != "}.get(type(node.ops[0]))
    return [(code.at(node.left)[1], code.at(node.comparators[0])[0], sign)] if sign else None


def _truth(code: Code, node: ast.AST, rng: Random) -> list[Edit] | None:
    """`if x` becomes `if x == True`, `if not x` becomes `if x == False`."""
    test: ast.expr = node.test  # type: ignore[attr-defined] # of an `if`, a loop or a choice
    if rng.random() > 0.4:
        return None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and dotted(test.operand):
        return code.put(test, code.text(test.operand) + b" == False")
    return code.put(test, code.text(test) + b" == True") if dotted(test) else None


def _types(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """`isinstance` becomes a comparison of types."""
    if dotted(node.func) != "isinstance" or len(node.args) != 2 or not dotted(node.args[1]):
        return None
    above = next(iter(code.up(node)), None)
    negated = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    place, sign = (above, b" != ") if negated and above is not None else (node, b" == ")
    return code.put(place, b"type(" + code.text(node.args[0]) + b")" + sign + code.text(node.args[1]))


def _isinstances(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """One question about several types, or beginnings, becomes several questions."""
    several = node.args[-1] if node.args else None
    if not isinstance(several, ast.Tuple) or not 2 <= len(several.elts) <= 3 or not code.short(node):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr in {"startswith", "endswith"}:
        before = code.text(node.func) + b"("
    elif dotted(node.func) == "isinstance" and len(node.args) == 2:
        before = b"isinstance(" + code.text(node.args[0]) + b", "
    else:
        return None
    said = b" or ".join(before + code.text(one) + b")" for one in several.elts)
    return code.put(node, said if isinstance(next(iter(code.up(node))), ast.If) else b"(" + said + b")")


def _branches(code: Code, node: ast.Return, _: Random) -> list[Edit] | None:
    """`return a == b` becomes an `if` with `return True` and `return False`."""
    start = code.at(node)[0]
    row = code.source[code.starts[node.lineno - 1] : start]
    test = node.value
    if not isinstance(test, (ast.Compare, ast.Call)) or row.strip() or not code.short(node):
        return None
    if isinstance(test, ast.Call) and dotted(test.func) not in _TELL:
        return None
    lines = [b"if " + code.text(test) + b":", b"    return True"]
    return code.put(node, (b"\n" + row).join([*lines, b"else:", b"    return False"]))


def _nested(code: Code, node: ast.If, _: Random) -> list[Edit] | None:
    """`if a and b` becomes an `if` in an `if`."""
    test = node.test
    if not isinstance(test, ast.BoolOp) or not isinstance(test.op, ast.And) or node.orelse:
        return None
    if not code.short(test) or node.body[0].lineno == node.lineno:
        return None
    row = code.source[code.starts[node.lineno - 1] : code.at(node)[0]]
    if row.strip() or code.source[code.at(node)[0] : code.at(test)[0]] != b"if ":
        return None
    first, rest = code.at(test.values[0])[1], code.at(test.values[1])[0]
    deeper = [(at, at, b"    ") for at in _inner_lines(code, node)]
    if not deeper or code.source[code.at(test.values[0])[0] - 1 : code.at(test.values[0])[0]] == b"(":
        return None
    return [(first, rest, b":\n" + row + b"    if "), *deeper]


def _inner_lines(code: Code, node: ast.If) -> list[int]:
    """Return where the lines of a block start; none if a text of several lines is among them."""
    texts = (one for one in ast.walk(node) if isinstance(one, (ast.Constant, ast.JoinedStr)))
    if any(not code.short(one) for one in texts):
        return []
    rows = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
    return [code.starts[n - 1] for n in rows if code.source[code.starts[n - 1] : code.starts[n]].strip()]


def _not_equal(code: Code, node: ast.Compare, _: Random) -> list[Edit] | None:
    """`a != b` becomes `not a == b`."""
    sign = {ast.NotEq: b" == ", ast.Eq: b" != "}.get(type(node.ops[0])) if len(node.ops) == 1 else None
    above = next(iter(code.up(node)), None)
    if sign is None or not isinstance(above, (ast.If, ast.IfExp, ast.Assert, ast.While)):
        return None
    right = code.text(node.comparators[0])
    return code.put(node, b"not " + code.text(node.left) + sign + right)


def _either(code: Code, node: ast.Compare, _: Random) -> list[Edit] | None:
    """`x in (a, b)` becomes two comparisons."""
    values = node.comparators[0]
    several = isinstance(values, (ast.Tuple, ast.List, ast.Set)) and 2 <= len(values.elts) <= 3
    if len(node.ops) != 1 or not several or not dotted(node.left) or not code.short(node):
        return None
    if type(node.ops[0]) not in _JOINED or not isinstance(
        next(iter(code.up(node))), (ast.If, ast.Return, ast.While)
    ):
        return None
    left, (joined, sign) = code.text(node.left), _JOINED[type(node.ops[0])]
    return code.put(node, joined.join(left + sign + code.text(v) for v in values.elts))  # type: ignore[attr-defined]


def _keys(code: Code, node: ast.Compare, _: Random) -> list[Edit] | None:
    """`k in d` becomes `k in d.keys()`."""
    owner = node.comparators[0]
    hint = ("dict", "map", "cache", "kwarg", "config", "setting", "option", "param", "environ")
    if not isinstance(node.ops[0], (ast.In, ast.NotIn)) or len(node.ops) != 1:
        return None
    end = code.at(owner)[1]
    return [(end, end, b".keys()")] if dotted(owner).lower().rstrip("s_").endswith(hint) else None


def _or_else(code: Code, node: ast.IfExp, _: Random) -> list[Edit] | None:
    """A choice between two values becomes a statement of four lines."""
    statement = next(iter(code.up(node)), None)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return None
    row = code.source[code.starts[statement.lineno - 1] : code.at(statement)[0]]
    if row.strip() or not code.short(statement):
        return None
    name = statement.targets[0].id.encode() + b" = "
    lines = [b"if " + code.text(node.test) + b":", b"    " + name + code.text(node.body), b"else:"]
    return code.put(statement, (b"\n" + row).join([*lines, b"    " + name + code.text(node.orelse)]))


MISTAKES: tuple[Mistake, ...] = (
    ("E711", ast.Compare, _none),
    ("E712", (ast.If, ast.While, ast.IfExp), _truth),
    ("E721", ast.Call, _types),
    ("SIM101", ast.Call, _isinstances),
    ("PIE810", ast.Call, _isinstances),
    ("SIM103", ast.Return, _branches),
    ("SIM102", ast.If, _nested),
    ("SIM201", ast.Compare, _not_equal),
    ("PLR1714", ast.Compare, _either),
    ("SIM118", ast.Compare, _keys),
    ("SIM108", ast.IfExp, _or_else),
)
