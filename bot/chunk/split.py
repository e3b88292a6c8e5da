"""From a file to chunks that cover it exactly once, in order, each within a budget of tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from bot.chunk import oversize
from bot.chunk.definitions import Definition, Parsed, read
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
_HEAD = 4096  # bytes that tell a language

Kind = Literal["module", "class", "function", "block", "error"]


class _Piece(NamedTuple):
    start: int
    end: int
    kind: Kind
    symbol: Symbol | None = None
    node: Node | None = None


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
    outline = Outline(language, source)
    room = oversize.Room(source, budget, measure)
    whole = outline.module(parsed)
    if parsed is None:
        kind: Kind = "block" if language == "text" else "error"
        pieces = [_Piece(0, len(source), kind)]
    else:
        pieces = _pieces(source, parsed, outline, whole)
    root = parsed.root if parsed else None
    chunks: list[Chunk] = []
    line = 1
    for piece in pieces:
        start, end = piece[:2]
        if end - start <= budget:  # nearly always
            last = line + source.count(b"\n", start, end)
            end_line = last - (source[end - 1] == _LINE_FEED)
            chunks.append(Chunk(change, language, piece.kind, start, end, line, end_line, piece.symbol))
            line = last
            continue
        for kind, symbol, start, end, part, parts in _fitted(piece, room, root):
            last = line + source.count(b"\n", start, end)
            end_line = last - (source[end - 1] == _LINE_FEED)
            chunks.append(Chunk(change, language, kind, start, end, line, end_line, symbol, part, parts))
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
            yield from _fitted(_Piece(start, core[0], "block"), room, root)
        yield kind, symbol, *core, 0, 1
        if core[1] < end:
            yield from _fitted(_Piece(core[1], end, "block"), room, root)
        return
    keep = start
    if symbol and kind != "module":  # the signature, and the docstring it has
        keep = symbol.doc[1] if symbol.doc and symbol.doc[0] >= symbol.body else symbol.body
    spans = oversize.split(room, start, end, node or root, min(keep, end))
    for number, span in enumerate(spans):
        yield kind, symbol, *span, number, len(spans)


def _pieces(source: bytes, parsed: Parsed, outline: Outline, whole: Symbol) -> list[_Piece]:
    """Return what the file consists of: definitions, and the runs between them."""
    found, wrong = parsed.found, parsed.wrong
    pieces: list[_Piece] = []
    classes: list[int] = []  # where the classes around here end

    def between(start: int, end: int) -> None:
        """Take the run from `start` to `end`, cut where a class ends."""
        while start < end:
            while classes and classes[-1] <= start:
                classes.pop()
            stop = min(end, _tail(source, classes[-1], end)) if classes else end
            if pieces and _CLOSING.match(source, start, stop):
                pieces[-1] = pieces[-1]._replace(end=stop)
            elif not pieces:
                pieces.append(_Piece(start, stop, "module", whole))
            else:
                hurt = any(a < stop and start < b for a, b in wrong)
                pieces.append(_Piece(start, stop, "error" if hurt else "block"))
            start = stop

    cuts = [*(_cut(source, each) for each in found), len(source)]
    at = 0
    for each, cut, following in zip(found, cuts, cuts[1:], strict=False):
        symbol = outline.symbol(each)
        if symbol.start < at:  # inside what was taken already
            continue
        start = max(cut, at)
        if pieces or source[:start].strip():
            between(at, start)
            at = start
        end, limit = symbol.end, max(following, symbol.start)
        if each.kind == "class":
            classes.append(end)
            end = min(end, limit)
        at, start = _tail(source, end, max(limit, end)), at
        pieces.append(_Piece(start, at, "class" if each.kind == "class" else "function", symbol, each.outer))
    between(at, len(source))
    return pieces


def _cut(source: bytes, each: Definition) -> int:
    """Return where the chunk of a definition starts: with its line, comments directly above included."""
    first = each.outer.start_byte
    if each.lead:
        first = min(first, each.lead[0][1])
    line = source.rfind(b"\n", 0, first) + 1
    return first if source[line:first].strip() else line


def _tail(source: bytes, end: int, limit: int) -> int:
    """Return the end of what belongs to a definition that ends at `end`: its line and blank lines."""
    match = _TAIL.match(source, end, limit)
    return match.end() if match else end
