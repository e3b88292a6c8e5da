"""Linked context: what a chunk uses, who uses it, and what the repository shows by example.

Most useful first and not cut to a budget: `bot.prompt.fit` cuts by true tokens. Little that is sure beats
much that might help (Repoformer, https://arxiv.org/abs/2403.10059, found that retrieval helps in a fifth of
cases), so a name that cannot be resolved brings nothing in.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.chunk.examples import calls, siblings
from bot.chunk.links import users, uses
from bot.chunk.scene import class_text, scene, signature
from bot.chunk.tags import first_sentence
from bot.data import Snippet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.chunk.index import RepoIndex
    from bot.chunk.scene import Scene
    from bot.data import Chunk

__all__ = ["LIMIT", "link"]

LIMIT = 24  # snippets of one chunk
_USES, _USERS, _SIBLINGS, _EXAMPLES, _RECENT = 12, 4, 2, 2, 2
_MEMBERS = 20  # of a class or module, in its outline
_COMPANION = 8  # signatures of a companion
_LEAK = 16  # characters; an own docstring's shorter line may occur anywhere
_ORDER = ("class", "example", "uses", "sibling", "used-by", "recent")


def link(
    chunk: Chunk, index: RepoIndex, *, companions: Sequence[str] = (), limit: int = LIMIT
) -> tuple[Snippet, ...]:
    """Return the linked context of a chunk, most useful first.

    Args:
        chunk: any chunk of any file; its content need not be the one that is indexed.
        index: of the repository.
        companions: paths edited recently together with the chunk's file, the closest first.
        limit: snippets at most.

    Returns:
        Snippets without duplicates. "class": the header of the enclosing class, or the members of the class
        or module that the chunk is the top of. "uses": a signature with its first documented sentence.
        "used-by": a caller's signature and the calling line. "example": a call with its outcome. "sibling":
        documented code (`answer` is its sentence). "recent": signatures of a companion. None holds the
        chunk's own text or the documentation that it has already.
    """
    place = scene(chunk, index, companions)
    found = [*_around(place), *uses(place, _USES)]
    if place.target is not None and place.target.kind != "module":
        found += users(place, place.target, _USERS)
        found += calls(place, place.target, _EXAMPLES)
        shown = siblings(place, place.target, _SIBLINGS)
        found += [replace(each, score=round(0.6 - 0.05 * n, 4)) for n, each in enumerate(shown)]
    found += _recent(place)
    found.sort(key=lambda s: (-s.score, _ORDER.index(s.kind), s.path, s.symbol, s.text))
    return tuple(_clean(place, found))[:limit]


def _around(place: Scene) -> Iterator[Snippet]:
    """Yield the members of the class or module at hand, and the header of the class around it."""
    target, view = place.target, place.view
    if target is None:
        return
    if target.kind in ("class", "module"):
        members = [d for d in view.tags.definitions if d.parent == target.qualname and d is not target]
        members = [d for d in members if d.kind not in ("module", "constant")]
        members.sort(key=lambda d: (not d.public, d.start))
        chosen = sorted(members[:_MEMBERS], key=lambda d: d.start)
        text = "\n".join(signature(d, view.language) for d in chosen if d.signature)
        if text:
            yield Snippet("class", view.path, target.qualname, text, 0.9)
    owner = view.tags.by_qualname.get(target.parent) if target.parent else None
    if owner is not None and owner.kind == "class":
        yield Snippet("class", view.path, owner.qualname, class_text(owner, view.language), 0.95)


def _recent(place: Scene) -> Iterator[Snippet]:
    """Yield signatures of the files edited recently together with this one, those it names first."""
    used = place.view.tags.by_last
    for number, file in enumerate(place.companions[:_RECENT]):
        if place.language(file) != place.view.language:
            continue
        listed = [d for d in place.tags(file).definitions if d.kind in ("function", "class") and d.public]
        listed = sorted(listed, key=lambda d: (d.name not in used, d.start))[:_COMPANION]
        text = "\n".join(d.signature for d in sorted(listed, key=lambda d: d.start))
        if text:
            yield Snippet("recent", place.path(file), "", text, round(0.25 - 0.02 * number, 4))


def _clean(place: Scene, snippets: Iterable[Snippet]) -> Iterator[Snippet]:
    """Drop duplicates, the chunk's own text, and whatever repeats the documentation it has."""
    own, doc = _flat(place.chunk.text), _own_doc(place)
    seen: set[str] = set()
    for snippet in snippets:
        flat = _flat(snippet.text)
        said = f"{flat} {_flat(snippet.answer)}"
        if not flat or flat in seen or flat in own or any(line in said for line in doc):
            continue
        seen.add(flat)
        yield snippet


def _own_doc(place: Scene) -> list[str]:
    target = place.target
    if target is None or target.doc_end <= target.doc_start:
        return []
    raw = place.chunk.change.source[target.doc_start : target.doc_end].decode("utf-8", "replace")
    lines = [_flat(line).strip("\"'") for line in raw.splitlines()] + [_flat(first_sentence(raw))]
    return [line.rstrip(".") for line in lines if len(line) >= _LEAK and not line.startswith(">>>")]


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
