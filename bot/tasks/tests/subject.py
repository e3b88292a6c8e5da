"""A Python function or method as a test sees it: how it is reached, what it takes, what it mentions."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

from bot.data import Skipped
from bot.languages import LANGUAGES, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.data import Change, Chunk

__all__ = [
    "Elsewhere",
    "Function",
    "Module",
    "Slot",
    "Subject",
    "module_of",
    "others",
    "subject",
    "test_path",
    "top",
]

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
_PLAIN = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "functools.cached_property"}
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter that a caller may fill."""

    name: str
    annotation: ast.expr | None
    default: ast.expr | None  # None: has to be given
    keyword: bool  # can only be given by name


@dataclass(frozen=True, slots=True)
class Module:
    """A source file and the names at its top level."""

    path: str  # relative to the repository
    name: str  # dotted, as tests import it
    tree: ast.Module
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    elsewhere: dict[str, Elsewhere] = field(default_factory=dict)  # classes of other files, by name

    def class_of(self, name: str) -> ast.ClassDef | None:
        """Return a class that tests of this module can name: its own, or another file's."""
        found = self.classes.get(name)
        return found or (self.elsewhere[name].node if name in self.elsewhere else None)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A class of another file, and the module that tests import it from."""

    module: str
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be tested."""

    chunk: Chunk
    module: Module
    node: Function
    owner: ast.ClassDef | None  # the class around it
    slots: tuple[Slot, ...]
    kind: str  # "function", "method", "static", "class" or "property"

    @property
    def qualname(self) -> str:
        """Dotted from the module's top."""
        return f"{self.owner.name}.{self.node.name}" if self.owner else self.node.name

    @property
    def lines(self) -> range:
        """Lines of its body, decorators and signature left out."""
        return range(self.node.body[0].lineno, (self.node.end_lineno or self.node.lineno) + 1)


def test_path(path: str) -> bool:
    """Whether a Python file holds tests, going by its path."""
    return is_test_path(path, LANGUAGES["python"].tests)


def module_of(change: Change, packages: frozenset[str]) -> Module | None:
    """Return a file's names at top level; None where this Python cannot parse it.

    Args:
        change: The file.
        packages: Folders of the repository that have an `__init__.py`.
    """
    try:
        tree = ast.parse(change.source.decode("utf-8", "replace"))
    except (SyntaxError, ValueError, RecursionError):
        return None
    module = Module(change.path, dotted(change.path, packages), tree)
    for node in top(tree.body):
        if isinstance(node, ast.ClassDef):
            module.classes[node.name] = node
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            module.functions[node.name] = node
    return module


def others(modules: Iterable[Module]) -> dict[str, Elsewhere]:
    """Return the public classes of a repository by name, those left out that several files define.

    Classes of tests and of scripts that run when they are imported, and errors, are none that a function is
    given.
    """
    found: dict[str, list[Elsewhere]] = {}
    for module in modules:
        own = module.path.rpartition("/")[2]
        if test_path(module.path) or own in {"setup.py", "conftest.py", "__main__.py"}:
            continue
        for name, node in module.classes.items():
            if not name.startswith("_") and not name.endswith(("Error", "Exception", "Warning")):
                found.setdefault(name, []).append(Elsewhere(module.name, node))
    return {name: some[0] for name, some in found.items() if len(some) == 1}


def dotted(path: str, packages: frozenset[str]) -> str:
    """Return the name that a file is imported by: from its outermost package on, or its own alone."""
    *folders, name = path.removesuffix(".py").split("/")
    start = len(folders)
    while start and "/".join(folders[:start]) in packages:
        start -= 1
    parts = folders[start:] + ([] if name == "__init__" else [name])
    return ".".join(parts)


def subject(chunk: Chunk, module: Module, *, private: bool) -> Subject | Skipped:
    """Return what of a chunk is to be tested, or why nothing is.

    Args:
        chunk: A chunk of the module's file.
        module: From `module_of`.
        private: Whether functions with a leading underscore count.
    """
    symbol = chunk.symbol
    if symbol is None or symbol.kind in {"module", "class"} or chunk.kind != "function":
        return _skip(chunk, "no-function")
    reason = ""
    if chunk.part > 0:
        reason = "continuation"
    elif symbol.broken:
        reason = "unparsable"
    elif not chunk.change.touched(symbol.start_line, symbol.end_line):
        reason = "unchanged"
    elif not private and any(part.startswith("_") for part in symbol.qualname.split(".")):
        reason = "not-public"
    if reason:
        return _skip(chunk, reason)
    found = _node(module, symbol.qualname)
    if found is None or symbol.nested or symbol.ordinal:
        return _skip(chunk, "out-of-reach")
    node, owner = found
    kind = _kind(node, owner)
    if kind is None or _stub(node):
        return _skip(chunk, "trivial" if kind else "out-of-reach")
    return Subject(
        chunk, module, node, owner, _slots(node, receiver=kind in {"method", "class", "property"}), kind
    )


def _skip(chunk: Chunk, reason: str) -> Skipped:
    return Skipped(chunk.change.path, reason, chunk.symbol.qualname if chunk.symbol else "", chunk)


def top(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield some statements, with those in `if` and `try`."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            yield from top(node.body)
            yield from top(node.orelse)


def _node(module: Module, qualname: str) -> tuple[Function, ast.ClassDef | None] | None:
    *owners, name = qualname.split(".")
    if not owners:
        function = module.functions.get(name)
        return (function, None) if function else None
    owner = module.classes.get(owners[0]) if len(owners) == 1 else None
    for node in owner.body if owner else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            return node, owner
    return None


def _kind(node: Function, owner: ast.ClassDef | None) -> str | None:
    """Return how it is called; None where a decorator may have made something else of it."""
    marks = [ast.unparse(each) for each in node.decorator_list]
    if owner is None:
        return (
            None if any(mark.endswith(("fixture", ".command()", ".route")) for mark in marks) else "function"
        )
    if any(mark.endswith((".setter", ".deleter", "abstractmethod", "overload")) for mark in marks):
        return None
    if "staticmethod" in marks:
        return "static"
    if "classmethod" in marks:
        return "class"
    return "property" if _PLAIN.intersection(marks) else "method"


def _stub(node: Function) -> bool:
    """Whether a body does nothing: a docstring, `...`, `pass` or a bare `raise NotImplementedError`."""
    for each in node.body:
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
            continue
        if isinstance(each, ast.Raise) and each.exc and "NotImplementedError" in ast.unparse(each.exc):
            continue
        if not isinstance(each, ast.Pass):
            return False
    return True


def _slots(node: Function, *, receiver: bool) -> tuple[Slot, ...]:
    arguments = node.args
    placed = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(placed) - len(arguments.defaults)) + list(arguments.defaults)
    slots = [
        Slot(each.arg, each.annotation, default, keyword=False)
        for each, default in zip(placed, defaults, strict=True)
    ]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    slots = slots[1:] if receiver else slots
    return (*slots, *(Slot(each.arg, each.annotation, value, keyword=True) for each, value in named))
