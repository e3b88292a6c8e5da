"""What makes two suggestions the same one: the rule, the symbol and its content; never a line or a date."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.review.values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.data import Change, Symbol, Verified

__all__ = ["Known", "content_of", "digest", "finding", "slot_of", "symbols_of"]

_WORTH = {"fix": 3.0, "test": 2.0, "docstring": 1.0}  # what is told first, where not all can be


@dataclass(frozen=True, slots=True)
class Known:
    """The symbols of a file that was read again: what each holds now, and which were looked at."""

    content: dict[str, str]  # by slot
    asked: frozenset[str]  # slots


def finding(verified: Verified) -> Finding:
    """Return a suggestion with what tells it apart."""
    one = verified.suggestion
    subject = one.subject
    symbol, change = subject.symbol, subject.change
    content = content_of(change, symbol) if symbol else digest(subject.text)
    name, ordinal = (symbol.qualname, symbol.ordinal) if symbol else ("", 0)
    return Finding(
        verified,
        identity=one.id,
        slot=slot_of(one.task, change.path, name, ordinal),
        kin=slot_of(one.task, "", name, ordinal, content),
        content=content,
        text=digest(one.replacement),
        value=_WORTH[one.task] + _sureness(verified),
    )


def slot_of(task: str, path: str, qualname: str, ordinal: int, *also: str) -> str:
    """Return a name for the place a suggestion of a task has: the symbol, whatever it holds."""
    return digest("\0".join([task, path, qualname, str(ordinal), *also]))


def content_of(change: Change, symbol: Symbol) -> str:
    """Return a hash of a symbol's own text, white space aside; of a class, without its members."""
    if symbol.kind == "module":
        return ""
    end = symbol.body if symbol.kind == "class" else symbol.end
    return digest(" ".join(change.source[symbol.start : end].decode("utf-8", "replace").split()))


def symbols_of(change: Change, symbols: Sequence[Symbol], tasks: Iterable[str]) -> Known:
    """Return what the symbols of a file hold; asked about are those that the change touches."""
    content: dict[str, str] = {}
    asked = set()
    for task in tasks:
        for symbol in symbols:
            slot = slot_of(task, change.path, symbol.qualname, symbol.ordinal)
            content[slot] = content_of(change, symbol)
            if change.touched(symbol.start_line, symbol.end_line):
                asked.add(slot)
    return Known(content, frozenset(asked))


def digest(text: str) -> str:
    """Return 48 bits of a text's hash: enough for one pull request."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _sureness(verified: Verified) -> float:
    means = [m for c in verified.suggestion.completions if (m := c.mean_logprob) is not None]
    return math.exp(min(0.0, sum(means) / len(means))) if means else 0.0
