"""Where a suggestion is shown: the line a reader looks for, and the lines that other tools are to replace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.data import Change, Suggestion

__all__ = ["Place", "countable", "place", "text_of_lines"]


@dataclass(frozen=True, slots=True)
class Place:
    """Lines `start` to `end` of a file that is there, 1-based and inclusive."""

    path: str
    start: int
    end: int


def place(suggestion: Suggestion) -> Place:
    """Return where to point a reader: at the symbol that lacks something, else at the lines that change."""
    subject = suggestion.subject
    symbol = subject.symbol
    lacks = suggestion.task == "docstring" and symbol is not None and symbol.doc is None
    if suggestion.new_file or (lacks and symbol is not None and symbol.kind != "module"):
        line = symbol.header_line if symbol is not None else subject.start_line
        return Place(subject.change.path, line, line)
    return Place(suggestion.path, suggestion.start_line, suggestion.end_line)


def countable(change: Change) -> bool:
    r"""Whether other tools count this file's lines as we do: not where only lone "\\r" end them."""
    return b"\n" in change.source or b"\r" not in change.source


def text_of_lines(suggestion: Suggestion) -> str:
    """Return the replacement without its last line ending, as formats want it that replace whole lines."""
    return suggestion.replacement.removesuffix("\n").removesuffix("\r")
