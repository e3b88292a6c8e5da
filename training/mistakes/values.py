"""Values, loops and calls that are right, and said in a roundabout way; and values that get lost."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from bot.tasks.facts import dotted

if TYPE_CHECKING:
    from random import Random

    from training.mistakes.code import Code, Edit, Mistake

__all__ = ["MISTAKES"]

_NAMES = ("result", "res", "ret", "value", "out", "rv", "retval")


def _lambda(code: Code, node: ast.FunctionDef, _: Random) -> list[Edit] | None:
    """A function of one expression becomes a lambda with a name."""
    body = node.body[0]
    plain = not node.decorator_list and node.returns is None and len(node.body) == 1
    told = any(one.annotation for one in ast.walk(node.args) if isinstance(one, ast.arg))
    if not plain or told or not isinstance(body, ast.Return) or body.value is None or not code.short(body):
        return None
    start, colon = code.at(node)[0], code.source[: code.at(body)[0]].rstrip()
    head = code.source[start : len(colon)]
    if not head.endswith(b"):") or b"\n" in head or code.function(node) is None:
        return None
    arguments = head[head.index(b"(") + 1 : -2].strip()
    lead = b"lambda " + arguments if arguments else b"lambda"
    return code.put(node, node.name.encode() + b" = " + lead + b": " + code.text(body.value))


def _said_twice(code: Code, node: ast.Return, rng: Random) -> list[Edit] | None:
    """What is returned gets a name first."""
    function = code.function(node)
    if function is None or node.value is None or dotted(node.value) or isinstance(node.value, ast.Constant):
        return None
    used = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
    name = next((one for one in rng.sample(_NAMES, len(_NAMES)) if one not in used), None)
    start, end = code.at(node)
    row = code.source[code.starts[node.lineno - 1] : start]
    if name is None or row.strip() or rng.random() > 0.3:
        return None
    said = name.encode()
    return [(start, start + len(b"return"), said + b" ="), (end, end, b"\n" + row + b"return " + said)]


def _collected(code: Code, node: ast.AST, _: Random) -> list[Edit] | None:
    """A comprehension within a call that would have been one without."""
    call = {ast.SetComp: b"set", ast.ListComp: b"list", ast.DictComp: b"dict"}[type(node)]
    text = code.text(node)
    if isinstance(node, ast.DictComp):
        pair = b"(" + code.text(node.key) + b", " + code.text(node.value) + b")"
        loop = code.source[code.at(node.value)[1] : code.at(node)[1] - 1]
        return code.put(node, b"dict([" + pair + loop + b"])")
    inner = b"[" + text[1:-1] + b"]" if isinstance(node, ast.SetComp) else text[1:-1]
    return code.put(node, call + b"(" + inner + b")")


def _listed(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """A list is built for `any` or `all` to look at."""
    if dotted(node.func) not in {"any", "all"} or len(node.args) != 1 or not code.short(node):
        return None
    if not isinstance(node.args[0], ast.GeneratorExp):
        return None
    start, end = code.at(node.func)[1] + 1, code.at(node)[1] - 1
    return [(start, start, b"["), (end, end, b"]")]


def _called(code: Code, node: ast.AST, rng: Random) -> list[Edit] | None:
    """`{}` becomes `dict()`, `[]` becomes `list()`."""
    empty = not (node.keys if isinstance(node, ast.Dict) else node.elts)  # type: ignore[attr-defined]
    if not empty or rng.random() > 0.4 or not code.short(node):
        return None
    return code.put(node, {ast.Dict: "dict()", ast.List: "list()"}[type(node)])


def _first(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """`next(iter(x))` becomes `list(x)[0]`."""
    inner = node.args[0] if dotted(node.func) == "next" and len(node.args) == 1 else None
    if not isinstance(inner, ast.Call) or dotted(inner.func) != "iter" or len(inner.args) != 1:
        return None
    return code.put(node, b"list(" + code.text(inner.args[0]) + b")[0]")


def _pairs(code: Code, node: ast.For, rng: Random) -> list[Edit] | None:
    """A loop over keys or values goes over pairs and drops a half."""
    call = node.iter
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.args:
        return None
    if call.func.attr not in {"values", "keys"} or not isinstance(node.target, ast.Name):
        return None
    other = rng.choice([b"_", b"_", b"_key" if call.func.attr == "values" else b"_value"])
    name = node.target.id.encode()
    pair = other + b", " + name if call.func.attr == "values" else name + b", " + other
    end = code.at(call.func)[1]
    return [*code.put(node.target, pair), (end - len(call.func.attr), end, b"items")]


def _compared(code: Code, node: ast.Assign, _: Random) -> list[Edit] | None:
    """`==` where a value was to be assigned."""
    target = node.targets[0]
    if len(node.targets) > 1 or not isinstance(target, (ast.Attribute, ast.Subscript)) or node.type_comment:
        return None
    start, end = code.at(target)[1], code.at(node.value)[0]
    fits = code.source[start:end] == b" = " and not isinstance(node.value, (ast.Yield, ast.Await, ast.Tuple))
    return [(start, end, b" == ")] if fits and code.function(node) is not None else None


def _not_returned(code: Code, node: ast.Return, rng: Random) -> list[Edit] | None:
    """The word `return` is missing in front of a value."""
    if not isinstance(node.value, (ast.Attribute, ast.BinOp, ast.Compare, ast.List, ast.Dict, ast.Subscript)):
        return None
    return [(code.at(node)[0], code.at(node.value)[0], b"")] if rng.random() < 0.6 else None


def _yielded(code: Code, node: ast.Expr, rng: Random) -> list[Edit] | None:
    """`yield from x` becomes a loop."""
    row = code.source[code.starts[node.lineno - 1] : code.at(node)[0]]
    if not isinstance(node.value, ast.YieldFrom) or row.strip():
        return None
    name = rng.choice([b"item", b"x", b"each", b"value", b"line"])
    head = b"for " + name + b" in " + code.text(node.value.value) + b":\n"
    return code.put(node, head + row + b"    yield " + name)


def _appended(code: Code, node: ast.Assign, rng: Random) -> list[Edit] | None:
    """A list comprehension becomes a loop that appends."""
    made = node.value
    row = code.source[code.starts[node.lineno - 1] : code.at(node)[0]]
    if not isinstance(made, ast.ListComp) or len(made.generators) > 1 or row.strip():
        return None
    loop = made.generators[0]
    name = node.targets[0]
    if not isinstance(name, ast.Name) or len(node.targets) > 1 or len(loop.ifs) > 1 or loop.is_async:
        return None
    function = code.function(node)
    if function is None or not code.short(loop.iter) or not code.short(made.elt) or rng.random() > 0.8:
        return None
    said, inner = name.id.encode(), row + b"    "
    lines = [said + b" = []", row + b"for " + code.text(loop.target) + b" in " + code.text(loop.iter) + b":"]
    if loop.ifs:
        lines.append(inner + b"if " + code.text(loop.ifs[0]) + b":")
        inner += b"    "
    return code.put(node, b"\n".join([*lines, inner + said + b".append(" + code.text(made.elt) + b")"]))


def _joined(code: Code, node: ast.List, _: Random) -> list[Edit] | None:
    """`[a, *b]` becomes `[a] + b`."""
    last = node.elts[-1] if node.elts else None
    if not isinstance(last, ast.Starred) or len(node.elts) < 2 or not dotted(last.value):
        return None
    if not code.short(node):
        return None
    if any(isinstance(one, ast.Starred) for one in node.elts[:-1]):
        return None
    end = code.at(node.elts[-2])[1]
    return [(end, code.at(node)[1], b"] + " + code.text(last.value))]


MISTAKES: tuple[Mistake, ...] = (
    ("E731", ast.FunctionDef, _lambda),
    ("RET504", ast.Return, _said_twice),
    ("C403", ast.SetComp, _collected),
    ("C404", ast.DictComp, _collected),
    ("C400", ast.ListComp, _collected),
    ("C419", ast.Call, _listed),
    ("C408", (ast.Dict, ast.List), _called),
    ("RUF015", ast.Call, _first),
    ("PERF102", ast.For, _pairs),
    ("B015", ast.Assign, _compared),
    ("B018", ast.Return, _not_returned),
    ("UP028", ast.Expr, _yielded),
    ("PERF401", ast.Assign, _appended),
    ("RUF005", ast.List, _joined),
)
