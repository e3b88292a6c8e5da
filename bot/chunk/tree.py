"""The one module that knows tree-sitter: grammars, bounded parsing, comparing trees.

Grammars are wheels of their own, loaded on first use and kept. Everything else in `bot.chunk` works on the
nodes that come from here and needs no import of the library.
"""

from __future__ import annotations

import re
import threading
import time
from functools import cache
from importlib import import_module
from itertools import zip_longest
from typing import TYPE_CHECKING

import tree_sitter

from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.languages import Language

__all__ = ["SECONDS", "Node", "Tree", "grammar", "has_error", "parse", "parse_islands", "strip_equal", "walk"]

Node = tree_sitter.Node
Tree = tree_sitter.Tree

SECONDS = 5.0  # a source file parses in milliseconds; only hostile input takes this long
_WATCHED = 8_192  # bytes from which parsing is watched: the worst input of that size takes half a second
_ISLAND = re.compile(rb"\n[ \t\r]*\n(?=[^\s)}\]])")
_READ = 65_536  # bytes handed to the parser at a time
_CHARACTER = 4  # bytes at most, in UTF-8
_thread = threading.local()


@cache
def grammar(language: str) -> tree_sitter.Language:
    """Load the grammar of a row of `LANGUAGES`; KeyError when there is no such row."""
    row = LANGUAGES[language]
    return tree_sitter.Language(getattr(import_module(row.wheel), row.function)())


def parse(language: str, source: bytes, *, seconds: float | None = None) -> Tree | None:
    """Parse `source`; None without a grammar, or when it took longer than `seconds` (or `SECONDS`).

    A source with errors still gives a tree: its nodes say where (`has_error`, `is_error`, `is_missing`).
    """
    if language not in LANGUAGES:
        return None
    parser = _parser(language)
    if len(source) < _WATCHED:
        return parser.parse(source)
    return _watched(parser, source, SECONDS if seconds is None else seconds)


def _parser(language: str) -> tree_sitter.Parser:
    """Return this thread's parser of a language: it keeps memory from one file to the next."""
    parsers: dict[str, tree_sitter.Parser] = _thread.__dict__.setdefault("parsers", {})
    if language not in parsers:
        parsers[language] = tree_sitter.Parser(grammar(language))
    return parsers[language]


def _watched(parser: tree_sitter.Parser, source: bytes, seconds: float) -> Tree | None:
    """Parse with an eye on the clock, which the binding only allows where it is handed the input in parts.

    It never lets go of a part (0.26.1), so each is a view of one buffer that is kept and refilled: what leaks
    is the view. For the same reason `Node.text` of such a tree would read what is no longer there
    (https://github.com/tree-sitter/py-tree-sitter/issues/435): slice the source instead.
    """
    deadline = time.monotonic() + seconds
    view = getattr(_thread, "view", None)
    if view is None:
        view = _thread.view = memoryview(bytearray(_READ))
    first = last = 0  # what the buffer holds of the source

    def read(offset: int, _point: object) -> memoryview:
        nonlocal first, last
        # most calls go back to what is there; at its end a character may be cut, and is asked for again
        if offset < first or (offset + _CHARACTER > last and last < len(source)):
            first, last = offset, min(offset + _READ, len(source))
            view[: last - first] = source[first:last]
        return view[offset - first : last - first]

    def late(_offset: int, _has_error: bool) -> bool:
        return time.monotonic() > deadline

    try:
        return parser.parse(read, progress_callback=late)
    except ValueError:  # what the binding raises for a parse that was stopped
        parser.reset()  # or the next file would be taken for the rest of this one
        return None


def parse_islands(language: str, source: bytes) -> list[Tree]:
    """Parse each run between blank lines that starts at the left margin by itself; offsets stay the file's.

    An unclosed bracket can spoil a tree to the end of the file; here it spoils only its own run. Runs too
    long to parse without a watch are left out.
    """
    trees: list[Tree] = []
    starts = [0, *(match.end() for match in _ISLAND.finditer(source))]
    row = 0
    for start, end in zip(starts, [*starts[1:], len(source)], strict=True):
        rows = source.count(b"\n", start, end)
        last = (row + rows, end - (source.rfind(b"\n", 0, end) + 1))
        if end - start < _WATCHED:
            area = tree_sitter.Range((row, 0), last, start, end)
            trees.append(tree_sitter.Parser(grammar(language), included_ranges=[area]).parse(source))
        row += rows
    return trees


def has_error(language: str, source: bytes) -> bool:
    """Whether `source` does not parse cleanly in its language. Text of no grammar never has errors."""
    if language not in LANGUAGES:
        return False
    tree = parse(language, source)
    return tree is None or tree.root_node.has_error


def walk(node: Node, *, named: bool = True) -> Iterator[Node]:
    """Yield a node and all below it, in the order of their text; `named` leaves punctuation out."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        stack += reversed(each.named_children if named else each.children)


def strip_equal(language: str, before: bytes, after: bytes) -> bool:
    """Whether two sources have the same syntax tree once doc comments (or docstrings) are left out.

    Compared are node types, nesting and the text of every leaf. False when either does not parse in time.
    """
    row = LANGUAGES.get(language)
    trees = [parse(language, source) for source in (before, after)]
    if row is None or trees[0] is None or trees[1] is None:
        return False
    old, new = _shape(row, trees[0], before), _shape(row, trees[1], after)
    return all(a == b for a, b in zip_longest(old, new))


def _shape(row: Language, tree: Tree, source: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Yield (depth, type, leaf text) of every node in order, doc comments left out."""
    marks = tuple(mark.encode() for mark in row.doc.marks) if row.doc else ()
    cursor = tree.walk()
    depth = 0
    while True:
        node = cursor.node
        skip = node is None or _is_doc(row, node, marks, source)
        if node is not None and not skip:
            leaf = source[node.start_byte : node.end_byte] if node.child_count == 0 else b""
            if node.child_count or leaf.strip():  # line ends are tokens in some grammars
                yield depth, node.type, leaf
        if not skip and cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1


def _is_doc(row: Language, node: Node, marks: tuple[bytes, ...], source: bytes) -> bool:
    if node.type in row.comments:
        return source.startswith(marks, node.start_byte) and not source.startswith(
            row.directives, node.start_byte
        )
    if row.doc and row.doc.placement == "inside" and node.type == "expression_statement":
        return _is_docstring(node)
    return False


def _is_docstring(statement: Node) -> bool:
    """Whether a Python statement is the docstring of the module, class or function it lies in."""
    if statement.child_count != 1 or statement.children[0].type not in {"string", "concatenated_string"}:
        return False
    block = statement.parent
    if block is None:
        return False
    first = next((child for child in block.named_children if child.type != "comment"), None)
    if first is None or first.start_byte != statement.start_byte:
        return False
    owner = block.parent
    return block.type == "module" or (
        owner is not None and owner.type in {"function_definition", "class_definition"}
    )
