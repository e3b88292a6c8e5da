"""Chunks of real Python source, made with `ast` alone."""

from __future__ import annotations

import ast
import warnings
from typing import Union

from bot.data import Change, Chunk, Symbol

Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef]


def change_of(source: str | bytes, path: str = "pkg/module.py") -> Change:
    """Return `source` as a change of a whole file."""
    raw = source.encode() if isinstance(source, str) else source
    return Change(path=path, raw=raw, source=raw)


def chunks_of(source: str | bytes, path: str = "pkg/module.py") -> list[Chunk]:
    """Return a chunk for each class, method and top-level function, in order."""
    change = change_of(source, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(change.source)
    lines = change.source.decode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    found: list[Chunk] = []

    def visit(node: Definition, parent: str | None) -> None:
        name = f"{parent}.{node.name}" if parent else node.name
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        start = starts[first - 1] + len(lines[first - 1]) - len(lines[first - 1].lstrip())
        header = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        body_line = min(
            [node.body[0].lineno, *(d.lineno for d in getattr(node.body[0], "decorator_list", ()))]
        )
        first_byte = starts[body_line - 1] + node.body[0].col_offset
        body = header + _colon(change.source[header:first_byte])
        doc = None
        head = node.body[0]
        if (
            isinstance(head, ast.Expr)
            and isinstance(head.value, ast.Constant)
            and isinstance(head.value.value, str)
        ):
            doc = (first_byte, starts[(head.end_lineno or 0) - 1] + (head.end_col_offset or 0))
        indent = " " * node.col_offset
        symbol = Symbol(
            name=node.name,
            qualname=name,
            kind="class" if isinstance(node, ast.ClassDef) else "method" if parent else "function",
            start=start,
            end=end,
            header=header,
            body=body,
            start_line=first,
            end_line=node.end_lineno or 0,
            header_line=node.lineno,
            body_line=body_line,
            indent=indent,
            body_indent=" " * node.body[0].col_offset if body_line != node.lineno else indent + "    ",
            doc=doc,
            parent=parent,
        )
        kind = "class" if symbol.kind == "class" else "function"
        found.append(Chunk(change, "python", kind, start, end, first, symbol.end_line, symbol))
        if isinstance(node, ast.ClassDef):
            for child in node.body:
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    visit(child, name)

    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            visit(node, None)
    return found


def _colon(text: bytes) -> int:
    """Return the offset just behind the last colon that only blanks and comments follow."""
    kept = b"".join(
        line.split(b"#")[0].ljust(len(line)) if not line.strip().startswith(b"#") else b" " * len(line)
        for line in text.splitlines(keepends=True)
    )
    return kept.rfind(b":") + 1
