"""Where a chunk stands in its repository, and how a definition is put into words for a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chunk.tags import blob_of
from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.chunk.index import RepoIndex
    from bot.chunk.resolve import Resolver, View
    from bot.chunk.tags import Definition, Tags
    from bot.data import Chunk

__all__ = ["Scene", "class_text", "comment", "scene", "signature"]

_SENTENCE = 160  # characters of a documented sentence


@dataclass(frozen=True, slots=True)
class Scene:
    """A chunk with all that its links are found by."""

    chunk: Chunk
    index: RepoIndex
    resolver: Resolver
    target: Definition | None  # what the chunk defines
    companions: tuple[int, ...]  # files edited recently together with it
    ranks: Mapping[int, float]  # usefulness of other files to its own, 0 to 1

    @property
    def view(self) -> View:
        """The chunk's own file."""
        return self.resolver.view

    def tags(self, file: int) -> Tags:
        """Return a file's tags, for the chunk's own file those of the content at hand."""
        return self.view.tags if file == self.view.file else self.index.tags(file)

    def path(self, file: int) -> str:
        """Return a file's path."""
        return self.view.path if file == self.view.file else self.index.paths[file]

    def language(self, file: int) -> str:
        """Return a file's language."""
        return self.view.language if file == self.view.file else self.index.language(file)


def scene(chunk: Chunk, index: RepoIndex, companions: Sequence[str]) -> Scene:
    """Place a chunk in the repository; its content need not be the indexed one."""
    change = chunk.change
    blob = change.blob if change.blob and change.source == change.raw else blob_of(change.source)
    resolver = index.resolver_of(change.path, chunk.language, blob, change.source)
    file = resolver.view.file
    known = (index.file(path) for path in companions)
    together = tuple(dict.fromkeys(f for f in known if f is not None and f != file))
    ranks = index.ranks(file, together) if file >= 0 else {}
    target = None
    if chunk.symbol is not None:
        same = [d for d in resolver.view.tags.definitions if d.qualname == chunk.symbol.qualname]
        start = chunk.symbol.start
        target = min(
            (d for d in same if d.kind != "constant"), key=lambda d: abs(d.start - start), default=None
        )
    return Scene(chunk, index, resolver, target, together, ranks)


def comment(language: str) -> str:
    """Return what starts a line comment."""
    row = LANGUAGES.get(language)
    return row.line_comment if row else "#"


def signature(definition: Definition, language: str) -> str:
    """Return a definition's header with the first sentence of its documentation."""
    doc = definition.doc if len(definition.doc) <= _SENTENCE else definition.doc[:_SENTENCE] + "…"
    if not doc or definition.kind == "constant":
        return definition.signature
    if language == "python":
        return f'{definition.signature}:\n    """{doc}"""'
    return f"{comment(language)} {doc}\n{definition.signature}"


def class_text(owner: Definition, language: str) -> str:
    """Return a class's header with its documentation's first sentence and its attributes."""
    if not owner.attributes:
        return signature(owner, language)
    return f"{signature(owner, language)}\n    {comment(language)} attributes: {', '.join(owner.attributes)}"
