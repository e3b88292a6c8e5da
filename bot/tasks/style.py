"""The house style of docstrings, voted by those a repository already has."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.data import Symbol

__all__ = ["Convention", "HouseStyle", "StyleVotes", "detect_style", "sections_in"]

Convention = Literal["google", "numpy", "sphinx"]
_HEADINGS = "Args|Arguments|Parameters|Returns|Yields|Raises|Attributes|Examples?|Notes?|Keyword Args"
_MARKS: dict[Convention, re.Pattern[str]] = {
    "google": re.compile(rf"^[ \t]*(?:{_HEADINGS}):[ \t]*\r?$", re.MULTILINE),
    "numpy": re.compile(r"^[ \t]*[A-Z][A-Za-z ]+\r?\n[ \t]*-{3,}[ \t]*\r?$", re.MULTILINE),
    "sphinx": re.compile(r"^[ \t]*:(?:param|type|returns?|rtype|raises?|yields?)\b[^:\n]*:", re.MULTILINE),
}
_PARAMETERS: dict[Convention, re.Pattern[str]] = {
    "google": re.compile(r"^[ \t]*(?:Args|Arguments|Parameters):[ \t]*\r?$", re.MULTILINE),
    "numpy": re.compile(r"^[ \t]*Parameters\r?\n[ \t]*-{3,}", re.MULTILINE),
    "sphinx": re.compile(r"^[ \t]*:param\b", re.MULTILINE),
}
_TYPED = re.compile(
    r"^[ \t]*(?:\*{0,2}\w+ \([^)]+\):|\*{0,2}\w+ : \S|:type \w+:|:param \S+ \w+:)",
    re.MULTILINE,
)
_EXAMPLE = re.compile(r"^[ \t]*>>> ", re.MULTILINE)
_FEW = 3  # docstrings with examples below which a repository has no habit of them
_OPENING = re.compile(r"^[rRuUbB]{0,2}(\"\"\"|'''|\"|')")


@dataclass(frozen=True, slots=True)
class HouseStyle:
    """How this repository writes docstrings.

    A final period is no choice here: every convention's lint rules ask for it.
    """

    convention: Convention = "google"
    sections: bool = False  # documented siblings with parameters describe them
    types: bool = True  # such sections repeat the types
    examples: bool = False  # every fourth docstring of a function or more has examples
    first_line: Literal["same", "next"] = "same"  # where the summary starts, seen from the opening quotes
    quotes: Literal['"""', "'''"] = '"""'
    seen: int = 0  # docstrings that voted

    def describe(self) -> str:
        """Say the style in one line for a report."""
        if not self.seen:
            return f"{self.convention} style (no docstrings to learn from)"
        sections = "with parameter sections" if self.sections else "summaries without sections"
        sections += " and examples" if self.examples else ""
        line = "" if self.first_line == "same" else ", summary on the second line"
        return f"{self.convention} style, {sections}{line} (from {self.seen:,} docstrings)"


class StyleVotes:
    """Counts votes, one docstring at a time, so that a caller can stream a repository through it."""

    VERSION = 2  # of how votes are counted; kept counts of another one are worth nothing

    def __init__(self) -> None:
        self._votes: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """The votes so far, as plain values for `add_counts`."""
        return dict(self._votes)

    def add_counts(self, counts: Mapping[str, int]) -> None:
        """Add votes that were counted before."""
        self._votes.update(counts)

    def add(self, literal: str, *, parameters: bool = False, function: bool = False) -> None:
        """Count one docstring as written, quotes included (or its bare text).

        Args:
            literal: The docstring, with its quotes and indentation.
            parameters: Whether what it documents takes parameters.
            function: Whether it is that of a function or method.
        """
        votes = self._votes
        votes["seen"] += 1
        opening = _OPENING.match(literal)
        if opening and len(opening[1]) == len('"""'):
            votes[opening[1]] += 1
            inner = literal[opening.end() :]
            if "\n" in inner.strip():
                votes["next" if inner.lstrip(" \t")[:1] in "\r\n" else "same"] += 1
        found = sections_in(literal)
        for convention in found:
            votes[convention] += 1
        if function:
            votes["functions"] += 1
            votes["examples"] += bool(_EXAMPLE.search(literal))
        if parameters:
            votes["parameters"] += 1
            if any(_PARAMETERS[c].search(literal) for c in found):
                votes["sections"] += 1
                votes["typed" if _TYPED.search(literal) else "untyped"] += 1

    def add_symbols(self, source: bytes, symbols: Iterable[Symbol]) -> None:
        """Count every documented symbol of one Python file."""
        for symbol in symbols:
            if symbol.doc is not None:
                literal = source[symbol.doc[0] : symbol.doc[1]].decode("utf-8", "replace")
                own = [p for p in symbol.parameters if p.name not in {"self", "cls"}]
                function = symbol.kind in {"function", "method"}
                self.add(literal, parameters=bool(own) and function, function=function)

    def style(self, convention: Convention | Literal["auto"] = "auto") -> HouseStyle:
        """Return what the votes so far say; `convention` overrules them unless it is "auto"."""
        votes = self._votes
        order: Sequence[Convention] = ("google", "numpy", "sphinx")  # ties fall to the first
        return HouseStyle(
            convention=max(order, key=lambda c: votes[c]) if convention == "auto" else convention,
            sections=votes["parameters"] > 0 and votes["sections"] >= 0.5 * votes["parameters"],
            types=votes["typed"] >= votes["untyped"],
            examples=votes["examples"] >= max(_FEW, 0.25 * votes["functions"]),
            first_line="next" if votes["next"] > votes["same"] else "same",
            quotes="'''" if votes["'''"] > votes['"""'] else '"""',
            seen=votes["seen"],
        )


def sections_in(docstring: str) -> tuple[Convention, ...]:
    """Return the conventions whose section markers occur in a docstring."""
    return tuple(c for c, mark in _MARKS.items() if mark.search(docstring))


def detect_style(docs: Iterable[str]) -> HouseStyle:
    """Detect the style of a handful of docstrings, each taken to document something with parameters."""
    votes = StyleVotes()
    for doc in docs:
        votes.add(doc, parameters=True)
    return votes.style()
