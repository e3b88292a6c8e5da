"""Exceptions, assertions, resources and default arguments."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from bot.tasks.facts import dotted
from training.mistakes.code import Function, constant

if TYPE_CHECKING:
    from random import Random

    from training.mistakes.code import Code, Edit, Mistake

__all__ = ["MISTAKES"]

_BROAD = frozenset({"Exception", "BaseException"})


def _cause_lost(code: Code, node: ast.Raise, _: Random) -> list[Edit] | None:
    if node.exc is None or node.cause is None:
        return None
    return [(code.at(node.exc)[1], code.at(node.cause)[1], b"")]


def _caught_all(code: Code, node: ast.ExceptHandler, rng: Random) -> list[Edit] | None:
    """`except` for particular exceptions becomes one for every exception."""
    if node.type is None or dotted(node.type) in _BROAD:
        return None
    if code.function(node) is None:
        return None
    return code.put(node.type, "Exception") if rng.random() < 0.8 else None


def _caught_bare(code: Code, node: ast.ExceptHandler, _: Random) -> list[Edit] | None:
    if node.type is None or node.name or code.function(node) is None:
        return None
    handlers = next(iter(code.up(node))).handlers  # type: ignore[attr-defined] # a `try`
    start, end = code.at(node)[0] + len(b"except"), code.at(node.type)[1]
    if handlers[-1] is not node or code.source[end : end + 1] != b":":
        return None
    return [(start, end, b"")]


def _not_raised(code: Code, node: ast.Raise, _: Random) -> list[Edit] | None:
    """An exception is made, and the word `raise` in front of it is missing."""
    if not isinstance(node.exc, ast.Call) or node.cause is not None:
        return None
    return [(code.at(node)[0], code.at(node.exc)[0], b"")]


def _raised_text(code: Code, node: ast.Raise, _: Random) -> list[Edit] | None:
    if not isinstance(node.exc, ast.Call) or len(node.exc.args) != 1 or node.exc.keywords:
        return None
    text = node.exc.args[0]
    plain = isinstance(text, ast.Constant) and isinstance(text.value, str)
    return code.put(node.exc, code.text(text)) if plain and code.short(text) else None


def _raised_vaguely(code: Code, node: ast.Raise, rng: Random) -> list[Edit] | None:
    if not isinstance(node.exc, ast.Call) or not dotted(node.exc.func).endswith(("Error", "Exception")):
        return None
    return code.put(node.exc.func, "Exception") if rng.random() < 0.5 else None


def _raised_of_value(code: Code, node: ast.Raise, rng: Random) -> list[Edit] | None:
    """A `TypeError` behind a check of types becomes another error."""
    if not isinstance(node.exc, ast.Call) or dotted(node.exc.func) != "TypeError":
        return None
    return code.put(node.exc.func, rng.choice(["ValueError", "ValueError", "RuntimeError"]))


def _raised_by_name(code: Code, node: ast.Raise, _: Random) -> list[Edit] | None:
    handler = next((one for one in code.up(node) if isinstance(one, (ast.ExceptHandler, *Function))), None)
    if node.exc is not None or not isinstance(handler, ast.ExceptHandler) or not handler.name:
        return None
    return code.put(node, f"raise {handler.name}")


def _asserted_tuple(code: Code, node: ast.Assert, _: Random) -> list[Edit] | None:
    if node.msg is None or not code.short(node) or code.source[code.at(node.test)[0] - 1 :][:1] == b"(":
        return None
    start, end = code.at(node.test)[0], code.at(node)[1]
    return [(start, start, b"("), (end, end, b")")]


def _left_open(code: Code, node: ast.With, _: Random) -> list[Edit] | None:
    """A file is opened without `with`; the block is its own no longer."""
    item = node.items[0]
    call, variable = item.context_expr, item.optional_vars
    if len(node.items) > 1 or not isinstance(variable, ast.Name) or not isinstance(call, ast.Call):
        return None
    if dotted(call.func) not in {"open", "io.open", "codecs.open"} or code.function(node) is None:
        return None
    start, end = code.at(node)
    header = code.source[start : code.starts[node.body[0].lineno - 1]]
    body = code.source[code.starts[node.body[0].lineno - 1] : end]
    if node.body[0].lineno == node.lineno or b"#" in header or b'"""' in body or b"'''" in body:
        return None
    lines = body.split(b"\n")
    deep = node.body[0].col_offset - node.col_offset
    if any(line.strip() and not line.startswith(b" " * deep) for line in lines):
        return None
    shallow = b"\n".join(line[deep:] for line in lines)
    closed = isinstance(node.body[-1], (ast.Return, ast.Raise))
    close = b"" if closed else b"\n" + b" " * node.col_offset + f"{variable.id}.close()".encode()
    made = f"{variable.id} = ".encode() + code.text(call) + b"\n" + shallow + close
    return [(start, end, made)]


_EMPTY = re.compile(rb"(\[\]|\{\}|set\(\)|list\(\)|dict\(\)|[\w.]+\([^()\n]*\))")


def _shared_default(code: Code, node: ast.AST, _: Random) -> list[Edit] | None:
    """`x=None` and `if x is None: x = []` become `x=[]`, one object for all calls."""
    function: ast.FunctionDef = node  # type: ignore[assignment] # or an async one
    positional = [*function.args.posonlyargs, *function.args.args]
    pairs = list(zip(positional[::-1], function.args.defaults[::-1]))  # noqa: B905 - defaults are of the last
    pairs += [(a, d) for a, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d]
    defaults = {one.arg: default for one, default in pairs if constant(default, None)}
    for n, statement in enumerate(function.body):
        if not isinstance(statement, ast.If) or statement.orelse or len(statement.body) != 1:
            continue
        test, inner = statement.test, statement.body[0]
        name = dotted(test.left) if isinstance(test, ast.Compare) else ""
        fits = (
            name in defaults
            and isinstance(test, ast.Compare)
            and isinstance(test.ops[0], ast.Is)
            and constant(test.comparators[0], None)
            and isinstance(inner, ast.Assign)
            and dotted(inner.targets[0]) == name
            and _EMPTY.fullmatch(code.text(inner.value))
        )
        if fits and isinstance(inner, ast.Assign) and (n + 1 < len(function.body)):
            start, end = code.starts[statement.lineno - 1], code.starts[statement.end_lineno or 0]
            if not code.source[end:].split(b"\n", 1)[0].strip():
                end = code.starts[(statement.end_lineno or 0) + 1]
            return [*code.put(defaults[name], code.text(inner.value)), (start, end, b"")]
    return None


def _class_default(code: Code, node: ast.AnnAssign, _: Random) -> list[Edit] | None:
    """A class's own list or dictionary is no longer said to be the class's."""
    if dotted(getattr(node.annotation, "value", None)).rpartition(".")[2] != "ClassVar" or node.value is None:
        return None
    return [(code.at(node.target)[1], code.at(node.annotation)[1], b"")]


def _optional(code: Code, node: ast.arguments, rng: Random) -> list[Edit] | None:
    """An argument whose default is `None` is no longer said to take it."""
    pairs = list(zip([*node.posonlyargs, *node.args][::-1], node.defaults[::-1]))  # noqa: B905 - likewise
    pairs += [(a, d) for a, d in zip(node.kwonlyargs, node.kw_defaults, strict=True) if d]
    found = []
    for one, default in pairs:
        told = one.annotation
        if not constant(default, None) or told is None or not code.short(told):
            continue
        if isinstance(told, ast.BinOp) and constant(told.right, None):
            found.append(code.put(told, code.text(told.left)))
        elif isinstance(told, ast.Subscript) and dotted(told.value).rpartition(".")[2] == "Optional":
            found.append(code.put(told, code.text(told.slice)))
    return rng.choice(found) if found else None


MISTAKES: tuple[Mistake, ...] = (
    ("B904", ast.Raise, _cause_lost),
    ("BLE001", ast.ExceptHandler, _caught_all),
    ("E722", ast.ExceptHandler, _caught_bare),
    ("PLW0133", ast.Raise, _not_raised),
    ("B016", ast.Raise, _raised_text),
    ("TRY002", ast.Raise, _raised_vaguely),
    ("TRY004", ast.Raise, _raised_of_value),
    ("TRY201", ast.Raise, _raised_by_name),
    ("F631", ast.Assert, _asserted_tuple),
    ("SIM115", ast.With, _left_open),
    ("B006", Function, _shared_default),
    ("RUF012", ast.AnnAssign, _class_default),
    ("RUF013", ast.arguments, _optional),
)
