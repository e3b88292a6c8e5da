"""From definitions to symbols: where each lies, what documents it, what its signature says."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from bot.chunk import docs, parameters
from bot.chunk.definitions import Definition, Parsed, read
from bot.chunk.quick import quick
from bot.data import Chunk, Symbol
from bot.languages import LANGUAGES

__all__ = ["Outline", "detail", "symbols"]

_Symbol = quick(Symbol)


def symbols(language: str, source: bytes) -> list[Symbol]:
    """Return a file's symbols in order of their start, the module (kind "module", qualname "") first.

    What is defined inside a function is part of it and not listed. A language without a grammar, and a
    file that takes too long to parse, has the module symbol alone.
    """
    parsed = read(language, source)
    outline = Outline(language, source, parsed)
    listed = [outline.module()]
    for each in parsed.found if parsed else ():
        symbol = outline.symbol(each)
        listed.append(replace(symbol, **parameters.signature(language, each, source)))
    return listed


def detail(chunk: Chunk) -> Symbol:
    """Return a chunk's symbol with what `split` leaves out for speed: parameters, returns, decorators.

    Raises:
        ValueError: if the chunk has no symbol.
    """
    if chunk.symbol is None:
        raise ValueError("this chunk holds no symbol")
    known = _known(chunk.language, chunk.change.source)
    return known.get((chunk.symbol.qualname, chunk.symbol.ordinal, chunk.symbol.kind), chunk.symbol)


@lru_cache(maxsize=8)
def _known(language: str, source: bytes) -> dict[tuple[str, int, str], Symbol]:
    return {(each.qualname, each.ordinal, each.kind): each for each in symbols(language, source)}


class Outline:
    """Turns the definitions of one file, in order, into symbols without their signatures' details."""

    def __init__(self, language: str, source: bytes, parsed: Parsed | None) -> None:
        self._parsed = parsed
        self._row = LANGUAGES.get(language)
        self._plain = self._row is not None and self._row.plain_start
        self._sound = parsed is not None and not parsed.root.has_error  # then no node need be asked
        self._source = source
        self._seen: dict[str, int] = {}

    def module(self) -> Symbol:
        """Return the symbol of the file as a whole."""
        source = self._source
        root = self._parsed.root if self._parsed else None
        doc = docs.of_module(self._row, root, source) if self._row and root else None
        body = docs.preamble(source)
        lines = root.end_point.row if root else 0  # that end: tree-sitter has counted most of them
        lines += source.count(b"\n", root.end_byte if root else 0)
        return Symbol(
            name="",
            qualname="",
            kind="module",
            start=0,
            end=len(source),
            header=0,
            body=body,
            start_line=1,
            end_line=max(1, lines + (not source.endswith(b"\n"))),
            header_line=1,
            body_line=source.count(b"\n", 0, body) + 1,
            doc=doc,
            broken=bool(root and root.has_error),
        )

    def symbol(self, each: Definition) -> Symbol:
        """Return the symbol of the next definition; its parameters, returns and decorators are empty."""
        source, row = self._source, self._row
        if row is None:
            raise ValueError("a file of no language defines nothing")
        node, outer, lead, qualname = each.node, each.outer, each.lead, each.qualname
        ordinal = self._seen.get(qualname, 0)
        self._seen[qualname] = ordinal + 1
        start = header = each.start
        end = each.end
        start_line = header_line = outer.start_point.row + 1
        if not self._plain or outer is not node:
            header = docs.header_of(row, outer)
            header_line += source.count(b"\n", start, header)
        if lead:
            start = min([start, *(first for is_comment, first, _ in lead if not is_comment)])
            start_line -= source.count(b"\n", start, each.start)
        if header == each.start and not lead:
            indent = docs.as_indent(source[each.cut : header])
        else:
            indent = docs.indent_of(source, header if header_line != start_line else start)
        end_line = body_line = outer.end_point.row + 1
        body = end
        inside = docs.body_of(row, node, header, source)
        if inside is not None:
            body = inside[0]
            # a header is short: its line ends are counted in less time than the tree takes to tell
            body_line = header_line + source.count(b"\n", header, inside[1])
        return _Symbol(
            each.name,
            qualname,
            each.kind,
            start,
            end,
            header,
            body,
            start_line,
            end_line,
            header_line,
            body_line,
            indent,
            docs.body_indent(row, inside, indent, source),
            docs.of(row, each, inside, source),
            (),
            None,
            (),
            each.parent,
            each.public,
            False,
            ordinal,
            not self._sound and outer.has_error,
        )
