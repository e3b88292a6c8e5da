"""What there is to describe in a project: functions, methods, classes as the product's chunker sees them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chunk.encoding import blob_id
from bot.chunk.split import split
from bot.chunk.tags import first_sentence
from bot.data import Change
from bot.languages import LANGUAGES, is_test_path
from bot.prompt.pieces import take_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.data import Chunk

__all__ = ["Definition", "definitions", "good_summary", "shown"]

_WHOLE = 1 << 20  # tokens: a symbol is never split for training
_LONGEST = 12_000  # characters of a definition
_START = re.compile(
    r"^(:|@|\.\.|>>>|TODO|FIXME|XXX|see |inherit|docstring|overrid|%|\*|-|=|#|\{|\(|\[|<|https?:|\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition of a project, and what people say of it."""

    chunk: Chunk
    kind: str  # function, method or class
    name: str  # dotted
    summary: str  # the first sentence of its docstring; "" without one
    doc: str  # all of the docstring, quotes included
    key: str  # the same for two definitions that differ in white space alone


def good_summary(text: str) -> bool:
    """Whether a summary that people wrote is worth learning from: a sentence about the code, in ASCII."""
    letters = sum(c.isalpha() or c == " " for c in text)
    return (
        3 <= len(re.findall(r"\w+", text)) <= 30
        and 12 <= len(text) <= 180
        and text.isascii()
        and not _START.match(text)
        and '"""' not in text
        and letters > 0.78 * len(text)
    )


def definitions(files: Iterable[tuple[str, str]]) -> Iterator[Definition]:
    """Yield what has something to describe, documented or not; tests and magic methods are left out.

    Args:
        files: (path, text) of Python files that parse.
    """
    for path, text in files:
        if is_test_path(path, LANGUAGES["python"].tests):
            continue
        source = text.encode()
        change = Change(path, source, source, blob=blob_id(source))
        for chunk in split(change, budget=_WHOLE, measure=lambda t: len(t) // 4):
            symbol = chunk.symbol
            if symbol is None or chunk.part or symbol.broken or symbol.nested or symbol.kind == "module":
                continue
            if symbol.name.startswith("test") or (symbol.name.startswith("__") and symbol.name != "__init__"):
                continue
            pieces = take_apart(chunk)
            if pieces.body.count("\n") < 2 + (symbol.kind == "class") or len(pieces.code) > _LONGEST:
                continue
            doc = source[slice(*symbol.doc)].decode() if symbol.doc else ""
            summary = first_sentence(doc) if doc else ""
            yield Definition(chunk, symbol.kind, symbol.qualname, summary, doc, _key(pieces.code))


def shown(one: Definition, most: int = 2400) -> str:
    """Return what a teacher is shown of a definition: imports, class header, source without docstring.

    Args:
        one: The definition.
        most: Characters; the body is cut by whole lines, and keeps 400 of them in any case.
    """
    pieces = take_apart(one.chunk)
    imports, body = "\n".join(pieces.imports[:12]), pieces.body
    room = max(400, most - len(pieces.head) - len(imports))
    if len(body) > room:
        body = body[: body.rfind("\n", 0, room) + 1]
    return (f"{imports}\n\n\n" if imports else "") + pieces.class_header + pieces.head + body


def _key(code: str) -> str:
    return hashlib.blake2b(re.sub(r"\s+", "", code).encode(), digest_size=8).hexdigest()
