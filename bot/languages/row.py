"""What a row of the language table holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["DocForm", "Language"]


@dataclass(frozen=True, slots=True)
class DocForm:
    """What a doc comment looks like: how one is written, and how an existing one is recognised."""

    style: str  # "google-docstring", "jsdoc", "godoc", …
    placement: Literal["inside", "before"]  # first thing in the body, or directly above the definition
    opening: str  # "/**", or "" where every line just has its prefix
    prefix: str  # in front of each line, its space included
    closing: str
    marks: tuple[str, ...]  # a comment that starts with one of these is a doc comment
    goes_on: tuple[str, ...] = ()  # after a first line with a mark, these too


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
    annotations: frozenset[str] = frozenset()  # the same as children of the definition
    bodies: frozenset[str] = frozenset()  # children that are a body, where no field says so
    comments: frozenset[str] = frozenset({"comment"})
    directives: tuple[bytes, ...] = ()  # comments that are instructions to a tool, never documentation
    line_comment: str = "//"
    indent: str = "    "  # one level, where the file does not show it
    tests: tuple[str, ...] = ()  # glob patterns of the files that hold tests
    plain_start: bool = False  # decorators stand outside the node they decorate; docs stand in the body
