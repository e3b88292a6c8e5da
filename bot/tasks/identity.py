"""What a suggestion is called: the same name on every run, for as long as it is about the same code."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.data import Change, Symbol, Task

__all__ = ["symbol_id"]


def symbol_id(task: Task, change: Change, symbol: Symbol, *also: str) -> str:
    """Return an identifier that survives line shifts, other models and re-indentation.

    Args:
        task: Whose suggestion it is.
        change: The file that holds the symbol.
        symbol: What the suggestion is about.
        also: What tells several suggestions for one symbol apart, such as a rule and what it complains of.
    """
    source = change.source
    own = b"" if symbol.kind == "module" else source[symbol.start : symbol.end]
    if symbol.kind == "class":
        own = source[symbol.start : symbol.body]  # its members come and go
    parts = [task, change.path, symbol.qualname, str(symbol.ordinal), *also]
    text = "\0".join([*parts, " ".join(own.decode("utf-8", "replace").split())])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
