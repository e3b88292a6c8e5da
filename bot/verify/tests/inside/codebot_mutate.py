"""Mutants: a function with one small mistake in it, as code that can take the place of the real one.

Each mistake is one that people make: a comparison that is off by one, a condition turned round, a wrong
operator, a constant, a result or a statement that is missing.
"""

from __future__ import annotations

import ast
import copy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any

    Mutation = Callable[[Any], "ast.AST | None"]

__all__ = ["Mutant", "mutants"]

_COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_SHORT = 24  # characters of a constant that are told
_SIGNS = {
    "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!=", "Is": "is", "IsNot": "is not",
    "In": "in", "NotIn": "not in",
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%",
    "Pow": "**", "BitAnd": "&", "BitOr": "|", "BitXor": "^", "LShift": "<<", "RShift": ">>", "And": "and",
    "Or": "or",
}  # fmt: skip


class Mutant:
    """One mistake: where it is, what it is, and the function's code with it."""

    def __init__(self, line: int, what: str, code: CodeType) -> None:
        self.line = line
        self.what = what
        self.code = code


def mutants(tree: ast.Module, filename: str, qualname: str, original: CodeType, most: int) -> list[Mutant]:
    """Return up to `most` mutants of a function, spread over its body.

    Args:
        tree: The module's.
        filename: Its path, as the original code has it.
        qualname: Of the function, dotted from the module's top.
        original: Its code; what compiles to the same is no mutant.
        most: How many.
    """
    tree = copy.deepcopy(tree)
    function = _find(tree, qualname.split("."))
    if function is None:
        return []
    sites = list(_sites(function))
    if len(sites) > most:
        sites = [sites[n * len(sites) // most] for n in range(most)]
    found = []
    for parent, field, index, node, replacement, what in sites:
        _put(parent, field, index, replacement)
        try:
            code = _code(compile(ast.fix_missing_locations(tree), filename, "exec"), qualname.split("."))
        except (SyntaxError, ValueError, TypeError):
            code = None
        _put(parent, field, index, node)
        if code is not None and code.co_freevars == original.co_freevars and not _same(code, original):
            found.append(Mutant(getattr(node, "lineno", 0), what, code))
    return found


def _find(tree: Any, names: list[str]) -> Any:
    node = tree
    for name in names:
        inner = [each for each in ast.walk(node) if getattr(each, "name", None) == name and each is not node]
        inner = [
            each for each in inner if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        ]
        if not inner:
            return None
        node = inner[0]
    return node


def _code(code: CodeType, names: list[str]) -> CodeType | None:
    for name in names:
        inner = [each for each in code.co_consts if hasattr(each, "co_code") and each.co_name == name]
        if not inner:
            return None
        code = inner[0]
    return code


def _same(one: CodeType, other: CodeType) -> bool:
    if one.co_code != other.co_code or one.co_names != other.co_names:
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    for a, b in zip(one.co_consts, other.co_consts):
        if hasattr(a, "co_code") and hasattr(b, "co_code"):
            if not _same(a, b):
                return False
        elif type(a) is not type(b) or a != b:
            return False
    return True


def _put(parent: Any, field: str, index: int | None, node: Any) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _sites(function: Any) -> Iterator[tuple[Any, str, int | None, Any, Any, str]]:
    """Yield every place and what to put there: (parent, field, index, node, replacement, in words)."""
    doc = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    stack = [(function, "body", n, each) for n, each in enumerate(function.body) if each is not doc]
    while stack:
        parent, field, index, node = stack.pop(0)
        for replacement, what in _mutations(node):
            yield parent, field, index, node, replacement, what
        inner: list[Any] = []
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "type_comment", "ctx", "format_spec"}:
                continue
            if isinstance(value, ast.AST):
                inner.append((node, name, None, value))
            elif isinstance(value, list):
                inner += [(node, name, n, each) for n, each in enumerate(value) if isinstance(each, ast.AST)]
        stack = inner + stack


def _mutations(node: Any) -> Iterator[tuple[Any, str]]:
    kind = type(node)
    for one, make in _MAKERS.items():
        if issubclass(kind, one):
            yield from make(node)


def _like(node: Any, **fields: Any) -> Any:
    """Return a node as this one with some fields replaced; the rest is shared."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _compare(node: Any) -> Iterator[tuple[Any, str]]:
    for n, one in enumerate(node.ops):
        other = _COMPARISONS.get(type(one))
        if other is not None:
            ops = [*node.ops[:n], other(), *node.ops[n + 1 :]]
            yield _like(node, ops=ops), f"{_sign(one)} became {_sign(other())}"


def _operate(node: Any) -> Iterator[tuple[Any, str]]:
    other = _OPERATORS.get(type(node.op))
    text = any(isinstance(getattr(node, side, None), ast.JoinedStr) for side in ("left", "right"))
    literal = getattr(node, "left", None)
    if other is not None and not text:
        if (
            isinstance(node.op, ast.Mod)
            and isinstance(literal, ast.Constant)
            and isinstance(literal.value, str)
        ):
            return  # formatting
        yield _like(node, op=other()), f"{_sign(node.op)} became {_sign(other())}"


def _join(node: Any) -> Iterator[tuple[Any, str]]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _like(node, op=other), f"{_sign(node.op)} became {_sign(other)}"


def _negate(node: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(node.op, ast.Not):
        yield node.operand, "not was dropped"
    elif isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield node.operand, "- was dropped"


def _constant(node: Any) -> Iterator[tuple[Any, str]]:
    value = node.value
    if isinstance(value, bool):
        yield ast.copy_location(ast.Constant(not value), node), f"{value} became {not value}"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield ast.copy_location(ast.Constant(value + 1), node), f"{value} became {value + 1}"
    elif isinstance(value, str):
        new = "XX" + value if value else "XX"
        yield ast.copy_location(ast.Constant(new), node), f"{_short(value)} became {_short(new)}"
    elif isinstance(value, bytes):
        yield ast.copy_location(ast.Constant(b"XX" + value), node), f"{_short(value)} became another"


def _condition(node: Any) -> Iterator[tuple[Any, str]]:
    if not isinstance(node.test, (ast.Compare, ast.BoolOp, ast.Constant)):
        turned = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        yield _like(node, test=turned), "the condition was turned round"


def _result(node: Any) -> Iterator[tuple[Any, str]]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield _like(node, value=ast.copy_location(ast.Constant(None), node)), "the result became None"


def _statement(node: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Call, ast.Await)):
        return
    yield ast.copy_location(ast.Pass(), node), "a statement was dropped"


def _leave(node: Any) -> Iterator[tuple[Any, str]]:
    other = ast.Continue() if isinstance(node, ast.Break) else ast.Break()
    yield (
        ast.copy_location(other, node),
        f"{type(node).__name__.lower()} became {type(other).__name__.lower()}",
    )


def _sign(node: Any) -> str:
    return _SIGNS.get(type(node).__name__, type(node).__name__)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHORT else text[: _SHORT - 4] + "…" + text[-1]


_MAKERS: dict[type, Any] = {
    ast.Compare: _compare,
    ast.BinOp: _operate,
    ast.AugAssign: _operate,
    ast.BoolOp: _join,
    ast.UnaryOp: _negate,
    ast.Constant: _constant,
    ast.If: _condition,
    ast.IfExp: _condition,
    ast.While: _condition,
    ast.Return: _result,
    ast.Raise: _statement,
    ast.Expr: _statement,
    ast.Break: _leave,
    ast.Continue: _leave,
}
