"""What Python code refers to, imports and shows by example, in one pass over its syntax tree.

`ast` and not tree-sitter: name binding (which names are a function's own locals) needs expression contexts.
Code that `ast` cannot parse is read by `bot.chunk.scan` instead.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections import defaultdict
from dataclasses import dataclass, field

from bot.chunk.tags import Example, Import

__all__ = ["PythonFacts", "doctests", "python_facts"]

BUILTINS = frozenset(dir(builtins))
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
_PARTS = 4  # of a dotted reference that are kept
_ATTRIBUTES = 16  # of a class that are kept
_EXAMPLE = 160  # characters of an example's longest line
_EXAMPLE_LINES = 6
_Loads = list[tuple[str, int]]


@dataclass(slots=True)
class PythonFacts:
    """What the pass collects; line numbers are 1-based."""

    references: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    imports: list[Import] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    bases: dict[int, tuple[str, ...]] = field(default_factory=dict)  # by line of the class
    attributes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    constants: list[tuple[str, int, int]] = field(default_factory=list)  # name, first and last line


def python_facts(source: bytes) -> PythonFacts | None:
    """Return the facts of a Python file, or None where `ast` cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the code that is read, not of ours
            tree = ast.parse(source)
        visitor = _Visitor()
        visitor.module(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    visitor.facts.examples += doctests(source)
    visitor.facts.examples.sort(key=lambda e: e.line)
    return visitor.facts


def doctests(source: bytes) -> list[Example]:
    """Return the `>>> call` examples that are followed by an output."""
    if b">>> " not in source:
        return []
    found: list[Example] = []
    lines = source.decode("utf-8", "replace").split("\n")
    number = 0
    while number < len(lines):
        stripped = lines[number].lstrip()
        number += 1
        if not stripped.startswith(">>> "):
            continue
        first, indent = number, len(lines[number - 1]) - len(stripped)
        block = [stripped.rstrip()]
        while number < len(lines) and lines[number].lstrip().startswith("..."):
            block.append(lines[number][indent:].rstrip())
            number += 1
        outputs = 0
        while number < len(lines):
            text = lines[number].strip()
            if not text or text.startswith((">>>", '"""', "'''", "```")):
                break
            block.append(re.sub(r"(\"\"\"|''')$", "", lines[number][indent:].rstrip()))
            outputs += 1
            number += 1
        names = tuple(dict.fromkeys(n for n in _CALLED.findall(stripped) if n not in BUILTINS))
        short = len(block) <= _EXAMPLE_LINES and all(len(line) <= _EXAMPLE for line in block)
        if outputs and names and short:
            found.append(Example(names, "\n".join(block), first, "doctest"))
    return found


def _dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a chain of attributes on a name, else ""."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts[-_PARTS:]))


class _Visitor:
    """One pass, by hand: `ast.NodeVisitor` costs three times as much."""

    def __init__(self) -> None:
        self.facts = PythonFacts()
        self.loads: _Loads = []
        self.bound: set[str] = set()
        self.in_test = False

    def module(self, tree: ast.Module) -> None:
        for node in tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                self._constant(node)
            self.visit(node)
        for name, line in self.loads:
            self.facts.references[name].append(line)
        for lines in self.facts.references.values():
            lines[:] = sorted(set(lines))

    def _constant(self, node: ast.Assign | ast.AnnAssign) -> None:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Name) and not target.id.startswith("__"):
            self.facts.constants.append((target.id, node.lineno, node.end_lineno or node.lineno))

    def visit(self, node: ast.AST) -> None:  # noqa: C901, PLR0912 - a dispatch by type; a table would be slower
        kind = node.__class__
        if kind is ast.Name:
            if node.ctx.__class__ is ast.Load:  # type: ignore[attr-defined]
                self.loads.append((node.id, node.lineno))  # type: ignore[attr-defined]
            else:
                self.bound.add(node.id)  # type: ignore[attr-defined]
            return
        if kind is ast.Attribute:
            self._attribute(node)  # type: ignore[arg-type]
            return
        if kind is ast.Constant:
            return
        if kind is ast.FunctionDef or kind is ast.AsyncFunctionDef or kind is ast.Lambda:
            self._function(node)  # type: ignore[arg-type]
            return
        if kind is ast.ClassDef:
            self._class(node)  # type: ignore[arg-type]
        elif kind is ast.Import:
            for alias in node.names:  # type: ignore[attr-defined]
                top = alias.name.split(".", maxsplit=1)[0]
                bound, module = (alias.asname, alias.name) if alias.asname else (top, top)
                self.facts.imports.append(Import(bound, module))
                if (
                    not alias.asname and "." in alias.name
                ):  # `import a.b` makes a.b reachable by its full name
                    self.facts.imports.append(Import(alias.name, alias.name))
            return
        elif kind is ast.ImportFrom:
            module, level = node.module or "", node.level  # type: ignore[attr-defined]
            for alias in node.names:  # type: ignore[attr-defined]
                self.facts.imports.append(Import(alias.asname or alias.name, module, alias.name, level))
            return
        elif kind is ast.AnnAssign:
            self._annotation(node.annotation)  # type: ignore[attr-defined]
        elif self.in_test:
            self._assertion(node)
        for name in node._fields:
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def _attribute(self, node: ast.Attribute) -> None:
        dotted = _dotted(node)
        if dotted:
            self.loads.append((dotted, node.lineno))
            return
        self.loads.append(("." + node.attr, node.end_lineno or node.lineno))
        self.visit(node.value)

    def _annotation(self, node: ast.expr | None) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.loads += [(name, node.lineno) for name in _IDENTIFIER.findall(node.value)]

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        outer = self.loads, self.bound, self.in_test
        self.loads, self.bound = [], set()
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a]
        for argument in every:
            self.bound.add(argument.arg)
            self._annotation(argument.annotation)
        if isinstance(node, ast.Lambda):
            self.visit(node.body)
        else:
            self.in_test = self.in_test or node.name.startswith("test")
            self._annotation(node.returns)
            for statement in node.body:
                self.visit(statement)
        loads, bound = self.loads, self.bound - {"self", "cls"}
        self.loads, self.bound, self.in_test = outer
        for name, line in loads:  # what this function binds itself is nothing it uses; its attributes may be
            base, _, rest = name.partition(".")
            if base not in bound or not base:
                self.loads.append((name, line))
            elif rest:
                self.loads.append(("." + rest.rpartition(".")[2], line))
        for outside in [*getattr(node, "decorator_list", []), getattr(node, "returns", None), arguments]:
            if outside is not None:
                self.visit(outside)

    def _class(self, node: ast.ClassDef) -> None:
        self.facts.bases[node.lineno] = tuple(filter(None, map(_dotted, node.bases)))
        names: dict[str, None] = {}
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                names[f"{statement.target.id}: {ast.unparse(statement.annotation)}"[:80]] = None
            elif isinstance(statement, ast.Assign):
                names.update((t.id, None) for t in statement.targets if isinstance(t, ast.Name))
            elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                for inner in ast.walk(statement):
                    if not isinstance(inner, ast.Attribute) or not isinstance(inner.ctx, ast.Store):
                        continue
                    if isinstance(inner.value, ast.Name) and inner.value.id == "self":
                        names[inner.attr] = None
        annotated = {n.partition(":")[0] for n in names if ":" in n}
        kept = (n for n in names if not n.startswith("__") and n not in annotated)
        self.facts.attributes[node.lineno] = tuple(kept)[:_ATTRIBUTES]

    def _assertion(self, node: ast.AST) -> None:
        """Keep `assert f(1) == 2` and `self.assertEqual(f(1), 2)`, where the arguments are literal."""
        left, right = _compared(node)
        if left is None or right is None:
            return
        if not isinstance(left, ast.Call) and isinstance(right, ast.Call):
            left, right = right, left
        names, plain = _calls(left)
        if not names or not plain or not _calls(right)[1]:
            return
        text = f"assert {ast.unparse(left)} == {ast.unparse(right)}"
        if len(text) <= _EXAMPLE:
            self.facts.examples.append(Example(names, text, left.lineno))


def _compared(node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    """Return the two sides that an assertion says are equal."""
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
        test = node.test
        if len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is)):
            return test.left, test.comparators[0]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
        if node.func.attr not in ("assertEqual", "assertEquals", "assertIs"):
            return None, None
        return node.args[0], node.args[1]
    return None, None


def _calls(node: ast.expr) -> tuple[tuple[str, ...], bool]:
    """Return the names that are called, and whether all else is literal (a receiver may be a variable)."""
    names: dict[str, None] = {}
    receivers: set[int] = set()
    loads: list[ast.Name] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            dotted = _dotted(inner.func)
            name = dotted.rpartition(".")[2]
            if name and name not in BUILTINS:
                names[name] = None
            base: ast.expr = inner.func
            while isinstance(base, ast.Attribute):
                base = base.value
            receivers.add(id(base))
        elif isinstance(inner, ast.Name):
            loads.append(inner)
    plain = all(id(n) in receivers or n.id[:1].isupper() or n.id in BUILTINS for n in loads)
    return tuple(names), plain
