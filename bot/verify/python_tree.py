"""Python: does the edited file parse, and is it the same program but for one docstring?"""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Union

from bot.verify.facts import facts_of
from bot.verify.subject import Definition, Problem, Subject
from bot.verify.words import words_of

if TYPE_CHECKING:
    from bot.data import Suggestion, Symbol

__all__ = ["Parsed", "docstring_span", "parse_python", "subject_from", "subject_of"]

_Scope = Union[ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef]
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_SCOPES = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Parsed:
    """A file's text, its tree, and how many warnings the parser gave."""

    source: bytes
    tree: ast.Module
    warnings: int = 0

    @cached_property
    def starts(self) -> list[int]:
        """The byte offset at which each line starts, and the length of it all."""
        starts = [0]
        for line in self.source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def statements(self) -> list[ast.AST]:
        """Every statement (and `except` or `case` block), outer ones first; expressions are not entered."""
        found: list[ast.AST] = [self.tree]
        for node in found:  # grows while it is read
            for name in _BLOCKS:
                found.extend(getattr(node, name, ()))
        return found[1:]

    @cached_property
    def scopes(self) -> list[_Scope]:
        """Every function and class, in order."""
        return sorted((n for n in self.statements if isinstance(n, _SCOPES)), key=lambda n: n.lineno)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """All import statements."""
        found = (n for n in self.statements if isinstance(n, (ast.Import, ast.ImportFrom)))
        return tuple(ast.unparse(n) for n in found)

    def lines(self, start: int, end: int) -> str:
        """Return lines `start` to `end` (1-based, inclusive) with plain newlines."""
        text = self.source[self.starts[start - 1] : self.starts[min(end, len(self.starts) - 1)]]
        return "\n".join(line.decode("utf-8", "replace") for line in text.splitlines()) + "\n"


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
    old = _find(before, symbol)
    new = _find(after, symbol)
    if old is None or new is None:
        return Problem("tree-changed", f"{symbol.qualname or 'the module'} is no longer where it was")
    span = docstring_span(after, new)
    if span is None:
        return Problem("tree-changed", f"{symbol.qualname or 'the module'} has no docstring afterwards")
    was = docstring_span(before, old)
    if not _same_bytes(before.source, was, after.source, span):
        return Problem("tree-changed", "bytes outside of the docstring changed")
    doc = str(_docstring(new))
    if was is not None and doc == _docstring(old):
        return Problem("tree-changed", "the docstring is the one it had")
    if not _same_tree(before, old, after, new):
        return Problem("tree-changed", "the syntax tree differs without the docstring")
    reduced, wrapped = _reduced(after, new)
    subject = subject_from(suggestion, symbol, before, old, doc)
    return replace(subject, node=new, facts=facts_of(new), reduced=reduced, wrapped=wrapped)


def subject_from(
    suggestion: Suggestion, symbol: Symbol, parsed: Parsed, node: Definition, doc: str
) -> Subject:
    """Return a subject for a docstring that is there already or meant for `node`; nothing is proven."""
    code = _code(parsed, node, docstring_span(parsed, node))
    headers = [_header(parsed, scope) for scope in _parents(parsed, node)]
    near = "\n".join((*_used(parsed.imports, code), *headers, code))
    context = [snippet.text for one in suggestion.completions for snippet in one.prompt.context.included]
    words = words_of((code, *headers, *parsed.imports, suggestion.path, *context))
    return Subject(suggestion, symbol, inspect.cleandoc(doc), code, words, node, facts_of(node), near=near)


def docstring_span(parsed: Parsed, node: Definition) -> tuple[int, int] | None:
    """Return the bytes of a definition's docstring literal, quotes included, or None when it has none."""
    if not node.body or _docstring(node) is None:
        return None
    first, starts = node.body[0], parsed.starts
    end_line, end_column = first.end_lineno or first.lineno, first.end_col_offset or 0
    return starts[first.lineno - 1] + first.col_offset, starts[end_line - 1] + end_column


def _find(parsed: Parsed, symbol: Symbol) -> Definition | None:
    if symbol.kind == "module":
        return parsed.tree
    here = (n for n in parsed.scopes if n.lineno == symbol.header_line and n.name == symbol.name)
    return next(here, None)


def _docstring(node: Definition) -> str | None:
    return ast.get_docstring(node, clean=False)


def _same_tree(before: Parsed, old: Definition, after: Parsed, new: Definition) -> bool:
    """Whether the files' trees are identical once the docstrings of `old` and `new` are left out.

    Node types, fields and constants are compared, positions are not: what comparing `ast.dump` would tell,
    in half the time, which is most of what a large file costs.
    """
    stack: list[tuple[object, object]] = [(before.tree, after.tree)]
    while stack:
        one, two = stack.pop()
        if type(one) is not type(two):
            return False
        if isinstance(one, list) and isinstance(two, list):
            if len(one) != len(two):
                return False
            stack.extend(zip(one, two, strict=True))
        elif isinstance(one, ast.AST):
            for name in one._fields:
                mine, theirs = getattr(one, name, None), getattr(two, name, None)
                if name == "body" and one is old and two is new:
                    mine, theirs = _undocumented(old), _undocumented(new)
                if mine is not theirs:  # None, contexts and interned names are one object, so the same
                    stack.append((mine, theirs))
        elif one is not two and repr(one) != repr(two):  # 0.0 and -0.0 are equal, yet not the same program
            return False
    return True


def _undocumented(node: Definition) -> list[ast.stmt]:
    return node.body if _docstring(node) is None else node.body[1:]


def _same_bytes(before: bytes, was: tuple[int, int] | None, after: bytes, span: tuple[int, int]) -> bool:
    """Whether the files are equal but for the docstring and white space right around it."""
    head, tail = after[: span[0]].rstrip(), after[span[1] :].lstrip()
    if was is not None:
        return before[: was[0]].rstrip() == head and before[was[1] :].lstrip() == tail
    if not before.startswith(head) or not before.endswith(tail) or len(head) + len(tail) > len(before):
        return False
    return not before[len(head) : len(before) - len(tail)].strip()


def _first_line(node: Definition) -> int:
    if isinstance(node, ast.Module):
        return 1
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _last_line(node: _Scope) -> int:
    return node.end_lineno or node.lineno


def _code(parsed: Parsed, node: Definition, was: tuple[int, int] | None) -> str:
    """Return the definition's own lines without the docstring it had."""
    end = len(parsed.source) if isinstance(node, ast.Module) else parsed.starts[_last_line(node)]
    start = parsed.starts[_first_line(node) - 1]
    text = parsed.source[start:end]
    if was is not None:
        text = parsed.source[start : was[0]] + parsed.source[was[1] : end]
    return text.decode("utf-8", "replace")


def _parents(parsed: Parsed, node: Definition) -> tuple[_Scope, ...]:
    """Return the classes and functions around a definition, outermost first."""
    if isinstance(node, ast.Module):
        return ()
    return tuple(
        other
        for other in parsed.scopes
        if other is not node and other.lineno <= node.lineno and _last_line(other) >= _last_line(node)
    )


def _header(parsed: Parsed, scope: _Scope) -> str:
    last = max(scope.lineno, scope.body[0].lineno - 1)
    return parsed.lines(_first_line(scope), last)


def _used(imports: tuple[str, ...], code: str) -> list[str]:
    """Return the import statements that bind a name which `code` has."""
    names = set(re.findall(r"\w+", code))
    return [one for one in imports if names & set(re.findall(r"\w+", one.partition("import ")[2]))]


def _reduced(parsed: Parsed, node: Definition) -> tuple[str, bool]:
    """Return a module of just this definition, and whether it had to be put inside a class or an `if`."""
    if isinstance(node, ast.Module):
        return parsed.lines(1, node.body[0].end_lineno or 1) + "\nvalue = 1\n", False
    body = parsed.lines(_first_line(node), _last_line(node))
    if not body[:1].isspace():
        return body, False
    around = (None, *_parents(parsed, node))[-1]
    return (f"class {around.name}:\n" if isinstance(around, ast.ClassDef) else "if True:\n") + body, True
