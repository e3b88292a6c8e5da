"""A module as mistakes are made in it: its bytes, and its syntax tree with a way up."""

from __future__ import annotations

import ast
import re
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any, Union

from bot.chunk.edit import line_starts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random
    from typing import TypeAlias

__all__ = ["Code", "Edit", "Function", "Mistake", "argument", "constant"]

Edit = tuple[int, int, bytes]  # first byte, behind the last one, what stands there then
Function = (ast.FunctionDef, ast.AsyncFunctionDef)
if TYPE_CHECKING:
    Make: TypeAlias = Callable[["Code", Any, Random], Sequence[Edit] | None]  # a node of its own kind
    Mistake: TypeAlias = tuple[str, type[ast.AST] | tuple[type[ast.AST], ...], Make]
_WORD = re.compile(rb"\w+")


class Code:
    """One module."""

    def __init__(self, source: bytes) -> None:
        r"""Read a module whose lines end in "\n".

        Raises:
            SyntaxError: It does not parse.
        """
        self.source = source
        self.starts = line_starts(source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the code's own: invalid escapes and the like
            self.tree = ast.parse(source)
        self._parents: dict[ast.AST, ast.AST] = {}

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the module, in names, strings and comments."""
        return frozenset(word.decode("utf-8", "replace") for word in _WORD.findall(self.source))

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every bare name of the module, whatever it is."""
        found = {one.id for one in ast.walk(self.tree) if isinstance(one, ast.Name)}
        found |= {one.arg for one in ast.walk(self.tree) if isinstance(one, ast.arg)}
        for one in ast.walk(self.tree):
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(one.name)
            elif isinstance(one, ast.alias):
                found.add((one.asname or one.name).partition(".")[0])
        return frozenset(found)

    def below(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield a node and all below it, each with a way up from then on."""
        todo = [node]
        while todo:
            one = todo.pop()
            yield one
            for child in ast.iter_child_nodes(one):
                self._parents[child] = one
                todo.append(child)

    def up(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node lies in, the closest first."""
        while (above := self._parents.get(node)) is not None:
            yield above
            node = above

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the closest function around a node."""
        return next((one for one in self.up(node) if isinstance(one, Function)), None)

    def at(self, node: ast.AST) -> tuple[int, int]:
        """Return the bytes of an expression or a statement."""
        where: ast.expr = node  # type: ignore[assignment] # whatever has a place
        return (
            self.starts[where.lineno - 1] + where.col_offset,
            self.starts[(where.end_lineno or 1) - 1] + (where.end_col_offset or 0),
        )

    def text(self, node: ast.AST) -> bytes:
        """Return how a node is spelt."""
        start, end = self.at(node)
        return self.source[start:end]

    def put(self, node: ast.AST, text: Union[str, bytes]) -> list[Edit]:
        """Return the edit that puts text in a node's place."""
        return [(*self.at(node), text.encode() if isinstance(text, str) else text)]

    def short(self, node: ast.AST) -> bool:
        """Whether a node is written on one line."""
        where: ast.expr = node  # type: ignore[assignment] # whatever has a place
        return where.lineno == where.end_lineno

    def without(self, call: ast.Call, gone: ast.AST, value: ast.AST) -> list[Edit] | None:
        """Return the edit that takes the last argument out of a call that has others; None if it is not last.

        Args:
            call: The call.
            gone: The argument; a keyword's node does not span its name before Python 3.9.
            value: What the argument's value is.
        """
        others = [one for one in (*call.args, *(k.value for k in call.keywords)) if one is not value]
        if not others or (gone is not (call.keywords[-1] if call.keywords else call.args[-1])):
            return None
        before = max(self.at(one)[1] for one in others)
        end = self.at(value)[1]
        return [(before, end, b"")] if before < end else None

    def uses(self, within: ast.AST, name: str) -> list[ast.Name]:
        """Return the places at which a node uses or binds a name."""
        return [one for one in ast.walk(within) if isinstance(one, ast.Name) and one.id == name]


def argument(call: ast.Call, name: str) -> ast.keyword | None:
    """Return a call's keyword argument."""
    return next((one for one in call.keywords if one.arg == name), None)


def constant(node: ast.AST | None, value: object) -> bool:
    """Whether a node is this very constant."""
    return isinstance(node, ast.Constant) and node.value is value
