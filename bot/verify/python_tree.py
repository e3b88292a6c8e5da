"""Python: does the edited file parse, and is it the same program but for one docstring?"""

from __future__ import annotations

import ast
import inspect
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from bot.verify.facts import facts_of
from bot.verify.subject import Definition, Problem, Subject
from bot.verify.words import words_of

if TYPE_CHECKING:
    from bot.data import Suggestion, Symbol
    from collections.abc import Iterator

__all__ = ["Parsed", "docstring_span", "parse_python", "subject_of"]

_Scope = Union[ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's text, its tree, and how many warnings the parser gave."""

    source: bytes
    tree: ast.Module
    warnings: int = 0


def parse_python(source: bytes) -> Parsed | None:
    """Parse UTF-8 `source`, whatever encoding its cookie names; None where this Python's grammar cannot."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = ast.parse(source.decode("utf-8"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return Parsed(source, tree, len(caught))


def subject_of(suggestion: Suggestion, symbol: Symbol, before: Parsed, after: Parsed) -> Subject | Problem:
    """Return what the other checks look at, or the problem if more than one docstring changed."""
    old = _find(before.tree, symbol)
    new = _find(after.tree, symbol)
    if old is None or new is None:
        return Problem("tree-changed", f"{symbol.qualname or 'the module'} is no longer where it was")
    span = docstring_span(after.source, new)
    if span is None:
        return Problem("tree-changed", f"{symbol.qualname or 'the module'} has no docstring afterwards")
    was = docstring_span(before.source, old)
    if not _same_bytes(before.source, was, after.source, span):
        return Problem("tree-changed", "bytes outside of the docstring changed")
    doc = str(_docstring(new))
    if was is not None and doc == _docstring(old):
        return Problem("tree-changed", "the docstring is the one it had")
    parents = _parents(after.tree, new)
    reduced, wrapped = _reduced(after.source, new, parents)
    code = _code(before.source, old, was)
    words = words_of(_ground(suggestion, before, old, code))
    if _stripped(before.tree, old) != _stripped(after.tree, new):
        return Problem("tree-changed", "the syntax tree differs without the docstring")
    return Subject(
        suggestion, symbol, inspect.cleandoc(doc), code, words, new, facts_of(new), reduced, wrapped
    )


def docstring_span(source: bytes, node: Definition) -> tuple[int, int] | None:
    """Return the bytes of a definition's docstring literal, quotes included, or None when it has none."""
    if not node.body or _docstring(node) is None:
        return None
    first = node.body[0]
    starts = _line_starts(source)
    end_line, end_column = first.end_lineno or first.lineno, first.end_col_offset or 0
    return starts[first.lineno - 1] + first.col_offset, starts[end_line - 1] + end_column


def _find(tree: ast.Module, symbol: Symbol) -> Definition | None:
    if symbol.kind == "module":
        return tree
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            and node.lineno == symbol.header_line
            and node.name == symbol.name
        ):
            return node
    return None


def _docstring(node: Definition) -> str | None:
    return ast.get_docstring(node, clean=False)


def _stripped(tree: ast.Module, node: Definition) -> str:
    """Dump the tree without `node`'s docstring; the node keeps it afterwards."""
    if _docstring(node) is None:
        return ast.dump(tree)
    first = node.body.pop(0)
    try:
        return ast.dump(tree)
    finally:
        node.body.insert(0, first)


def _same_bytes(before: bytes, was: tuple[int, int] | None, after: bytes, span: tuple[int, int]) -> bool:
    """Whether the files are equal but for the docstring and white space right around it."""
    head, tail = after[: span[0]].rstrip(), after[span[1] :].lstrip()
    if was is not None:
        return before[: was[0]].rstrip() == head and before[was[1] :].lstrip() == tail
    if not before.startswith(head) or not before.endswith(tail) or len(head) + len(tail) > len(before):
        return False
    return not before[len(head) : len(before) - len(tail)].strip()


def _line_starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _lines(source: bytes, start: int, end: int) -> str:
    """Return lines `start`..`end` (1-based, inclusive) with plain newlines."""
    lines = source.splitlines()[start - 1 : end]
    return "\n".join(line.decode("utf-8", "replace") for line in lines) + "\n"


def _first_line(node: Definition) -> int:
    if isinstance(node, ast.Module):
        return 1
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _code(source: bytes, node: Definition, was: tuple[int, int] | None) -> str:
    """Return the definition's own lines without the docstring it had."""
    starts = _line_starts(source)
    end = len(source) if isinstance(node, ast.Module) else starts[node.end_lineno or node.lineno]
    start = starts[_first_line(node) - 1]
    text = source[start:end] if was is None else source[start : was[0]] + source[was[1] : end]
    return text.decode("utf-8", "replace")


def _parents(tree: ast.Module, node: Definition) -> tuple[_Scope, ...]:
    """Return the classes and functions around a definition, outermost first."""
    if isinstance(node, ast.Module):
        return ()
    around = [
        other
        for other in ast.walk(tree)
        if isinstance(other, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and other is not node
        and other.lineno <= node.lineno
        and (other.end_lineno or 0) >= (node.end_lineno or 0)
    ]
    return tuple(sorted(around, key=lambda other: other.lineno))


def _ground(suggestion: Suggestion, before: Parsed, node: Definition, code: str) -> Iterator[str]:
    """Yield the code that the docstring may speak of: its own, headers around it, imports, linked context."""
    yield code
    for parent in _parents(before.tree, node):
        last = max(parent.lineno, parent.body[0].lineno - 1) if parent.body else parent.lineno
        yield _lines(before.source, _first_line(parent), last)
    for other in ast.walk(before.tree):
        if isinstance(other, (ast.Import, ast.ImportFrom)):
            yield ast.unparse(other)
    yield suggestion.path
    for completion in suggestion.completions:
        for snippet in completion.prompt.context.included:
            yield snippet.text


def _reduced(source: bytes, node: Definition, parents: tuple[_Scope, ...]) -> tuple[str, bool]:
    """Return a module of just this definition, and whether it had to be put inside a class or an `if`."""
    if isinstance(node, ast.Module):
        return _lines(source, 1, node.body[0].end_lineno or 1) + "\nvalue = 1\n", False
    body = _lines(source, _first_line(node), node.end_lineno or node.lineno)
    if not body[:1].isspace():
        return body, False
    around = parents[-1] if parents else None
    return (f"class {around.name}:\n" if isinstance(around, ast.ClassDef) else "if True:\n") + body, True
