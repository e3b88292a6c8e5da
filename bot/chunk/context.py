"""Linked context: what a chunk uses, who uses it, and what the repository shows by example.

Most useful first and not cut to a budget: `bot.prompt.fit` cuts by true tokens. Little that is sure beats
much that might help (Repoformer, https://arxiv.org/abs/2403.10059, found that retrieval helps in a fifth of
cases), so a name that cannot be resolved brings nothing in.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.chunk.examples import calls, siblings
from bot.chunk.index import Found, blob_of
from bot.chunk.resolve import BY_TYPE, Resolver, View
from bot.chunk.tags import Definition, first_sentence
from bot.data import Snippet
from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.chunk.index import RepoIndex
    from bot.chunk.tags import Tags
    from bot.data import Chunk

__all__ = ["LIMIT", "link"]

LIMIT = 24  # snippets of one chunk
_USES, _USERS, _SIBLINGS, _EXAMPLES, _RECENT = 12, 4, 2, 2, 2
_MEMBERS = 20  # of a class or module, in its outline
_USER_FILES = 12  # looked at for call sites
_LINE = 160  # characters of a calling line
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
    return _Linker(chunk, index, companions).link(limit)


class _Linker:
    def __init__(self, chunk: Chunk, index: RepoIndex, companions: Sequence[str]) -> None:
        change = chunk.change
        same = change.source is change.raw or change.source == change.raw
        blob = change.blob if same and change.blob else blob_of(change.source)
        tags = index.tags_of(chunk.language, blob, change.source)
        file = index.file(change.path)
        self.chunk, self.index = chunk, index
        self.view = View(change.path, -1 if file is None else file, chunk.language, tags)
        self.resolver = Resolver(index, self.view)
        self.companions = [f for f in map(index.file, companions) if f is not None and f != file]
        self.ranks = index.ranks(file, self.companions) if file is not None else {}
        self.target = self._target()
        self.lines = change.source.splitlines()

    def _target(self) -> Definition | None:
        symbol = self.chunk.symbol
        if symbol is None:
            return None
        matches = [
            d for d in self.view.tags.definitions if d.qualname == symbol.qualname and d.kind != "constant"
        ]
        return min(matches, key=lambda d: abs(d.start - symbol.start), default=None)

    def link(self, limit: int) -> tuple[Snippet, ...]:
        found = [*self._class(), *self._uses()]
        if self.target is not None and self.target.kind != "module":
            found += self._users(self.target)
            found += calls(self.chunk, self.target, self.view, self.index, _EXAMPLES)
            examples = siblings(self.chunk, self.target, self.view, self.index, self.ranks, _SIBLINGS)
            found += [replace(s, score=0.6 - 0.05 * n) for n, s in enumerate(examples)]
        found += self._recent()
        found.sort(key=lambda s: (-s.score, _ORDER.index(s.kind), s.path, s.symbol, s.text))
        return self._clean(found)[:limit]

    def _clean(self, snippets: list[Snippet]) -> tuple[Snippet, ...]:
        """Drop duplicates, the chunk's own text, and whatever repeats the documentation it has."""
        own = _flat(self.chunk.text)
        doc = self._own_doc()
        seen: set[str] = set()
        kept = []
        for snippet in snippets:
            flat = _flat(snippet.text)
            said = f"{flat} {_flat(snippet.answer)}"
            if not flat or flat in seen or flat in own or any(line in said for line in doc):
                continue
            seen.add(flat)
            kept.append(snippet)
        return tuple(kept)

    def _own_doc(self) -> list[str]:
        target = self.target
        if target is None or target.doc_end <= target.doc_start:
            return []
        raw = self.chunk.change.source[target.doc_start : target.doc_end].decode("utf-8", "replace")
        lines = [_flat(line).strip("\"'") for line in raw.splitlines()] + [_flat(first_sentence(raw))]
        return [line.rstrip(".") for line in lines if len(line) >= _LEAK and not line.startswith(">>>")]

    # -- what it lies in

    def _class(self) -> Iterator[Snippet]:
        target, view = self.target, self.view
        if target is None:
            return
        if target.kind in ("class", "module"):
            members = [d for d in view.tags.definitions if d.parent == target.qualname and d is not target]
            members = [d for d in members if d.kind not in ("module", "constant")]
            members.sort(key=lambda d: (not d.public, d.start))
            chosen = sorted(members[:_MEMBERS], key=lambda d: d.start)
            text = "\n".join(filter(None, (self._signature(d, view.language) for d in chosen)))
            if text:
                yield Snippet("class", view.path, target.qualname, text, 0.9)
        owner = next(
            (d for d in view.tags.definitions if d.qualname == target.parent and d.kind == "class"), None
        )
        if owner is not None and target.parent:
            yield Snippet("class", view.path, owner.qualname, self._class_text(owner, view.language), 0.95)

    def _class_text(self, owner: Definition, language: str) -> str:
        head = self._signature(owner, language)
        if not owner.attributes:
            return head
        return f"{head}\n    {_comment(language)} attributes: {', '.join(owner.attributes)}"

    def _signature(self, definition: Definition, language: str) -> str:
        """Return a definition's header with the first sentence of its documentation."""
        if not definition.doc or definition.kind == "constant":
            return definition.signature
        if language == "python":
            return f'{definition.signature}:\n    """{definition.doc}"""'
        return f"{_comment(language)} {definition.doc}\n{definition.signature}"

    # -- what it uses

    def _uses(self) -> list[Snippet]:
        first, last = self.chunk.start_line, self.chunk.end_line
        used: dict[tuple[int, str], tuple[Found, float, int]] = {}
        unknown: dict[str, int] = {}
        for dotted, lines in self.view.tags.references.items():
            here = [line for line in lines if first <= line <= last]
            if not here:
                continue
            found = self.resolver.resolve(dotted, self._owner(here[0]))
            if found is None or (dotted.startswith(".") and found[1] < BY_TYPE):
                unknown[dotted.rpartition(".")[2]] = len(here)
            if found is not None:
                self._note(used, *found, len(here))
        classes = [found for found, _, _ in used.values() if found.definition.kind == "class"]
        for name, count in unknown.items():
            for owner in classes:  # a receiver is probably of a class that the chunk names
                wanted = f"{owner.definition.qualname}.{name}"
                for definition in self._tags(owner.file).named(name):
                    if definition.qualname == wanted:
                        self._note(used, Found(owner.file, definition), BY_TYPE, count)
        snippets = [self._use(*each) for each in used.values()]
        snippets.sort(key=lambda s: (-s.score, s.path, s.symbol))
        return snippets[:_USES]

    def _note(
        self, used: dict[tuple[int, str], tuple[Found, float, int]], found: Found, sure: float, count: int
    ) -> None:
        definition = found.definition
        if found.file == self.view.file and definition.kind != "module":
            inside = (
                definition.start_line >= self.chunk.start_line and definition.end_line <= self.chunk.end_line
            )
            around = self.target is not None and (self.target.qualname + ".").startswith(
                definition.qualname + "."
            )
            if inside or around:
                return
        if definition.kind == "module" and not definition.doc:
            return
        key = (found.file, definition.qualname)
        before = used.get(key)
        used[key] = (found, max(sure, before[1] if before else 0.0), count + (before[2] if before else 0))

    def _use(self, found: Found, sure: float, count: int) -> Snippet:
        definition = found.definition
        path = self.index.paths[found.file] if found.file >= 0 else self.view.path
        language = self.index.language(found.file) if found.file >= 0 else self.view.language
        rank = 1.0 if found.file == self.view.file else self.ranks.get(found.file, 0.0)
        score = sure * (0.6 + 0.1 * min(1.0, math.log2(1 + count) / 3) + 0.15 * rank)
        score *= {"constant": 0.6, "module": 0.4}.get(definition.kind, 1.0)
        text = self._signature(definition, language)
        if definition.kind == "class":
            text = self._class_text(definition, language)
            starter = f"{definition.qualname}.__init__"
            init = next((d for d in self._tags(found.file).definitions if d.qualname == starter), None)
            text += f"\n    {init.signature}" if init else ""
        elif definition.kind == "module":
            text = f"{_comment(language)} {path}: {definition.doc}"
        return Snippet("uses", path, definition.qualname, text, round(score, 4))

    def _tags(self, file: int) -> Tags:
        return self.view.tags if file == self.view.file else self.index.tags(file)

    def _owner(self, line: int) -> str:
        """Return the qualname of the class around a line of the chunk's file."""
        classes = [
            d for d in self.view.tags.definitions if d.kind == "class" and d.start_line <= line <= d.end_line
        ]
        return classes[-1].qualname if classes else ""

    # -- who uses it

    def _users(self, target: Definition) -> list[Snippet]:
        name = target.name
        if name == "__init__":
            name = target.parent.rpartition(".")[2]
        elif name.startswith("__"):
            return []  # called by syntax, not by name
        files = [f for f in self.index.referrers(name) if f != self.view.file]
        files.sort(key=lambda f: (self.view.file not in self.index.imported(f), -self.ranks.get(f, 0.0), f))
        found: list[Snippet] = []
        if own := self._call_site(target, name, self.view, self.lines):
            found.append(replace(own, score=0.62))
        for file in files[:_USER_FILES]:
            if len(found) == _USERS:
                break
            index = self.index
            view = View(index.paths[file], file, index.language(file), index.tags(file))
            if site := self._call_site(target, name, view, None):
                found.append(site)
        return [replace(s, score=round(s.score * 0.93**n, 4)) for n, s in enumerate(found)]

    def _call_site(
        self, target: Definition, name: str, view: View, lines: list[bytes] | None
    ) -> Snippet | None:
        """Return one caller of the target in a file: its signature and the line that calls."""
        resolver = self.resolver if view is self.view else Resolver(self.index, view)
        few = len(self.index.definers(name)) <= 1
        best: tuple[float, int] | None = None
        for dotted, numbers in view.tags.references.items():
            if dotted != name and not dotted.endswith("." + name):
                continue
            for number in numbers:
                if view is self.view and target.start_line <= number <= target.end_line:
                    continue
                sure = self._meant(target, dotted, number, view, resolver, few=few)
                if sure and (best is None or (-sure, number) < (-best[0], best[1])):
                    best = (sure, number)
        if best is None:
            return None
        lines = self.index.source(view.file).splitlines() if lines is None else lines
        sure, number = best
        line = lines[number - 1].decode("utf-8", "replace").strip()[:_LINE] if number <= len(lines) else ""
        caller = view.tags.enclosing(number)
        text = f"{caller.signature}\n    {line}" if caller and caller.line != number else line
        rank = self.ranks.get(view.file, 0.0)
        score = sure * (0.5 + 0.1 * rank) - (0.1 if "test" in view.path.rpartition("/")[2] else 0.0)
        return (
            Snippet("used-by", view.path, caller.qualname if caller else "", text, round(score, 4))
            if line
            else None
        )

    def _meant(
        self, target: Definition, dotted: str, line: int, view: View, resolver: Resolver, *, few: bool
    ) -> float:
        owner = [d for d in view.tags.definitions if d.kind == "class" and d.start_line <= line <= d.end_line]
        found = resolver.resolve(dotted, owner[-1].qualname if owner else "")
        if found is not None:
            wanted = target.parent if target.name == "__init__" else target.qualname
            same = found[0].file == self.view.file and found[0].definition.qualname in (
                wanted,
                target.qualname,
            )
            return found[1] if same else 0.0
        if (
            "." in dotted
            and target.kind == "method"
            and (few or self.view.file in self.index.imported(view.file))
        ):
            return 0.7 if few else 0.4  # a method of an unknown receiver
        return 0.0

    # -- what changed with it

    def _recent(self) -> list[Snippet]:
        found = []
        for number, file in enumerate(self.companions[:_RECENT]):
            language = self.index.language(file)
            used = set(self.view.tags.references)
            listed = [
                d for d in self.index.tags(file).definitions if d.kind in ("function", "class") and d.public
            ]
            listed.sort(key=lambda d: (d.name not in used, d.start))
            text = "\n".join(d.signature for d in sorted(listed[:8], key=lambda d: d.start))
            if text and language == self.view.language:
                found.append(Snippet("recent", self.index.paths[file], "", text, 0.25 - 0.02 * number))
        return found


def _comment(language: str) -> str:
    row = LANGUAGES.get(language)
    return row.line_comment if row else "#"


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
