"""What lies around a symbol and helps to describe it: the imports it uses, and its class's header."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.data import Change, Symbol

__all__ = ["class_header", "used_imports"]

_MOST = 12  # as many as the embedded model was trained with
_WORD = re.compile(r"\w+")
_IMPORT = re.compile(
    r"^(?:import|from|using|use|require|require_once|include|#\s*include|source|open)\b[^\n]*"
    r"|^(?:const|let|var|local)\b[^\n=]*=\s*require\b[^\n]*",
    re.MULTILINE,
)
_SYNTAX = """import from using use require require_once include source const let var local as static type
crate self super std pub"""
_KEYWORDS = frozenset(_SYNTAX.split())
_CONTAINER = (
    r"(?:class|interface|struct|trait|impl|object|module|enum|extension|record|protocol|namespace|union)"
)


def used_imports(change: Change, language: str, text: str) -> tuple[str, ...]:
    """Return the import statements of the file, one a line, that bring in a name which `text` uses."""
    words = frozenset(_WORD.findall(text))
    return tuple(line for line, names in _imports(language, change.source) if names & words)[:_MOST]


@lru_cache(maxsize=8)  # a file's functions come one after the other: one parse serves them all
def _imports(language: str, source: bytes) -> tuple[tuple[str, frozenset[str]], ...]:
    text = source.decode("utf-8", "replace")
    if language == "python":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in the user's file is none of our business
            try:
                return _python(ast.parse(text), text.split("\n"))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                pass  # fall through to the lines that look like imports
    return tuple(
        (line.strip(), frozenset(_WORD.findall(line)) - _KEYWORDS) for line in _IMPORT.findall(text[:200_000])
    )


def _python(tree: ast.Module, lines: list[str]) -> tuple[tuple[str, frozenset[str]], ...]:
    found: list[tuple[str, frozenset[str]]] = []
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        if node.end_lineno == node.lineno:
            names = frozenset((a.asname or a.name).split(".")[0] for a in node.names)
            found.append((lines[node.lineno - 1].strip(), names))
        elif isinstance(node, ast.ImportFrom):  # over several lines: one statement a name
            origin = "." * node.level + (node.module or "")
            for a in node.names:
                alias = f" as {a.asname}" if a.asname else ""
                found.append((f"from {origin} import {a.name}{alias}", frozenset((a.asname or a.name,))))
    return tuple(found)


def class_header(change: Change, symbol: Symbol) -> str:
    """Return the first line of the container that `symbol` is a direct member of, "" if there is none."""
    if symbol.parent is None:
        return ""
    name = symbol.parent.rsplit(".", 1)[-1]
    pattern = re.compile(rf"[ \t]*(?:[\w@]+[ \t]+)*{_CONTAINER}\b.*\b{re.escape(name)}\b")
    source, indent = change.source, len(symbol.indent)
    at = source.rfind(name.encode(), 0, symbol.start)
    while at >= 0:  # backwards over the lines that name it: a file may be long, and the class is near
        start = source.rfind(b"\n", 0, at) + 1
        line = source[start : source.find(b"\n", at)].decode("utf-8", "replace").rstrip()
        if pattern.match(line) and (len(line) - len(line.lstrip()) < indent or not indent):
            return line
        at = source.rfind(name.encode(), 0, start)
    return ""
