"""A symbol's source, taken apart into what a prompt is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.languages import LANGUAGES
from bot.prompt.imports import class_header, used_imports

if TYPE_CHECKING:
    from bot.data import Chunk, Symbol

__all__ = ["Pieces", "take_apart"]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Source text with line feeds. What ends a line has its line end; an absent piece is ""."""

    language: str
    name: str
    kind: str  # module, class, function, method
    inside: bool  # the doc comment is the first thing in the body, not above the definition
    imports: tuple[str, ...]  # without line ends
    class_header: str
    head: str  # decorators and signature
    body: str
    indent: str  # of the doc comment
    body_indent: str
    open: str  # what a one-line doc comment starts and ends with
    close: str

    @property
    def code(self) -> str:
        """The definition as it stands, without a doc comment."""
        return self.head + self.body

    @property
    def hollow(self) -> str:
        """A body that says nothing."""
        return f"{self.body_indent}...\n" if self.inside else ""


def take_apart(chunk: Chunk) -> Pieces:
    """Return the pieces of the chunk's symbol; a chunk without one is taken as a body without a head.

    The doc comment it may have is left out. Of a class, the body is all of it.
    """
    change, symbol = chunk.change, chunk.symbol
    row = LANGUAGES.get(chunk.language)
    inside = row is None or row.doc.placement == "inside"
    opening, closing = (row.doc.opening, row.doc.closing) if row else ('"""', '"""')
    if not inside or not opening:
        prefix = row.doc.prefix if row else ""
        opening, closing = (f"{opening} ", f" {closing}") if opening else (prefix, closing)
    if symbol is None:
        head, body, indent, body_indent = "", chunk.text, "", ""
    else:
        head, body = _halves(change.source, symbol, inside=inside)
        body_indent = "" if symbol.kind == "module" else symbol.body_indent
        indent = body_indent if inside else symbol.indent
        if (
            inside and body and "\n" not in head
        ):  # `def f(): return 1`: the doc comment would give the body its own line
            head += "\n"
            body = body_indent + body.lstrip()
    head, body = (_lines(part) for part in (head, body))
    parent = class_header(change, symbol) if symbol else ""
    module = symbol is None or symbol.kind == "module"  # its imports are a part of it
    return Pieces(
        language=chunk.language,
        name=symbol.name if symbol else "",
        kind=symbol.kind if symbol else chunk.kind,
        inside=inside,
        imports=() if module else used_imports(change, chunk.language, head + body),
        class_header=f"{parent}\n" if parent else "",
        head=head,
        body=body,
        indent=indent,
        body_indent=body_indent,
        open=opening,
        close=closing,
    )


def _lines(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    return f"{text}\n" if text else ""


def _halves(source: bytes, symbol: Symbol, *, inside: bool) -> tuple[str, str]:
    """Split behind the line that the signature ends on; the symbol's doc comment is in neither half."""
    start = source.rfind(b"\n", 0, symbol.start) + 1
    start = start if not source[start : symbol.start].strip() else symbol.start
    cut = symbol.body
    if symbol.kind != "module":
        eol = source.find(b"\n", cut, symbol.end)
        rest = source[cut : eol if eol >= 0 else symbol.end].strip()
        if not inside:  # the opening brace stays with the signature, and so does a body on its line
            cut = eol + 1 if eol >= 0 else symbol.end
        elif eol >= 0 and (not rest or rest.startswith(b"#")):  # a comment behind the colon stays with it
            cut = eol + 1
    head, body = _without(source, start, cut, symbol.doc), _without(source, cut, symbol.end, symbol.doc)
    return head.decode("utf-8", "replace"), body.decode("utf-8", "replace")


def _without(source: bytes, start: int, end: int, doc: tuple[int, int] | None) -> bytes:
    """Return `source[start:end]` less the whole lines of `doc`."""
    if doc is None or doc[1] <= start or doc[0] >= end:
        return source[start:end]
    first, last = max(start, doc[0]), min(end, doc[1])
    line = source.rfind(b"\n", start, first) + 1 or start
    eol = source.find(b"\n", last, end)
    if not source[line:first].strip() and eol >= 0 and not source[last:eol].strip():
        first, last = line, eol + 1
    return source[start:first] + source[last:end]
