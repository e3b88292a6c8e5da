"""What kind of value an expression has, as far as its form alone tells."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UNKNOWN", "annotation_kinds", "kinds_of"]

UNKNOWN = frozenset({"unknown"})
_CONSTANTS: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    complex: "complex",
    str: "str",
    bytes: "bytes",
    type(None): "none",
}
_FORMS: dict[type[ast.expr], str] = {
    ast.JoinedStr: "str",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
    ast.GeneratorExp: "iterator",
    ast.Lambda: "callable",
    ast.Compare: "bool",
}
_BUILTINS = {
    **dict.fromkeys(("bool", "isinstance", "issubclass", "any", "all", "callable", "hasattr"), "bool"),
    **dict.fromkeys(("str", "repr", "chr", "hex", "oct", "bin", "ascii", "format"), "str"),
    **dict.fromkeys(("int", "len", "ord", "id", "hash"), "int"),
    **dict.fromkeys(("list", "sorted", "dir"), "list"),
    **dict.fromkeys(("set", "frozenset"), "set"),
    **dict.fromkeys(("iter", "map", "filter", "zip", "enumerate", "reversed", "range"), "iterator"),
    "dict": "dict",
    "tuple": "tuple",
    "float": "float",
    "bytes": "bytes",
}
_METHODS = {
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "issubset", "issuperset"), "bool"),
    **dict.fromkeys(("strip", "lstrip", "rstrip", "lower", "upper", "title", "format", "decode"), "str"),
    **dict.fromkeys(("split", "rsplit", "splitlines"), "list"),
    "encode": "bytes",
}
_ANNOTATIONS = {
    **{name: name for name in ("bool", "int", "str", "bytes", "float", "list", "dict", "set", "tuple")},
    "None": "none",
    "frozenset": "set",
    "List": "list",
    "Sequence": "list",
    "Dict": "dict",
    "Mapping": "dict",
    "MutableMapping": "dict",
    "Set": "set",
    "FrozenSet": "set",
    "Tuple": "tuple",
    "TypeGuard": "bool",
    "Text": "str",
    "LiteralString": "str",
    **dict.fromkeys(("Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncGenerator"), "iterator"),
}


def kinds_of(  # noqa: C901, PLR0911 - one answer for each form of expression
    expr: ast.expr | None, env: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Return the kinds `expr` can have ("bool", "list", …); `env` knows the local names' kinds."""
    if expr is None:
        return frozenset({"none"})
    if isinstance(expr, ast.Constant):
        return frozenset({_CONSTANTS.get(type(expr.value), "unknown")})
    if type(expr) in _FORMS:
        return frozenset({_FORMS[type(expr)]})
    if isinstance(expr, ast.Name):
        return env.get(expr.id, UNKNOWN)
    if isinstance(expr, ast.IfExp):
        return kinds_of(expr.body, env) | kinds_of(expr.orelse, env)
    if isinstance(expr, ast.BoolOp):
        return frozenset().union(*(kinds_of(value, env) for value in expr.values))
    if isinstance(expr, ast.UnaryOp):
        return frozenset({"bool"}) if isinstance(expr.op, ast.Not) else kinds_of(expr.operand, env)
    if isinstance(expr, ast.BinOp) and kinds_of(expr.left, env) == {"str"}:
        return frozenset({"str"})
    if isinstance(expr, ast.NamedExpr):
        return kinds_of(expr.value, env)
    if isinstance(expr, ast.Call):
        return frozenset({_call_kind(expr)})
    return UNKNOWN


def _call_kind(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        name = call.func.id
        return "bool" if name.startswith(("is_", "has_")) else _BUILTINS.get(name, "unknown")
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        if name == "join" and isinstance(call.func.value, ast.Constant):
            return _CONSTANTS.get(type(call.func.value.value), "unknown")
        return "bool" if name.startswith(("is_", "has_")) else _METHODS.get(name, "unknown")
    return "unknown"


def annotation_kinds(annotation: ast.expr | None) -> frozenset[str]:  # noqa: PLR0911 - as above
    """Return the kinds an annotation allows; "unknown" for what is not a builtin or a plain container."""
    if annotation is None:
        return UNKNOWN
    if isinstance(annotation, ast.Constant):
        if isinstance(annotation.value, str):
            try:
                return annotation_kinds(ast.parse(annotation.value, mode="eval").body)
            except (SyntaxError, ValueError):
                return UNKNOWN
        return frozenset({"none"}) if annotation.value is None else UNKNOWN
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return annotation_kinds(annotation.left) | annotation_kinds(annotation.right)
    if isinstance(annotation, ast.Attribute):
        return frozenset({_ANNOTATIONS.get(annotation.attr, "unknown")})
    if isinstance(annotation, ast.Name):
        return frozenset({_ANNOTATIONS.get(annotation.id, "unknown")})
    if isinstance(annotation, ast.Subscript):
        return _subscript_kinds(annotation)
    return UNKNOWN


def _subscript_kinds(annotation: ast.Subscript) -> frozenset[str]:
    head = annotation.value
    name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
    inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if name == "Optional":
        return annotation_kinds(inner[0]) | {"none"}
    if name == "Union":
        return frozenset().union(*(annotation_kinds(part) for part in inner))
    if name == "Literal":
        return frozenset().union(*(kinds_of(part, {}) for part in inner))
    return annotation_kinds(head)
