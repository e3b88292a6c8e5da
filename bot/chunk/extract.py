"""From a file's content to its tags: pure, and the only place where a file is parsed for the index."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from bot.chunk.references import doctests, python_facts
from bot.chunk.scan import scan_examples, scan_imports, scan_references
from bot.chunk.symbols import symbols
from bot.chunk.tags import Definition, Tags, first_sentence
from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.chunk.references import PythonFacts
    from bot.chunk.tags import Example
    from bot.data import Symbol

__all__ = ["extract", "header"]

_HEADER = 300  # characters of a signature that are kept
_CONSTANT = 100  # characters; a longer constant tells too little for its tokens
_CONSTANTS = 200  # of a file: tables of a thousand error numbers are data
_SAME_EXAMPLES = 4  # of one name in a file
_RECEIVERS = {"self", "cls", "this"}
_BASES = re.compile(
    r"(?:\bextends\b|\bimplements\b|<|:)\s*(?:public |private |protected |virtual )?([A-Za-z_][\w.]*)"
)


def extract(language: str, source: bytes) -> Tags:
    """Return the tags of a file's content. Never raises: a file that cannot be read has fewer tags."""
    if language not in LANGUAGES:
        return Tags()
    text = source.decode("utf-8", "replace")
    facts = python_facts(source) if language == "python" else None
    definitions = [_definition(symbol, source, facts) for symbol in symbols(language, source)]
    if facts is not None:
        definitions += _constants(facts, source)
        definitions.sort(key=lambda d: (d.start_line, d.kind != "module", -d.end_line, d.start))
        references = {name: tuple(lines) for name, lines in facts.references.items()}
        return Tags(tuple(definitions), references, tuple(facts.imports), _few(facts.examples))
    references = {name: tuple(lines) for name, lines in scan_references(text).items()}
    examples = sorted(scan_examples(text) + doctests(source), key=lambda e: e.line)
    return Tags(tuple(definitions), references, tuple(scan_imports(language, text)), _few(examples))


def header(source: bytes, symbol: Symbol) -> str:
    """Return a symbol's header on one line, comments and the colon or brace left out."""
    text = source[symbol.header : symbol.body].decode("utf-8", "replace")
    if "\n" in text:
        text = "\n".join(re.sub(r"\s(?:#|//)\s.*$", "", line) for line in text.splitlines())
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s*[:{=]$", "", text)
    text = re.sub(r"([(\[]) | (?=[)\]])", r"\1", text).replace(",)", ")")
    return text if len(text) <= _HEADER else text[:_HEADER] + "…"


def _definition(symbol: Symbol, source: bytes, facts: PythonFacts | None) -> Definition:
    doc_start, doc_end = symbol.doc or (0, 0)
    signature = header(source, symbol) if symbol.kind != "module" else ""
    bases: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    if symbol.kind == "class":
        if facts is not None:
            bases = facts.bases.get(symbol.header_line, ())
            attributes = facts.attributes.get(symbol.header_line, ())
        else:
            bases = tuple(_BASES.findall(signature.partition(symbol.name)[2]))[:4]
    return Definition(
        name=symbol.name,
        qualname=symbol.qualname,
        kind=symbol.kind,
        signature=signature,
        doc=first_sentence(source[doc_start:doc_end].decode("utf-8", "replace")),
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        line=symbol.header_line,
        start=symbol.start,
        end=symbol.end,
        doc_start=doc_start,
        doc_end=doc_end,
        params=sum(p.name not in _RECEIVERS for p in symbol.parameters),
        public=int(symbol.public),
        nested=int(symbol.nested),
        parent=symbol.parent or "",
        bases=bases,
        attributes=attributes,
    )


def _few(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Keep the first examples of each name: tables of a thousand assertions show nothing more."""
    seen: Counter[str] = Counter()
    kept = []
    for example in examples:
        if any(seen[name] < _SAME_EXAMPLES for name in example.names):
            seen.update(example.names)
            kept.append(example)
    return tuple(kept)


def _constants(facts: PythonFacts, source: bytes) -> list[Definition]:
    lines = source.split(b"\n")
    found = []
    for name, first, last in facts.constants[:_CONSTANTS]:
        text = lines[first - 1].decode("utf-8", "replace").strip() if first <= len(lines) else ""
        if last > first or len(text) > _CONSTANT:
            text = f"{name} = …"
        public = int(not name.startswith("_"))
        found.append(
            Definition(name, name, "constant", text, "", first, last, first, 0, 0, 0, 0, 0, public, 0, "")
        )
    return found
