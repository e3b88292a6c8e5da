"""Python docstrings in the three conventions: what the lines say, and how they are quoted."""

from __future__ import annotations

import ast
import textwrap
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.tasks.examples import Example
    from bot.tasks.style import HouseStyle

__all__ = ["DocText", "Entry", "content", "quoted"]

_STEP = "    "  # one level inside a docstring, whatever the code around it uses


@dataclass(frozen=True, slots=True)
class Entry:
    """One documented name: a parameter, a result (no name) or an exception (no type)."""

    name: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class DocText:
    """All that a doc comment says, before any layout."""

    summary: str
    parameters: tuple[Entry, ...] = ()
    returns: Entry | None = None
    yields: Entry | None = None
    raises: tuple[Entry, ...] = ()
    examples: tuple[Example, ...] = ()  # never wrapped: doctest takes every line as it is


def content(doc: DocText, style: HouseStyle, width: int) -> list[str]:
    """Return the docstring's lines without quotes or indentation, wrapped at `width` columns."""
    write = {"google": _google, "numpy": _numpy, "sphinx": _sphinx}[style.convention]
    return [doc.summary, *write(doc, style.types, width)]


def quoted(lines: list[str], style: HouseStyle, width: int) -> list[str] | None:
    """Put a docstring's lines in quotes; None if the text cannot be quoted so that it reads back the same.

    Args:
        lines: The text, unindented.
        style: Gives quotes and the place of the summary.
        width: Columns that are left beside the indentation.
    """
    quotes = style.quotes
    prefix = "r" if any("\\" in line for line in lines) else ""
    one_line = f"{prefix}{quotes}{lines[0]}{quotes}"
    if len(lines) == 1:
        literal = [one_line] if len(one_line) <= width else [one_line[: -len(quotes)], quotes]
    elif style.first_line == "next":
        literal = [f"{prefix}{quotes}", *lines, quotes]
    else:
        literal = [f"{prefix}{quotes}{lines[0]}", *lines[1:], quotes]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read = ast.literal_eval("\n".join(literal))
    except (SyntaxError, ValueError):
        return None
    same = isinstance(read, str) and read.strip("\n") == "\n".join(lines)
    return literal if same else None


def _google(doc: DocText, types: bool, width: int) -> list[str]:
    lines: list[str] = []
    if doc.parameters:
        lines += ["", "Args:"]
        for p in doc.parameters:
            kind = f" ({p.type})" if types and p.type else ""
            lines += _hang(f"{p.name}{kind}: {p.text}", _STEP, _STEP * 2, width)
    for heading, entry in (("Returns:", doc.returns), ("Yields:", doc.yields)):
        if entry is not None:
            kind = f"{entry.type}: " if types and entry.type else ""
            lines += ["", heading, *_hang(kind + entry.text, _STEP, _STEP * 2, width)]
    if doc.raises:
        lines += ["", "Raises:"]
        for r in doc.raises:
            lines += _hang(f"{r.name}: {r.text}", _STEP, _STEP * 2, width)
    if doc.examples:
        lines += ["", "Examples:", *(_STEP + line for one in doc.examples for line in one.lines)]
    return lines


def _numpy(doc: DocText, types: bool, width: int) -> list[str]:
    lines: list[str] = []
    if doc.parameters:
        lines += ["", "Parameters", "----------"]
        for p in doc.parameters:
            lines += [
                f"{p.name} : {p.type}" if types and p.type else p.name,
                *_hang(p.text, _STEP, _STEP, width),
            ]
    for heading, entry in (("Returns", doc.returns), ("Yields", doc.yields)):
        if entry is not None:
            lines += ["", heading, "-" * len(heading), entry.type]
            lines += _hang(entry.text, _STEP, _STEP, width)
    if doc.raises:
        lines += ["", "Raises", "------"]
        for r in doc.raises:
            lines += [r.name, *_hang(r.text, _STEP, _STEP, width)]
    if doc.examples:
        lines += ["", "Examples", "--------", *(line for one in doc.examples for line in one.lines)]
    return lines


def _sphinx(doc: DocText, types: bool, width: int) -> list[str]:
    lines: list[str] = []
    for p in doc.parameters:
        lines += _hang(f":param {p.name}: {p.text}", "", _STEP, width)
        if types and p.type:
            lines.append(f":type {p.name}: {p.type}")
    for r in doc.raises:
        lines += _hang(f":raises {r.name}: {r.text}", "", _STEP, width)
    if doc.returns is not None:
        lines += _hang(f":return: {doc.returns.text}", "", _STEP, width)
        if types and doc.returns.type:
            lines.append(f":rtype: {doc.returns.type}")
    if doc.yields is not None:
        lines += _hang(f":yield: {doc.yields.text}", "", _STEP, width)
        if types and doc.yields.type:
            lines.append(f":rtype: {doc.yields.type}")
    # in front of the fields: behind them a reader of fields takes it for the last one's text
    shown = [line for one in doc.examples for line in one.lines]
    return [*(["", *shown] if shown else []), *(["", *lines] if lines else [])]


def _hang(text: str, first: str, rest: str, width: int) -> list[str]:
    """Wrap a paragraph with a hanging indentation; words are never broken."""
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
