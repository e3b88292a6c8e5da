"""What Python's own `ast` knows of a definition: is it worth a docstring, and what may one truthfully say.

Names and types of parameters come from the `Symbol`; this module answers what takes a look at the body.
Where the body leaves room for doubt (an exception that may be caught again, a re-raised variable) the
answer is "unknown", and the docstring then says nothing about it.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Symbol

__all__ = ["Facts", "Raised", "dotted", "facts", "parse", "walk_own"]

Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef]
_STUB_ERRORS = ("NotImplementedError", "NotImplemented")
_ACCESSORS = ("setter", "deleter")
_CONDITION_LENGTH = 60  # characters of a condition or message that still read well in a sentence


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception the body raises by name. `when` is a phrase that is true by construction, or ""."""

    name: str
    when: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the syntax tree says of one definition."""

    trivial: bool = False  # a stub, an accessor, or a body that says no more than the signature
    attribute: bool = False  # a property: read like an attribute, so no sections
    returns: bool = False  # some `return` has a value
    returns_nothing: bool = False  # some `return` has none, or spells out None
    yields: bool = False
    raises: tuple[Raised, ...] | None = ()  # None: cannot be told
    docstring: str | None = None  # the cleaned docstring it has


def facts(symbol: Symbol, source: bytes) -> Facts | None:
    """Read the facts of `symbol` in `source`; None where this Python's grammar cannot parse it."""
    node = parse(symbol, source)
    if node is None:
        return None
    if isinstance(node, ast.Module):
        return Facts(trivial=_trivial_module(node, symbol), docstring=ast.get_docstring(node))
    if isinstance(node, ast.ClassDef):
        return Facts(trivial=all(_is_stub(s) for s in node.body), docstring=ast.get_docstring(node))
    own = list(walk_own(node))
    decorators = [dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
    return Facts(
        trivial=_trivial_function(node, decorators),
        attribute=any(d.rpartition(".")[2] in {"property", "cached_property"} for d in decorators),
        returns=any(isinstance(n, ast.Return) and not _is_none(n.value) for n in own),
        returns_nothing=any(isinstance(n, ast.Return) and _is_none(n.value) for n in own),
        yields=any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own),
        raises=_raises(node, source=_wrapped(symbol, source)),
        docstring=ast.get_docstring(node),
    )


def parse(symbol: Symbol, source: bytes) -> Definition | ast.Module | None:
    """Parse the symbol's own text, however deep it is indented; None if it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the user's strings are not our business
            tree = ast.parse(_wrapped(symbol, source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if symbol.kind == "module":
        return tree
    body = tree.body
    if symbol.indent and body and isinstance(body[0], ast.If):
        body = body[0].body
    first = body[0] if body else None
    return first if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else None


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body in order, leaving out functions and classes nested in it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        yield child
        yield from walk_own(child)


def _wrapped(symbol: Symbol, source: bytes) -> str:
    text = source[symbol.start : symbol.end].decode("utf-8", "replace")
    return f"if 1:\n{symbol.indent}{text}" if symbol.indent and symbol.kind != "module" else text


def _trivial_module(node: ast.Module, symbol: Symbol) -> bool:
    """Whether nothing stands there but imports and dunder assignments (a package's re-exports)."""
    del symbol
    return all(
        isinstance(s, (ast.Import, ast.ImportFrom))
        or _is_stub(s)
        or (
            isinstance(s, (ast.Assign, ast.AnnAssign))
            and all(
                isinstance(t, ast.Name) and t.id.startswith("__")
                for t in (s.targets if isinstance(s, ast.Assign) else [s.target])
            )
        )
        for s in node.body
    )


def _trivial_function(node: ast.FunctionDef | ast.AsyncFunctionDef, decorators: list[str]) -> bool:
    if any(d.rpartition(".")[2] in {"overload", *_ACCESSORS} for d in decorators):
        return True
    if all(_is_stub(s) for s in node.body):
        return True
    if len(node.body) > 1:
        return False
    only = node.body[0]
    if isinstance(only, ast.Return):
        return only.value is None or _is_plain(only.value)
    if isinstance(only, ast.Assign):
        return _is_plain(only.value)
    return False


def _is_stub(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: `pass`, `...`, a string, `raise NotImplementedError`."""
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return dotted(raised) in _STUB_ERRORS
    return False


def _is_plain(value: ast.expr) -> bool:
    """Whether an expression is a constant, a dotted name or an empty container."""
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.Constant) or bool(dotted(value))


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def dotted(node: ast.AST | None) -> str:
    """Return `a.b.c` for a dotted name, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _raises(node: ast.FunctionDef | ast.AsyncFunctionDef, *, source: str) -> tuple[Raised, ...] | None:
    """Return the exceptions raised by name, in order of first mention; None if any is in doubt."""
    found: dict[str, list[str]] = {}
    for raise_, path in _raise_paths(node, ()):
        exc = raise_.exc
        name = dotted(exc.func if isinstance(exc, ast.Call) else exc) if exc is not None else ""
        leaf = name.rpartition(".")[2]
        # `raise`, `raise error` and `raise make_error()` say nothing about the class
        if not leaf[:1].isupper() or leaf.isupper():
            return None
        if any(isinstance(p, ast.Try) and p.handlers and child in p.body for p, child in path):
            return None  # may be caught right here
        when = _when(exc, path, source)
        if not when:
            return None
        found.setdefault(name, [])
        if when not in found[name]:
            found[name].append(when)
    return tuple(Raised(name, _sentence(whens)) for name, whens in found.items())


def _sentence(phrases: list[str]) -> str:
    text = ", or ".join(phrases)
    return f"{text[0].upper()}{text[1:]}."


Path = tuple[tuple[ast.AST, ast.AST], ...]  # (ancestor, the child of it that leads to the statement)


def _raise_paths(node: ast.AST, path: Path) -> Iterator[tuple[ast.Raise, Path]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        here = (*path, (node, child))
        if isinstance(child, ast.Raise):
            yield child, here
        else:
            yield from _raise_paths(child, here)


def _when(exc: ast.expr | None, path: Path, source: str) -> str:
    """Say when an exception is raised, using only what the tree says: condition, handler or message."""
    for parent, child in reversed(path):
        if isinstance(parent, ast.If):
            text = _quotable(parent.test, source)
            if text and child in parent.body:
                return f"if `{text}`"
            if text and child in parent.orelse:
                return f"unless `{text}`"
            break
        if isinstance(parent, ast.ExceptHandler):
            kinds = parent.type.elts if isinstance(parent.type, ast.Tuple) else [parent.type]
            names = [dotted(k) if k is not None else "" for k in kinds]
            if all(names):
                return "on " + " or ".join(f"`{n}`" for n in names)
            break
    message = exc.args[0] if isinstance(exc, ast.Call) and exc.args else None
    if isinstance(message, ast.Constant) and isinstance(message.value, str):
        text = message.value.strip()
        if text.isprintable() and 0 < len(text) <= _CONDITION_LENGTH and not set(text) & set('\\`"'):
            return f'with the message "{text}"'
    return ""


def _quotable(node: ast.expr, source: str) -> str:
    text = ast.get_source_segment(source, node) or ""
    fits = "\n" not in text and len(text) <= _CONDITION_LENGTH
    return text if fits and not set(text) & set("\\`") and '"""' not in text and "'''" not in text else ""
