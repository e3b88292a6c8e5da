"""What a file defines, uses, imports and shows by example, kept by content so that it is read once.

Rows are named tuples, not dataclasses: thousands are rebuilt from JSON for every chunk that is linked, and
`Definition._make(row)` is the cheapest way there is.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

__all__ = [
    "Definition",
    "Example",
    "Found",
    "Import",
    "MemoryTags",
    "TagStore",
    "Tags",
    "blob_of",
    "first_sentence",
    "tag_key",
]

VERSION = 1  # of the tags' contents: raise it when extraction changes, and stored tags are made anew

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*<\"'(])")
_SECTION = re.compile(r"[@\\][a-z]+\b|:[a-z]+[ :]|<(?:param|returns)\b")
_MARGIN = re.compile(r"^\s*(?:///?!?|/\*\*?|\*/|\*|#+|--+)?\s?")


class Definition(NamedTuple):
    """A named thing: where it lies, how its header reads, and the first sentence that documents it."""

    name: str
    qualname: str
    kind: str  # "module", "class", "function", "method" or "constant"
    signature: str  # header on one line, without the colon or brace
    doc: str  # first sentence of its documentation, "" when it has none
    start_line: int
    end_line: int
    line: int  # of the header, after decorators
    start: int  # bytes
    end: int
    doc_start: int  # bytes, 0 and 0 when there is none
    doc_end: int
    params: int  # how many parameters, the receiver left out
    public: int
    nested: int
    parent: str  # qualname of what encloses it, "" at the top
    bases: tuple[str, ...] = ()  # of a class, dotted as written
    attributes: tuple[str, ...] = ()  # of a class: "name" or "name: annotation"


class Import(NamedTuple):
    """One bound name: `from ..module import attribute as bound` is (bound, module, attribute, 2)."""

    bound: str  # "*" for a star import
    module: str
    attribute: str = ""  # "" when the module itself is bound
    level: int = 0  # leading dots; outside Python 0


class Example(NamedTuple):
    """A call with its outcome, as a doctest or an assertion shows it."""

    names: tuple[str, ...]  # what it calls
    text: str
    line: int
    kind: str = "assert"  # or "doctest"


class Found(NamedTuple):
    """A definition and the id of the file it lies in."""

    file: int
    definition: Definition


@dataclass(frozen=True)  # no slots: the look-ups below are made once
class Tags:
    """Everything the index keeps of one file's content."""

    definitions: tuple[Definition, ...] = ()
    references: dict[str, tuple[int, ...]] = field(default_factory=dict)  # dotted; ".x": of any receiver
    imports: tuple[Import, ...] = ()
    examples: tuple[Example, ...] = ()

    def to_json(self) -> str:
        """Return compact JSON that `from_json` reads back."""
        parts = (self.definitions, self.references, self.imports, self.examples)
        return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Tags:
        """Read what `to_json` wrote. Raises ValueError, TypeError or KeyError on anything else."""
        definitions, references, imports, examples = json.loads(text)
        return cls(
            tuple(map(Definition._make, definitions)),
            references,
            tuple(map(Import._make, imports)),
            tuple(map(Example._make, examples)),
        )

    def enclosing(self, line: int) -> Definition | None:
        """Return the innermost function or class that holds a line."""
        found = None
        for definition in self.definitions:
            if definition.start_line > line:
                break
            if definition.end_line >= line and definition.kind not in ("module", "constant"):
                found = definition
        return found

    @cached_property
    def by_name(self) -> dict[str, list[Definition]]:
        """Definitions by plain name, in order; the module is left out."""
        found: dict[str, list[Definition]] = {}
        for definition in self.definitions:
            if definition.kind != "module":
                found.setdefault(definition.name, []).append(definition)
        return found

    @cached_property
    def by_qualname(self) -> dict[str, Definition]:
        """The first definition of each qualified name; the module's is ""."""
        return {d.qualname: d for d in reversed(self.definitions)}

    @cached_property
    def by_last(self) -> dict[str, list[str]]:
        """References by their last name: "join" -> ["os.path.join", ".join"]."""
        found: dict[str, list[str]] = {}
        for dotted in self.references:
            found.setdefault(dotted.rpartition(".")[2], []).append(dotted)
        return found

    @cached_property
    def classes(self) -> list[Definition]:
        """The classes, in order."""
        return [d for d in self.definitions if d.kind == "class"]

    def class_at(self, line: int) -> str:
        """Return the qualname of the innermost class that holds a line, "" outside of any."""
        found = ""
        for each in self.classes:
            if each.start_line > line:
                break
            if line <= each.end_line:
                found = each.qualname
        return found

    def named(self, name: str) -> list[Definition]:
        """Return the definitions of a plain name, in order."""
        return self.by_name.get(name, [])


class TagStore(Protocol):
    """Keeps tags by content, for one process or for ever."""

    def get(self, key: str) -> Tags | None:
        """Return the tags kept under a key of `tag_key`, if any."""
        ...

    def put(self, key: str, tags: Tags) -> None:
        """Keep tags under a key."""
        ...


class MemoryTags:
    """A store for one process. It keeps JSON, a tenth of the size of the live objects."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> Tags | None:
        """Return the tags kept under a key, if any."""
        kept = self._kept.get(key)
        return None if kept is None else Tags.from_json(kept.decode("utf-8", "surrogatepass"))

    def put(self, key: str, tags: Tags) -> None:
        """Keep tags under a key."""
        self._kept[key] = tags.to_json().encode("utf-8", "surrogatepass")


def blob_of(source: bytes) -> str:
    """Return git's blob id of a content, so that files read outside git share the tags of those in it."""
    return hashlib.sha1(b"blob %d\0" % len(source) + source, usedforsecurity=False).hexdigest()


def tag_key(language: str, blob: str) -> str:
    """Return the key that a content's tags are kept under: they differ by grammar and by extractor."""
    return f"tags:{VERSION}:{language}:{blob}"


def first_sentence(doc: str) -> str:
    """Return the first sentence of a doc comment or docstring as written in the source, on one line."""
    text = doc.strip()
    text = re.sub(r"^[rRuUbBfF]{0,2}(\"\"\"|'''|\"|')", "", text)
    text = re.sub(r"(\"\"\"|'''|\"|')$", "", text)
    lines: list[str] = []
    for raw in text.splitlines():
        line = re.sub(r"\s*\*+/\s*$", "", _MARGIN.sub("", raw)).strip()
        line = re.sub(r"^</?summary>|</summary>$", "", line).strip()
        if lines and (not line or _SECTION.match(line)):
            break
        if line:
            lines.append(line)
    return _SENTENCE.split(" ".join(lines), maxsplit=1)[0][:400]
