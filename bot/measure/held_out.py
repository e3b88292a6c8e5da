"""Documented functions without their docstring: what a model is asked about, and what people wrote."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bot.chunk.edit import line_starts
from bot.chunk.encoding import blob_id
from bot.chunk.symbols import symbols
from bot.chunk.tags import first_sentence
from bot.data import LineRange
from bot.languages import LANGUAGES, detect, is_test_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bot.data import Change, Symbol

__all__ = ["Case", "cases", "sample", "without"]

T = TypeVar("T")

_WORDS = range(3, 26)  # of a summary: shorter ones name the function, longer ones tell a story
_LINES = range(3, 61)  # of the body below the docstring


@dataclass(frozen=True, slots=True)
class Case:
    """One function that people documented."""

    path: str
    symbol: str  # dotted name
    ordinal: int  # how many earlier symbols of the file have that name
    summary: str  # the first sentence of its docstring, on one line


def cases(change: Change) -> list[Case]:
    """Return the public Python functions of a file whose docstring can be held out.

    Summaries of 3 to 25 words over bodies of 3 to 60 lines; no tests, no magic methods, nothing in a file
    that does not parse or is not UTF-8.
    """
    if change.encoding != "utf-8" or detect(change.path, change.source[:80]) != "python":
        return []
    if is_test_path(change.path, LANGUAGES["python"].tests):
        return []
    return [
        Case(change.path, symbol.qualname, symbol.ordinal, summary)
        for symbol in symbols("python", change.source)
        if (summary := _summary(symbol, change.source))
    ]


def _summary(symbol: Symbol, source: bytes) -> str:
    if symbol.kind not in {"function", "method"} or symbol.doc is None or symbol.broken or symbol.nested:
        return ""
    if any(part.startswith("_") for part in symbol.qualname.split(".")) or symbol.name.startswith("test"):
        return ""
    if not _alone(symbol.doc, source):
        return ""
    lines = source[symbol.doc[1] : symbol.end].count(b"\n")
    text = first_sentence(source[slice(*symbol.doc)].decode("utf-8", "replace"))
    return text if len(text.split()) in _WORDS and lines in _LINES and "(" not in text else ""


def _alone(doc: tuple[int, int], source: bytes) -> bool:
    """Whether a docstring has its lines for itself, so that they can be taken out."""
    start, end = source.rfind(b"\n", 0, doc[0]) + 1, source.find(b"\n", doc[1])
    return not source[start : doc[0]].strip() and end >= 0 and not source[doc[1] : end].strip()


def sample(found: Iterable[T], count: int, seed: int) -> list[T]:
    """Return `count` of the items, the same for the same seed, in the order they were found."""
    pool = list(found)
    if len(pool) <= count:
        return pool
    chosen = sorted(random.Random(seed).sample(range(len(pool)), count))  # noqa: S311 - no secret
    return [pool[number] for number in chosen]


def without(change: Change, chosen: Collection[Case]) -> Change:
    """Return a file without the docstrings of `chosen`, its changed lines being those functions."""
    names = {(case.symbol, case.ordinal) for case in chosen}
    starts = line_starts(change.source)
    kept: list[bytes] = []
    at = 0
    for symbol in _named(names, change.source):
        if symbol.doc is None:
            continue
        first = change.source.rfind(b"\n", 0, symbol.doc[0]) + 1
        last = next(s for s in starts if s >= symbol.doc[1])
        kept.append(change.source[at:first])
        at = last
    source = b"".join([*kept, change.source[at:]])
    ranges = tuple(LineRange(s.header_line, s.end_line) for s in _named(names, source))
    return replace(change, raw=source, source=source, blob=blob_id(source), ranges=ranges)


def _named(names: Collection[tuple[str, int]], source: bytes) -> Sequence[Symbol]:
    found = [s for s in symbols("python", source) if (s.qualname, s.ordinal) in names]
    return sorted(found, key=lambda s: s.start)
