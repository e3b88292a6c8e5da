"""What a definition does, as far as its syntax tree tells: the ground that a docstring's claims stand on."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.verify.kinds import annotation_kinds, kinds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Facts", "facts_of"]

_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one function, class or module. Of a class only names, parameters and calls are filled in."""

    kind: str  # "module", "class" or "function"
    name: str
    parameters: tuple[str, ...] = ()  # with their stars, without self or cls
    fields: frozenset[str] = frozenset()  # a class's attributes as its body and __init__ set them
    returns: frozenset[str] = frozenset()  # kinds of what is returned; empty: nothing ever is
    returns_value: bool = False
    yields: bool = False
    raises: frozenset[str] = frozenset()
    reraises: bool = False  # raises what it caught, or what an expression gave it
    asserts: bool = False
    calls: frozenset[str] = frozenset()  # last names of what is called, `del` and `with` included
    decorators: frozenset[str] = frozenset()
    stub: bool = False  # nothing but `...`, `pass` or `raise NotImplementedError`
    is_async: bool = False
    makes_function: bool = False  # defines or returns another function
    negated: str = ""  # the last name of X where all the code does is `return not X`
    affirmed: str = ""  # the last name of X where all the code does is `return X`
    only_raises: bool = False  # nothing but one `raise`, and no stub

    @property
    def is_property(self) -> bool:
        """Whether it is read as an attribute."""
        return any("property" in name for name in self.decorators)

    @property
    def known_returns(self) -> frozenset[str]:
        """Kinds of what is returned if all are known, else empty."""
        return frozenset() if "unknown" in self.returns else self.returns


def facts_of(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Facts:
    """Return the facts of a definition's syntax tree."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return _function(node)
    calls = frozenset(_called(n) for n in ast.walk(node) if isinstance(n, ast.Call))
    if isinstance(node, ast.Module):
        return Facts("module", "", calls=calls)
    init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    fields = _fields(node)
    return Facts(
        "class",
        node.name,
        parameters=_parameters(init.args, method=True) if init else tuple(_annotated(node)),
        fields=fields,
        calls=calls,
        decorators=frozenset(_dotted(d) for d in node.decorator_list),
    )


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Facts:
    own = list(_own(node))
    returned = [n for n in own if isinstance(n, ast.Return)]
    values = [n for n in returned if not _is_none(n.value)]
    raised = [n for n in own if isinstance(n, ast.Raise)]
    names = [_raised(n) for n in raised]
    single = values[0].value if len(returned) == 1 and values else None
    inner = single.operand if isinstance(single, ast.UnaryOp) and isinstance(single.op, ast.Not) else None
    decorators = frozenset(_dotted(d) for d in node.decorator_list)
    return Facts(
        "function",
        node.name,
        parameters=_parameters(node.args, method=False),
        returns=_returns(node, own, returned, has_value=bool(values)),
        returns_value=bool(values),
        yields=any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own),
        raises=frozenset(name for name in names if name),
        reraises=not all(names),
        asserts=any(isinstance(n, ast.Assert) for n in own),
        calls=frozenset(_calls(node)),
        decorators=decorators,
        stub=_is_stub(node) or any("abstract" in name or "overload" in name for name in decorators),
        is_async=isinstance(node, ast.AsyncFunctionDef),
        makes_function=any(isinstance(n, _NESTED) for n in ast.walk(node) if n is not node),
        negated=_last(inner) if inner is not None else "",
        affirmed=_last(single) if single is not None and inner is None else "",
        only_raises=_only_raises(node),
    )


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a function's own code, not that of functions and classes defined in it."""
    stack = list(getattr(node, "body", []))
    while stack:
        child = stack.pop()
        yield child
        if not isinstance(child, _NESTED):
            stack.extend(ast.iter_child_nodes(child))


def _returns(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    own: list[ast.AST],
    returned: list[ast.Return],
    *,
    has_value: bool,
) -> frozenset[str]:
    declared = annotation_kinds(node.returns)
    if "unknown" not in declared and declared != {"none"}:
        return declared
    if not has_value:
        return frozenset()
    env = _environment(node, own)
    return frozenset().union(*(kinds_of(n.value, env) for n in returned))


def _environment(
    node: ast.FunctionDef | ast.AsyncFunctionDef, own: list[ast.AST]
) -> dict[str, frozenset[str]]:
    """Return the kinds of local names; a name bound in any way but plain assignment is unknown."""
    plain: dict[str, list[ast.expr]] = {}
    bound: dict[str, int] = {}
    for n in own:
        if isinstance(n, ast.Assign):
            for target in n.targets:
                if isinstance(target, ast.Name):
                    plain.setdefault(target.id, []).append(n.value)
        elif isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name) and n.value is not None:
            plain.setdefault(n.target.id, []).append(n.value)
        elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            # `x += …` keeps a container's kind; of numbers and strings it may not
            plain.setdefault(n.target.id, [])
            bound[n.target.id] = bound.get(n.target.id, 0) - 1
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
            bound[n.id] = bound.get(n.id, 0) + 1
    arguments = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    env: dict[str, frozenset[str]] = {}
    for name, values in plain.items():
        if name not in arguments and values and bound.get(name, 0) == len(values):
            env[name] = frozenset().union(*(kinds_of(value, {}) for value in values))
    return env


def _parameters(args: ast.arguments, *, method: bool) -> tuple[str, ...]:
    plain = [a.arg for a in (*args.posonlyargs, *args.args)]
    if plain and (method or plain[0] in {"self", "cls", "mcs", "metacls", "mcls"}):
        plain = plain[1:]
    star = [f"*{args.vararg.arg}"] if args.vararg else []
    stars = [f"**{args.kwarg.arg}"] if args.kwarg else []
    return (*plain, *star, *(a.arg for a in args.kwonlyargs), *stars)


def _annotated(node: ast.ClassDef) -> Iterator[str]:
    for n in node.body:
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name):
            yield n.target.id


def _fields(node: ast.ClassDef) -> frozenset[str]:
    names = set(_annotated(node))
    for n in ast.walk(node):
        if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and _last(n.value) == "self":
            names.add(n.attr)
    for child in node.body:
        if isinstance(child, ast.Assign):
            names.update(target.id for target in child.targets if isinstance(target, ast.Name))
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(child.name)
    return frozenset(names)


def _calls(node: ast.AST) -> Iterator[str]:
    for n in ast.walk(node):
        if isinstance(n, ast.Call):
            yield _called(n)
        elif isinstance(n, ast.Delete):
            yield "del"
        elif isinstance(n, (ast.With, ast.AsyncWith)):
            yield "with"


def _called(call: ast.Call) -> str:
    return _last(call.func)


def _last(expr: ast.expr) -> str:
    if isinstance(expr, ast.Call):
        return _last(expr.func)
    if isinstance(expr, ast.Attribute):
        return expr.attr
    return expr.id if isinstance(expr, ast.Name) else ""


def _dotted(expr: ast.expr) -> str:
    if isinstance(expr, ast.Call):
        return _dotted(expr.func)
    if isinstance(expr, ast.Attribute):
        return f"{_dotted(expr.value)}.{expr.attr}"
    return expr.id if isinstance(expr, ast.Name) else ""


def _raised(node: ast.Raise) -> str:
    """Return the raised class's name; "" where it is not spelled out (bare, a variable, a factory)."""
    name = _last(node.exc) if node.exc is not None else ""
    return name if name[:1].isupper() or name.strip("_")[:1].isupper() else ""


def _is_none(expr: ast.expr | None) -> bool:
    return expr is None or (isinstance(expr, ast.Constant) and expr.value is None)


def _statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    return [n for n in node.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]


def _only_raises(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = _statements(node)
    return len(body) == 1 and isinstance(body[0], ast.Raise)


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = _statements(node)
    if not body:
        return True
    first = body[0]
    if len(body) == 1 and isinstance(first, ast.Pass):
        return True
    return isinstance(first, ast.Raise) and first.exc is not None and "NotImplemented" in _last(first.exc)
