"""From a file to chunks that cover it exactly once, in order, each within a budget of tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, Optional

from bot.chunk import oversize
from bot.chunk.definitions import Parsed, read
from bot.chunk.quick import quick
from bot.chunk.symbols import Outline
from bot.data import Change, Chunk, Symbol
from bot.languages import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.chunk.tree import Node

__all__ = ["SMALLEST", "split"]

SMALLEST = 8  # tokens: one character always fits, whatever the tokenizer

# What stays with the definition in front of it: the rest of its last line, and blank lines.
_TAIL = re.compile(rb"[ \t\r\f;,)}\]]*(?:(?:#|//|--)[^\n]*)?(?:\n(?:[ \t\r\f]*\n)*|\Z)")
_CLOSING = re.compile(rb"(?:[\s;,)}\]]|end\b)*\Z")  # nothing but the ends of what encloses it

_LINE_FEED = 10
_Chunk = quick(Chunk)
_HEAD = 4096  # bytes that tell a language

Kind = Literal["module", "class", "function", "block", "error"]


_Piece = tuple[int, int, Kind, Symbol | None, Optional["Node"]]


def split(change: Change, *, budget: int, measure: Callable[[str], int] | None = None) -> list[Chunk]:
    """Cut a file into chunks that cover every byte of `change.source` exactly once, in order.

    Args:
        change: the file.
        budget: the most tokens a chunk may have.
        measure: counts the tokens of a text; without it every byte counts as one. It is asked only about
            text of more bytes than `budget`: a byte-level token is never shorter than a byte.

    Returns:
        The chunks. One a function or method, decorators and comments directly above included; a class's
        header, docstring and first attributes; what lies between them in runs. A function that fits is
        never split. What does not fit is split at statements, its first part holding the signature, then
        at lines, then between characters. `Chunk.symbol` has no parameters, returns or decorators:
        `bot.chunk.symbols.detail` adds them. A file that cannot be parsed in time is cut at blank lines.

    Raises:
        ValueError: if `budget` is below `SMALLEST`.
    """
    if budget < SMALLEST:
        raise ValueError(f"a budget of {budget} tokens is below {SMALLEST}")
    source = change.source
    if not source:
        return []
    language = detect(change.path, source[:_HEAD])
    parsed = read(language, source)
    outline = Outline(language, source, parsed)
    room = oversize.Room(source, budget, measure)
    whole = outline.module()
    if parsed is None:
        kind: Kind = "block" if language == "text" else "error"
        pieces: list[_Piece] = [(0, len(source), kind, None, None)]
    else:
        pieces = _pieces(source, parsed, outline, whole)
    root = parsed.root if parsed else None
    chunks: list[Chunk] = []
    line = 1
    for piece in pieces:
        start, end, kind, symbol, _ = piece
        if end - start <= budget:  # nearly always
            last = line + source.count(b"\n", start, end)
            end_line = last - (source[end - 1] == _LINE_FEED)
            chunks.append(_Chunk(change, language, kind, start, end, line, end_line, symbol))
            line = last
            continue
        for kind, symbol, start, end, part, parts in _fitted(piece, room, root):
            last = line + source.count(b"\n", start, end)
            end_line = last - (source[end - 1] == _LINE_FEED)
            chunks.append(_Chunk(change, language, kind, start, end, line, end_line, symbol, part, parts))
            line = last
    return chunks


def _fitted(
    piece: _Piece, room: oversize.Room, root: Node | None
) -> Iterator[tuple[Kind, Symbol | None, int, int, int, int]]:
    """Yield (kind, symbol, start, end, part, parts) of a piece: itself, or what it must be split into."""
    start, end, kind, symbol, node = piece
    if room.fits(start, end):
        yield kind, symbol, start, end, 0, 1
        return
    core = room.core(symbol, start, end) if symbol and kind == "function" else None
    if core:  # without the comments and blank lines around it, it fits
        if start < core[0]:
            yield from _fitted((start, core[0], "block", None, None), room, root)
        yield kind, symbol, *core, 0, 1
        if core[1] < end:
            yield from _fitted((core[1], end, "block", None, None), room, root)
        return
    keep = start
    if symbol and kind != "module":  # the signature, and the docstring it has
        keep = symbol.doc[1] if symbol.doc and symbol.doc[0] >= symbol.body else symbol.body
    spans = oversize.split(room, start, end, node or root, min(keep, end))
    for number, span in enumerate(spans):
        yield kind, symbol, *span, number, len(spans)


def _pieces(source: bytes, parsed: Parsed, outline: Outline, whole: Symbol) -> list[_Piece]:
    """Return what the file consists of: definitions, and the runs between them."""
    found = parsed.found
    pieces: list[_Piece] = []
    classes: list[int] = []  # where the classes around here end
    at = 0
    last = len(found) - 1
    for number, each in enumerate(found):
        symbol = outline.symbol(each)
        if symbol.start < at:  # inside what was taken already
            continue
        if at < each.cut and (pieces or source[: each.cut].strip()):
            _between(source, at, each.cut, pieces, classes, parsed.wrong, whole)
            at = each.cut
        limit = max(found[number + 1].cut, symbol.start) if number < last else len(source)
        end = symbol.end
        if each.kind == "class":
            classes.append(end)
            end = min(end, limit)
        stop = _tail(source, end, limit) if end < limit else end
        kind: Kind = "class" if each.kind == "class" else "function"
        pieces.append((at, stop, kind, symbol, each.outer))
        at = stop
    _between(source, at, len(source), pieces, classes, parsed.wrong, whole)
    return pieces


def _between(  # noqa: PLR0917 - private, one caller
    source: bytes,
    start: int,
    end: int,
    pieces: list[_Piece],
    classes: list[int],
    wrong: list[tuple[int, int]],
    whole: Symbol,
) -> None:
    """Take the run from `start` to `end`, cut where a class ends."""
    while start < end:
        while classes and classes[-1] <= start:
            classes.pop()
        stop = min(end, _tail(source, classes[-1], end)) if classes else end
        if pieces and _CLOSING.match(source, start, stop):
            first, _, kind, symbol, node = pieces.pop()
            pieces.append((first, stop, kind, symbol, node))
        elif not pieces:
            pieces.append((start, stop, "module", whole, None))
        else:
            hurt = any(a < stop and start < b for a, b in wrong)
            pieces.append((start, stop, "error" if hurt else "block", None, None))
        start = stop


def _tail(source: bytes, end: int, limit: int) -> int:
    """Return the end of what belongs to a definition that ends at `end`: its line and blank lines."""
    match = _TAIL.match(source, end, limit)
    return match.end() if match else end
