"""A training project's files as the product sees them: modules by name, and what their names stand for."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.chunk.encoding import blob_id
from bot.chunk.split import split
from bot.data import Change
from bot.tasks.tests.subject import Elsewhere, module_of, others, test_path, top

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.data import Chunk
    from bot.tasks.tests.subject import Module

__all__ = ["Bound", "Project", "Ref", "bindings"]

_DEEPEST = 4  # imports that pass a name on
_WHOLE = 1 << 20  # bytes of a chunk: no function is cut
_IMPORTED = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?([\w ,.]*)|import[ \t]+([\w.]+))", re.MULTILINE
)

Bound = tuple[str, str]  # (module, name); name "" is the module itself


@dataclass(frozen=True, slots=True)
class Ref:
    """What a name stands for."""

    kind: str  # "module", "definition" (function or class), "library" (no file of the project's) or "other"
    module: str  # dotted
    name: str = ""  # in that module


class Project:
    """One project; files are parsed once, when they are first needed."""

    def __init__(self, files: Iterable[tuple[str, str]]) -> None:
        self.texts: Mapping[str, str] = dict(files)
        self._modules: dict[str, Module | None] = {}
        self._bindings: dict[str, dict[str, Bound]] = {}
        self._chunks: dict[str, dict[str, Chunk]] = {}
        self._elsewhere: dict[str, Elsewhere | None] = {}

    @cached_property
    def packages(self) -> frozenset[str]:
        """Folders that are packages.

        Sources hold no `__init__.py` that is empty: what is imported as part of a package lies in one.
        """
        imported = set()
        for text in self.texts.values():
            for module, names, plain in _IMPORTED.findall(text):
                imported.add(module or plain)
                imported |= {f"{module}.{name.strip()}" for name in names.split(",") if module}
        found = {path.rpartition("/")[0] for path in self.texts if path.endswith("/__init__.py")}
        for path in self.texts:
            folders = path.removesuffix(".py").removesuffix("/__init__").split("/")
            for start in range(len(folders) - 1):
                if ".".join(folders[start:]) in imported:
                    found |= {"/".join(folders[:end]) for end in range(start + 1, len(folders))}
        for path in sorted(self.texts):  # what lies in a package is one
            *folders, _ = path.split("/")
            for end in range(2, len(folders) + 1):
                if "/".join(folders[: end - 1]) in found:
                    found.add("/".join(folders[:end]))
        return frozenset(found - {""})

    @cached_property
    def _paths(self) -> dict[str, str]:
        """Paths by dotted module name; of two the one that is no test's, then the shorter one."""
        found: dict[str, str] = {}
        for path in sorted(self.texts, key=lambda path: (test_path(path), len(path), path)):
            found.setdefault(self.dotted(path), path)
        return found

    @cached_property
    def _within(self) -> frozenset[str]:
        """Every dotted name that a module's name begins with."""
        names = (name.split(".") for name in self._paths)
        return frozenset(".".join(parts[:end]) for parts in names for end in range(1, len(parts) + 1))

    def dotted(self, path: str) -> str:
        """Return a file's dotted name, as the product names it."""
        *folders, name = path.removesuffix(".py").split("/")
        start = len(folders)
        while start and "/".join(folders[:start]) in self.packages:
            start -= 1
        return ".".join(folders[start:] + ([] if name == "__init__" else [name]))

    def change(self, path: str) -> Change:
        """Return a file as the product reads it."""
        raw = self.texts[path].encode()
        return Change(path, raw, raw, blob=blob_id(raw))

    def module(self, path: str) -> Module | None:
        """Return a file parsed, None where this Python cannot parse it."""
        if path not in self._modules:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._modules[path] = module_of(self.change(path), self.packages)
        return self._modules[path]

    def named(self, name: str) -> Module | None:
        """Return the module of a dotted name."""
        path = self._paths.get(name)
        return self.module(path) if path else None

    def chunk(self, path: str, qualname: str) -> Chunk | None:
        """Return the chunk of a function or method."""
        if path not in self._chunks:
            chunks = split(self.change(path), budget=_WHOLE)
            self._chunks[path] = {c.symbol.qualname: c for c in reversed(chunks) if c.symbol}
        return self._chunks[path].get(qualname)

    def bound(self, path: str) -> dict[str, Bound]:
        """Return what a file's imports bind."""
        if path not in self._bindings:
            module = self.module(path)
            self._bindings[path] = bindings(module.tree.body, self.home(path)) if module else {}
        return self._bindings[path]

    def home(self, path: str) -> str:
        """Return the package that a file's relative imports start from."""
        name = self.dotted(path)
        return name if path.endswith("__init__.py") else name.rpartition(".")[0]

    def elsewhere(self, names: Iterable[str]) -> dict[str, Elsewhere]:
        """Return those of the names that the product imports from whatever file defines a class of them."""
        for name in names:
            if name not in self._elsewhere:
                form = re.compile(rf"^\s*class {re.escape(name)}\b", re.MULTILINE)
                holding = [path for path, text in self.texts.items() if name in text and form.search(text)]
                self._elsewhere[name] = others(filter(None, map(self.module, holding))).get(name)
        return {name: one for name in names if (one := self._elsewhere[name])}

    def stands_for(self, path: str, dotted: Sequence[str]) -> Bound:
        """Return the module and the name that a dotted name in a file stands for; ("", …) for its own."""
        module, name = self.bound(path).get(dotted[0], ("", dotted[0]))
        *more, last = [*filter(None, [name]), *dotted[1:]] or [""]
        return ".".join([*filter(None, [module]), *more]), last

    def definition(self, path: str, dotted: Sequence[str]) -> tuple[str, ast.stmt] | None:
        """Return the project's function or class that a dotted name in a file names, and its file."""
        module, name = self.stands_for(path, dotted)
        ref = self.member(module, name) if module else Ref("definition", self.dotted(path), name)
        home = self._paths.get(ref.module, "") if module else path
        found = self.module(home) if home and ref.kind == "definition" else None
        node = (found.classes.get(ref.name) or found.functions.get(ref.name)) if found else None
        return (home, node) if node else None

    def ref(self, bound: Bound, depth: int = _DEEPEST) -> Ref:
        """Return what an import binds a name to."""
        module, name = bound
        if name:
            return self.member(module, name, depth)
        return Ref("module" if module in self._within else "library", module)

    def member(self, module: str, name: str, depth: int = _DEEPEST) -> Ref:
        """Return what a name in a module stands for, followed through what passes it on."""
        path = self._paths.get(module)
        known = self._written(path, module, name, depth) if path else None
        if known is not None:
            return known
        if f"{module}.{name}" in self._within:
            return Ref("module", f"{module}.{name}")
        if path is None and module in self._within:
            return self._lost(module, name)
        return Ref("other" if path else "library", module, name)

    def _written(self, path: str, module: str, name: str, depth: int) -> Ref | None:
        """Return what a file itself says that a name in it stands for."""
        found = self.module(path)
        if found is None:
            return None
        if name in found.classes or name in found.functions:
            return Ref("definition", module, name)
        if depth and (bound := self.bound(path).get(name)):
            return self.ref(bound, depth - 1)
        for star in _stars(found.tree, self.home(path)) if depth else ():
            passed = self.member(star, name, depth - 1) if star in self._within else None
            if passed and passed.kind == "definition":
                return passed
        return None

    def _lost(self, package: str, name: str) -> Ref:
        """Return what a package without its `__init__.py` passes on: the one definition of that name."""
        form = re.compile(rf"^(?:def|class) {re.escape(name)}\b", re.MULTILINE)
        homes = [
            dotted
            for dotted, path in self._paths.items()
            if dotted.startswith(f"{package}.") and not test_path(path) and form.search(self.texts[path])
        ]
        return Ref("definition", homes[0], name) if len(homes) == 1 else Ref("other", package, name)


def bindings(body: Iterable[ast.stmt], home: str) -> dict[str, Bound]:
    """Return what the imports among some statements bind, those in `if` and `try` included.

    Args:
        body: Statements.
        home: Dotted name of the package that relative imports start from.
    """
    found: dict[str, Bound] = {}
    for node in top(body):
        if isinstance(node, ast.Import):
            for each in node.names:
                name = each.asname or each.name.partition(".")[0]
                found[name] = (each.name if each.asname else name, "")
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                found[each.asname or each.name] = (_origin(node, home), each.name)
    return found


def _origin(node: ast.ImportFrom, home: str) -> str:
    if not node.level:
        return node.module or ""
    parts = home.split(".") if home else []
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _stars(tree: ast.Module, home: str) -> list[str]:
    return [
        _origin(node, home)
        for node in top(tree.body)
        if isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names)
    ]
