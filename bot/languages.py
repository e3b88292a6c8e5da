"""One row a language: its grammar, which nodes define something, what its doc comments look like.

Rows name grammar wheels as strings; nothing is imported until `bot.chunk.tree` parses the first file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LANGUAGES", "DocForm", "Language", "detect"]


@dataclass(frozen=True, slots=True)
class DocForm:
    """What a doc comment looks like: how one is written, and how an existing one is recognised."""

    style: str  # "google-docstring", "jsdoc", "godoc", …
    placement: Literal["inside", "before"]  # first thing in the body, or directly above the definition
    opening: str  # "/**", or "" where every line just has its prefix
    prefix: str  # in front of each line
    closing: str
    marks: tuple[str, ...]  # a comment that starts with one of these is a doc comment


@dataclass(frozen=True, slots=True)
class Language:
    """A row of the table. Node types are those of the wheel's grammar."""

    name: str
    wheel: str  # module that holds the grammar
    doc: DocForm
    function: str = "language"  # function of `wheel` that returns it
    extensions: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()  # names in a `#!` line, version numbers left out
    functions: frozenset[str] = frozenset()  # nodes that define a function or method
    classes: frozenset[str] = frozenset()  # nodes that define a class-like container
    scopes: frozenset[str] = frozenset()  # containers that only lend their name: namespaces, impl blocks
    transparent: frozenset[str] = frozenset()  # nodes that definitions may lie in: bodies, `if`, `#ifdef`
    wrappers: frozenset[str] = frozenset()  # nodes around one definition: decorators, `export`, `template<>`
    hooked: frozenset[str] = frozenset()  # nodes that may define something: see `bot.chunk.naming`
    attributes: frozenset[str] = frozenset()  # siblings in front that belong to the definition
    comments: frozenset[str] = frozenset({"comment"})
    directives: tuple[bytes, ...] = ()  # comments that are instructions to a tool, never documentation
    line_comment: str = "//"
    tests: tuple[str, ...] = ()  # glob patterns of the files that hold tests


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ROWS = (
    Language(
        name="python",
        wheel="tree_sitter_python",
        doc=DocForm("google-docstring", "inside", '"""', "", '"""', ('"""', "'''", '"', "'")),
        extensions=(".py", ".pyi", ".pyw"),
        filenames=("SConstruct", "SConscript", "wscript"),
        interpreters=("python", "pypy"),
        functions=_set("function_definition"),
        classes=_set("class_definition"),
        transparent=_set(
            "block if_statement elif_clause else_clause try_statement except_clause except_group_clause"
            " finally_clause with_statement for_statement while_statement match_statement case_clause"
        ),
        wrappers=_set("decorated_definition"),
        line_comment="#",
        tests=("test_*.py", "*_test.py", "conftest.py", "test/**", "tests/**"),
    ),
)
LANGUAGES: dict[str, Language] = {row.name: row for row in _ROWS}


def detect(path: str, first_bytes: bytes = b"") -> str:
    """Return the language of a file from its name, or from its `#!` line; "text" when neither tells."""
    name = path.rsplit("/", 1)[-1]
    for row in _ROWS:
        if name.endswith(row.extensions) or name in row.filenames:
            return row.name
    return "text"
