"""What callers see of a file: signatures, public names, and what other files import from it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Union

from bot.findings.locate import outline
from bot.verify.subject import Problem, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.data import Symbol

__all__ = ["Importers", "names_stay", "signatures_stay"]

Importers = "Callable[[str, str], str]"  # (path of a module, a name) -> a file that imports that name, or ""
_Name = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef]


def signatures_stay(
    language: str, before: bytes, after: bytes, *, annotations: bool, about: Collection[str] = ()
) -> Result:
    """Check that every public definition is still there, with the same signature.

    Args:
        language: A row of the language table.
        before: The file's source.
        after: The same after the edit.
        annotations: Whether types and decorators must stay as they are spelt, too: a tool's own fix may
            spell them in a newer way.
        about: Symbols whose signature is what the finding is about: names and order of parameters stay.
    """
    was, now = _public(language, before), _public(language, after)
    for name, symbol in was.items():
        other = now.get(name)
        if other is None:
            return Problem("signature-changed", f"{symbol.qualname} is gone")
        asked = symbol.qualname in about
        old, new = (_signature(s, annotations=annotations, names_only=asked) for s in (symbol, other))
        if old != new or _waits(before, symbol) != _waits(after, other):
            return Problem("signature-changed", f"the signature of {symbol.qualname} is another one")
    return f"{len(was)} public signature{'s' * (len(was) != 1)} unchanged"


def names_stay(
    path: str, before: ast.Module, after: ast.Module, importers: Callable[[str, str], str]
) -> Result:
    """Check that no name of a Python module is lost that others may use.

    An import that the module itself has no use for may be what another file imports from it.
    """
    was, now = _bound(before), _bound(after)
    exported = _exported(before)
    for name in sorted(was.keys() - now.keys()):
        if name in exported:
            return Problem("signature-changed", f"{name} is in __all__")
        if was[name] != "import" and not name.startswith("_"):
            return Problem("signature-changed", f"{name} is gone")
        if path.endswith("__init__.py") and not name.startswith("_"):
            return Problem("signature-changed", f"{name} can be imported from this package")
        if user := importers(path, name):
            return Problem("signature-changed", f"{user} imports {name} from here")
    return "every name others use is still there"


def _public(language: str, source: bytes) -> dict[tuple[str, int], Symbol]:
    return {
        (s.qualname, s.ordinal): s
        for s in outline(language, source)
        if s.kind != "module" and s.public and not s.nested
    }


def _signature(symbol: Symbol, *, annotations: bool, names_only: bool) -> list[object]:
    if names_only:
        return [symbol.kind, *((p.name, p.kind) for p in symbol.parameters)]
    found = [
        (p.name, p.kind, _spelt(p.default), _spelt(p.annotation) if annotations else None)
        for p in symbol.parameters
    ]
    typed = [_spelt(symbol.returns), *map(_spelt, symbol.decorators)] if annotations else []
    return [symbol.kind, *found, *typed]


def _waits(source: bytes, symbol: Symbol) -> bool:
    """Whether a definition is one to wait for."""
    return b"async" in source[symbol.header : symbol.body].split(symbol.name.encode(), 1)[0].split()


def _spelt(text: str | None) -> str | None:
    """Return an expression without what makes no difference: quotes, spaces, line ends."""
    if text is None:
        return None
    try:
        return ast.unparse(ast.parse(text.strip().lstrip("@"), mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return " ".join(text.split())


def _bound(tree: ast.Module) -> dict[str, str]:
    """Return the names a module binds at its top level (also in `if` and `try`), and by what."""
    found: dict[str, str] = {}
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                found.setdefault(alias.asname or alias.name.partition(".")[0], "import")
        elif isinstance(node, _Definition):
            found[node.name] = "definition"
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (n for target in targets for n in ast.walk(target))
            found |= {n.id: "assignment" for n in names if isinstance(n, ast.Name)}
        for block in ("body", "orelse", "finalbody", "handlers"):
            inner = getattr(node, block, ()) if not isinstance(node, _Definition) else ()
            todo += [s for h in inner for s in (h.body if isinstance(h, ast.ExceptHandler) else [h])]
    return found


_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _exported(tree: ast.Module) -> frozenset[str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            return frozenset(
                c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)
            )
    return frozenset()
