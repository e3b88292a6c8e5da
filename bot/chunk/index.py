"""A repository's names: who defines them, who uses them, what an import means.

Files are streamed: of each, only name ids stay in memory. Definitions, signatures and examples stay in the
tag store and are fetched for the few files that a chunk leads to.
"""

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

from bot.chunk.closure import closest
from bot.chunk.extract import extract
from bot.chunk.imports import Paths
from bot.chunk.rank import neighbourhood
from bot.chunk.resolve import Resolver, View
from bot.chunk.tags import MemoryTags, blob_of, tag_key
from bot.languages import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from bot.chunk.tags import Found, Import, Tags, TagStore

__all__ = ["MAX_FILES", "RepoIndex"]

MAX_FILES = 5000
_TAGS_HELD = 256  # files whose tags stay decoded
_SOURCES_HELD = 64
_RANKS_HELD = 256
_RESOLVERS_HELD = 128
_EXPORTS_HELD = 20_000


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
        self._aliases: dict[str, dict[str, None]] = {}  # name -> what imports call it instead
        self._shown: dict[str, array[int]] = {}  # name -> files with an example of it
        self._tags: OrderedDict[str, Tags] = OrderedDict()
        self._sources: OrderedDict[int, bytes] = OrderedDict()
        self._ranks: OrderedDict[tuple[int, tuple[int, ...]], dict[int, float]] = OrderedDict()
        self._resolvers: OrderedDict[tuple[str, str], Resolver] = OrderedDict()
        self.exports: dict[tuple[int, tuple[str, ...]], Found | None] = {}  # `bot.chunk.resolve` keeps these
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
            paths = [path for path, _, _ in chosen]
            near = closest(paths, focus, max_files, lambda number: index._imports_in(*chosen[number]))
            index.limited, index.left_out = True, len(chosen) - len(near)
            chosen = [chosen[number] for number in near]
        imports = [index._add(*item) for item in chosen]
        index._finish([each for each in imports if each is not None])
        return index

    def _imports_in(self, path: str, blob: str, loader: Callable[[], bytes]) -> tuple[Import, ...]:
        try:
            return self._content(detect(path), blob, loader)[1].imports
        except OSError:
            return ()

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
        self._note(file, tags)
        return tags.imports

    def _note(self, file: int, tags: Tags) -> None:
        for each in tags.imports:
            if each.attribute not in ("", "*", "default", each.bound):
                self._aliases.setdefault(each.attribute, {})[each.bound] = None
        for example in tags.examples:
            for name in example.names:
                files = self._shown.setdefault(name, array("I"))
                if not files or files[-1] != file:
                    files.append(file)

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
        self._aliases = {name: known for name, known in self._aliases.items() if name in self._names}
        self._aliases = {n: k for n, k in self._aliases.items() if self._names[n] in self._definers}
        asked = {*self._definers, *(self._name(alias) for known in self._aliases.values() for alias in known)}
        for file, flat in enumerate(self._used):
            kept = array("I")
            for at in range(0, len(flat), 2):
                if flat[at] in asked:
                    kept.extend(flat[at : at + 2])
                    self._referrers.setdefault(flat[at], array("I")).append(file)
            self._used[file] = kept
        for unknown in [name for name, number in self._names.items() if number not in asked]:
            self._spelling[self._names.pop(unknown)] = ""
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

    def resolver_of(self, path: str, language: str, blob: str, source: bytes) -> Resolver:
        """Return what resolves the names of a content that need not be the indexed one: a staged file."""
        key, tags = self._content(language, blob, lambda: source)
        known = self.file(path)
        return self._resolver(
            View(path, -1 if known is None else known, language, self._hold(key, tags)), key
        )

    def resolver(self, file: int) -> Resolver:
        """Return what resolves the names of an indexed file."""
        key = self._keys[file]
        return self._resolver(View(self.paths[file], file, self._languages[file], self.tags(file)), key)

    def _resolver(self, view: View, key: str) -> Resolver:
        held = self._resolvers.get((view.path, key))
        if held is None:
            held = self._resolvers[view.path, key] = Resolver(self, view)
            if len(self._resolvers) > _RESOLVERS_HELD:
                self._resolvers.popitem(last=False)
            if len(self.exports) > _EXPORTS_HELD:
                self.exports.clear()
        self._resolvers.move_to_end((view.path, key))
        return held

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

    def aliases(self, name: str) -> list[str]:
        """Return what imports call a name instead, in order."""
        return sorted(self._aliases.get(name, ()))

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
