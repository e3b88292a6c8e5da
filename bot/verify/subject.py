"""What the checks look at: one suggestion, applied, with the symbol it documents."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from bot.tasks.examples import without_examples

if TYPE_CHECKING:
    from bot.data import Suggestion, Symbol
    from bot.verify.facts import Facts
    from bot.verify.words import Words

__all__ = ["Check", "Definition", "Problem", "Result", "Subject"]

Definition = Union[ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a check failed; `reason` is a key of `bot.reasons.REJECTIONS`."""

    reason: str
    detail: str


Result = Union[Problem, str]
"""What a check answers: a problem, or a few words on what it saw."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A suggestion applied to its file. `node` and `facts` are None where `ast` cannot read the file."""

    suggestion: Suggestion
    symbol: Symbol
    doc: str  # the new docstring as a reader sees it: no quotes or comment markers, dedented
    code: str  # the symbol's own code without that docstring
    words: Words  # what the text may name: own code, class header, imports, linked context
    node: Definition | None = None  # in the edited file
    facts: Facts | None = None
    reduced: str = ""  # a small module that holds just the symbol, docstring and all; "" outside Python
    wrapped: bool = False  # whether `reduced` holds it inside a class or an `if`
    near: str = ""  # own code, class header and the imports it uses: what a summary can be expected to tell

    @property
    def summary(self) -> str:
        """The docstring's first paragraph on one line."""
        return " ".join(self.doc.strip().split("\n\n", 1)[0].split())

    @property
    def prose(self) -> str:
        """The docstring without its examples, which are judged by running them and not by their words."""
        return without_examples(self.doc)


Check = Callable[[Subject], Result]
