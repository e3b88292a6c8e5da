"""A repository's names: who defines them, who uses them, what an import means.

Files are streamed: of each, only name ids stay in memory. Definitions, signatures and examples stay in the
tag store and are fetched for the few files that a chunk leads to.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from bot.chunk.extract import extract
from bot.chunk.imports import Paths
from bot.chunk.rank import neighbourhood
from bot.chunk.tags import Definition, MemoryTags, Tags, TagStore, tag_key
from bot.languages import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from bot.chunk.tags import Import

__all__ = ["MAX_FILES", "Found", "RepoIndex", "blob_of"]

MAX_FILES = 5000
_TAGS_HELD = 256  # files whose tags stay decoded
_SOURCES_HELD = 64
_RANKS_HELD = 256
_DEPTH = 8  # re-exports followed
Loader = "Callable[[], bytes]"


class Found(NamedTuple):
    """A definition and the file it lies in."""

    file: int
    definition: Definition


def blob_of(source: bytes) -> str:
    """Return git's blob id of a content, so that files read outside git share the tags of those in it."""
    return hashlib.sha1(b"blob %d\0" % len(source) + source, usedforsecurity=False).hexdigest()


class RepoIndex:
    """What `bot.chunk.context.link` asks. Build it with `RepoIndex.build`; it is not thread-safe."""

    def __init__(self, store: TagStore | None = None) -> None:
        self.store: TagStore = store if store is not None else MemoryTags()
        self.paths: list[str] = []
        self.limited = False  # the repository has more files than are indexed
        self.left_out = 0  # files for that reason
        self.parsed = 0  # contents read anew
        self.reused = 0  # contents whose tags the store had
        self._loaders: list[Callable[[], bytes]] = []
        self._keys: list[str] = []
        self._languages: list[str] = []
        self._names: dict[str, int] = {}
        self._spelling: list[str] = []
        self._defined: list[array[int]] = []  # file -> name ids
        self._used: list[array[int]] = []  # file -> name ids and counts in turn
        self._imports: list[tuple[int, ...]] = []  # file -> files
        self._definers: dict[int, array[int]] = {}
        self._referrers: dict[int, array[int]] = {}
        self._shown: dict[str, array[int]] = {}  # name -> files with an example of it
        self._tags: OrderedDict[str, Tags] = OrderedDict()
        self._sources: OrderedDict[int, bytes] = OrderedDict()
        self._ranks: OrderedDict[tuple[int, tuple[int, ...]], dict[int, float]] = OrderedDict()
        self._exports: dict[tuple[int, str], Found | None] = {}
        self.lookup = Paths(())

    @classmethod
    def build(
        cls,
        files: Iterable[tuple[str, str, Callable[[], bytes]]],
        store: TagStore | None = None,
        *,
        focus: Collection[str] = (),
        max_files: int = MAX_FILES,
    ) -> RepoIndex:
        """Index a repository.

        Args:
            files: (path, blob, loader) of each: POSIX path relative to the root; the content's hash, or ""
                to have it computed; what reads the content. The loader runs only for contents unknown to
                `store`, and later for the few files that a chunk's context quotes. One that raises OSError
                leaves its file out.
            store: keeps tags by content between runs; in memory when None.
            focus: paths that are about to be linked. A repository of more than `max_files` files is indexed
                from these: what they import, directly or not, then their own top-level folders.
            max_files: files indexed at most; `limited` and `left_out` tell.
        """
        index = cls(store)
        chosen = [item for item in files if detect(item[0]) != "text"]
        chosen.sort(key=lambda item: item[0])
        if len(chosen) > max_files:
            total = len(chosen)
            chosen = index._closure(chosen, focus, max_files)
            index.limited, index.left_out = True, total - len(chosen)
        imports = [index._add(*item) for item in chosen]
        index._finish([each for each in imports if each is not None])
        return index

    def _closure(
        self, files: list[tuple[str, str, Callable[[], bytes]]], focus: Collection[str], limit: int
    ) -> list[tuple[str, str, Callable[[], bytes]]]:
        paths = [path for path, _, _ in files]
        lookup = Paths(paths)
        wanted = [lookup.by_path[path] for path in sorted(focus) if path in lookup.by_path][:limit]
        seen = dict.fromkeys(wanted)
        for number in wanted:  # grows while it is walked: breadth first
            path, blob, loader = files[number]
            try:
                tags = self._content(detect(path), blob, loader)[1]
            except OSError:
                continue
            for each in tags.imports:
                for target in lookup.files(detect(path), path, each):
                    if target not in seen and len(seen) < limit:
                        seen[target] = None
                        wanted.append(target)
        tops = {path.partition("/")[0] for path in focus}
        rest = [n for n in range(len(files)) if n not in seen]
        rest.sort(key=lambda n: (paths[n].partition("/")[0] not in tops, paths[n].count("/"), paths[n]))
        if tops:
            rest = [n for n in rest if paths[n].partition("/")[0] in tops]
        return [files[n] for n in sorted([*seen, *rest[: limit - len(seen)]])]

    def _content(self, language: str, blob: str, loader: Callable[[], bytes]) -> tuple[str, Tags]:
        source = None if blob else loader()
        key = tag_key(language, blob or blob_of(source or b""))
        tags = self._tags.get(key)
        if tags is None:
            tags = self.store.get(key)
            if tags is not None:
                self.reused += 1
        if tags is None:
            tags = extract(language, loader() if source is None else source)
            self.store.put(key, tags)
            self.parsed += 1
        return key, tags

    def _add(self, path: str, blob: str, loader: Callable[[], bytes]) -> tuple[Import, ...] | None:
        language = detect(path)
        try:
            key, tags = self._content(language, blob, loader)
        except OSError:
            return None
        self._hold(key, tags)
        file = len(self.paths)
        self.paths.append(path)
        self._loaders.append(loader)
        self._keys.append(key)
        self._languages.append(language)
        kinds = ("class", "function", "method", "constant")
        names = dict.fromkeys(d.name for d in tags.definitions if d.kind in kinds)
        self._defined.append(array("I", [self._name(name) for name in names]))
        counts: Counter[str] = Counter()
        for dotted, lines in tags.references.items():
            for name in dotted.split("."):
                if name:
                    counts[name] += len(lines)
        flat = array("I")
        for name, count in counts.items():
            flat.extend((self._name(name), count))
        self._used.append(flat)
        for example in tags.examples:
            for name in example.names:
                files = self._shown.setdefault(name, array("I"))
                if not files or files[-1] != file:
                    files.append(file)
        return tags.imports

    def _name(self, name: str) -> int:
        known = self._names.setdefault(name, len(self._spelling))
        if known == len(self._spelling):
            self._spelling.append(name)
        return known

    def _finish(self, imports: Sequence[tuple[Import, ...]]) -> None:
        """Turn files -> names into names -> files; drop the names that nothing here defines."""
        self.lookup = Paths(self.paths)
        for file, names in enumerate(self._defined):
            for name in names:
                self._definers.setdefault(name, array("I")).append(file)
        for file, flat in enumerate(self._used):
            kept = array("I")
            for at in range(0, len(flat), 2):
                if flat[at] in self._definers:
                    kept.extend(flat[at : at + 2])
                    self._referrers.setdefault(flat[at], array("I")).append(file)
            self._used[file] = kept
        for name in [n for n, number in self._names.items() if number not in self._definers]:
            self._spelling[self._names.pop(name)] = ""
        self._shown = {name: files for name, files in self._shown.items() if name in self._names}
        for file, each in enumerate(imports):
            found: dict[int, None] = {}
            for one in each:
                found.update(dict.fromkeys(self.lookup.files(self._languages[file], self.paths[file], one)))
            found.pop(file, None)
            self._imports.append(tuple(found))

    # -- questions

    def file(self, path: str) -> int | None:
        """Return the id of a path, None where it is not indexed."""
        return self.lookup.by_path.get(path)

    def language(self, file: int) -> str:
        """Return the language of a file."""
        return self._languages[file]

    def tags(self, file: int) -> Tags:
        """Return a file's tags; empty ones if it has vanished since it was indexed."""
        key = self._keys[file]
        held = self._tags.get(key)
        if held is None:
            held = self.store.get(key)
            if held is None:  # a store may forget
                held = extract(self._languages[file], self.source(file))
                self.store.put(key, held)
        return self._hold(key, held)

    def tags_of(self, language: str, blob: str, source: bytes) -> Tags:
        """Return the tags of a content that need not be the indexed one: a staged file, an old commit."""
        key, tags = self._content(language, blob, lambda: source)
        return self._hold(key, tags)

    def _hold(self, key: str, tags: Tags) -> Tags:
        self._tags[key] = tags
        self._tags.move_to_end(key)
        if len(self._tags) > _TAGS_HELD:
            self._tags.popitem(last=False)
        return tags

    def source(self, file: int) -> bytes:
        """Return a file's content; b"" if it cannot be read any more."""
        if file not in self._sources:
            try:
                self._sources[file] = self._loaders[file]()
            except OSError:
                self._sources[file] = b""
            if len(self._sources) > _SOURCES_HELD:
                self._sources.popitem(last=False)
        self._sources.move_to_end(file)
        return self._sources[file]

    def definers(self, name: str) -> Sequence[int]:
        """Return the files that define a name, in order."""
        return self._definers.get(self._names.get(name, -1), ())

    def referrers(self, name: str) -> Sequence[int]:
        """Return the files that refer to a name, in order."""
        return self._referrers.get(self._names.get(name, -1), ())

    def showing(self, name: str) -> Sequence[int]:
        """Return the files that hold an example of calling a name, in order."""
        return self._shown.get(name, ())

    def defined_names(self, file: int) -> list[str]:
        """Return the names a file defines."""
        return [self._spelling[name] for name in self._defined[file]]

    def used_names(self, file: int) -> Iterator[tuple[str, int]]:
        """Yield the names a file refers to that are defined somewhere here, with their counts."""
        flat = self._used[file]
        for at in range(0, len(flat), 2):
            yield self._spelling[flat[at]], flat[at + 1]

    def imported(self, file: int) -> tuple[int, ...]:
        """Return the files that a file imports."""
        return self._imports[file]

    def ranks(self, file: int, companions: Collection[int] = ()) -> dict[int, float]:
        """Return file id -> usefulness to `file` (0 to 1), ranked once a file."""
        key = (file, tuple(sorted(companions)))
        if key not in self._ranks:
            self._ranks[key] = neighbourhood(self, file, key[1])
            if len(self._ranks) > _RANKS_HELD:
                self._ranks.popitem(last=False)
        return self._ranks[key]
