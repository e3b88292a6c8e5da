"""Which definition a name means, as far as imports, classes and uniqueness tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chunk.tags import Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.chunk.index import RepoIndex
    from bot.chunk.tags import Definition, Import, Tags

__all__ = ["BY_TYPE", "Resolver", "View"]

_DEPTH = 8  # base classes followed
_STEPS = 100  # re-exports followed
_RECEIVERS = ("self", "cls", "this")
_SHORT = 4  # characters; a shorter name says nothing without its import
_FEW = 2  # files that may define a name for it to be taken by name alone
_NO_NAME = ("", "*", "default")  # attributes that leave open which name of the module is meant
# What an attribute of an unknown receiver most probably is: a method of a builtin type.
_BUILTIN_METHODS = frozenset(name for kind in (str, bytes, list, dict, set, int) for name in dir(kind)) | {
    "close", "flush", "read", "readline", "readlines", "seek", "tell", "write", "writelines",
}  # fmt: skip
_Seen = set[tuple[int, tuple[str, ...]]]
# How sure a resolution is. By spelling alone: little.
IMPORTED, SAME_FILE, OWN_CLASS, INHERITED, BY_TYPE = 1.0, 0.95, 0.95, 0.9, 0.8
SAME_FOLDER, UNIQUE, RARE = 0.6, 0.4, 0.25


@dataclass(frozen=True, slots=True)
class View:
    """The file that is looked at from; its content may be newer than the indexed one."""

    path: str
    file: int  # -1 where it is not indexed
    language: str
    tags: Tags


class Resolver:
    """Resolves the names of one file; remembers what it found."""

    def __init__(self, index: RepoIndex, view: View) -> None:
        self.index = index
        self.view = view
        self._tops = {
            d.name: d for d in reversed(view.tags.definitions) if not d.parent and d.kind != "module"
        }
        self._bound = {each.bound: each for each in view.tags.imports if each.bound != "*"}
        self._stars = [each for each in view.tags.imports if each.bound == "*"]
        self._known: dict[str, tuple[Found, float] | None] = {}

    def resolve(self, dotted: str, inside: str = "") -> tuple[Found, float] | None:
        """Return what a reference means and how sure that is (0 to 1), or None.

        Args:
            dotted: as the file's tags spell it: "name", "module.name", ".attribute" of any receiver.
            inside: qualname of the class that the reference lies in.
        """
        base, _, rest = dotted.partition(".")
        if base in _RECEIVERS:
            return self._member(inside, rest.partition(".")[0]) if inside and rest else None
        if dotted not in self._known:
            self._known[dotted] = self._resolve(dotted)
        return self._known[dotted]

    def _resolve(self, dotted: str) -> tuple[Found, float] | None:
        parts = dotted.split(".")
        if parts[0] in self._tops:
            inner = _descend(self.view.tags, self._tops[parts[0]], parts[1:])
            return Found(self.view.file, inner), SAME_FILE
        for length in range(len(parts), 0, -1):
            each = self._bound.get(".".join(parts[:length]))
            if each is not None:
                found = _through(self.index, self.view, each, parts[length:], set())
                if found or self.view.language == "python":  # bound, and to nothing of this repository
                    return (found, IMPORTED) if found else None
        for each in self._stars if parts[0] else ():
            if found := _through(self.index, self.view, each, parts, set()):
                return found, IMPORTED
        return self._by_name(parts[-1], alone=len(parts) == 1)

    def _member(self, owner: str, name: str) -> tuple[Found, float] | None:
        key = f"{owner}\0{name}"
        if key not in self._known:
            found = self.member(owner, name)
            own = found is not None and found.file == self.view.file and found.definition.parent == owner
            self._known[key] = (found, OWN_CLASS if own else INHERITED) if found else None
        return self._known[key]

    def member(self, owner: str, name: str, depth: int = _DEPTH) -> Found | None:
        """Return a member of a class of this file, looked up along its bases."""
        inner = self.view.tags.by_qualname.get(f"{owner}.{name}")
        if inner is not None:
            return Found(self.view.file, inner)
        definition = self.view.tags.by_qualname.get(owner)
        for base in definition.bases if definition and depth else ():
            parent = self.resolve(base)
            if parent is None or parent[0].definition.kind != "class":
                continue
            there = self if parent[0].file == self.view.file else self.index.resolver(parent[0].file)
            if inherited := there.member(parent[0].definition.qualname, name, depth - 1):
                return inherited
        return None

    def _by_name(self, name: str, *, alone: bool) -> tuple[Found, float] | None:
        """Take a name that nothing binds by its spelling, where few files define it."""
        if len(name) < _SHORT or name.startswith("__"):
            return None
        if self.view.language == "python" and (alone or name in _BUILTIN_METHODS):
            return None  # neither bound nor a builtin: no definition elsewhere
        definers = self.index.definers(name)
        if self.view.file in definers:
            own = self.view.tags.named(name)
            return (Found(self.view.file, own[0]), SAME_FOLDER) if len(own) == 1 else None
        folder = self.view.path.rpartition("/")[0]
        near = [f for f in definers if self.index.paths[f].rpartition("/")[0] == folder]
        far = UNIQUE if len(definers) == 1 else RARE
        kinds = ("class", "function", "constant") if alone else ("method", "function")
        for files, sure in ((near, SAME_FOLDER), (definers, far)):
            if not 0 < len(files) <= _FEW or self.index.language(files[0]) != self.view.language:
                continue
            named = [d for d in self.index.tags(files[0]).named(name) if d.kind in kinds]
            if len(named) == 1:
                return Found(files[0], named[0]), sure * (0.5 if name.startswith("_") else 1.0)
        return None


def _exported(index: RepoIndex, file: int, parts: Sequence[str], seen: _Seen) -> Found | None:
    """Return what `parts` name in the module `file`; re-exports and star imports are followed."""
    key = (file, tuple(parts))
    if key in index.exports:
        return index.exports[key]
    if key in seen or len(seen) > _STEPS:  # files that import each other
        return None
    outermost = not seen
    seen.add(key)
    found = next(_exports(index, file, key[1], seen), None)
    if found is not None or outermost:  # what a cycle cuts short is not known, only not found this way
        index.exports[key] = found
    return found


def _exports(  # noqa: C901 - the order in which Python looks, one step a paragraph
    index: RepoIndex, file: int, parts: tuple[str, ...], seen: _Seen
) -> Iterator[Found]:
    tags, language = index.tags(file), index.language(file)
    if not parts:
        if "" in tags.by_qualname:
            yield Found(file, tags.by_qualname[""])
        return
    own = next((d for d in tags.named(parts[0]) if not d.parent), None)
    if own is not None:
        yield Found(file, _descend(tags, own, parts[1:]))
    view = View(index.paths[file], file, language, tags)
    for each in tags.imports:
        if each.bound == parts[0] and (found := _through(index, view, each, parts[1:], seen)):
            yield found
    if language == "python":
        inner = index.lookup.submodule(file, parts[0])
        if inner is not None and inner != file and (found := _exported(index, inner, parts[1:], seen)):
            yield found
    for each in tags.imports:
        if each.bound == "*" and (found := _through(index, view, each, parts, seen)):
            yield found
    if language != "python" and len(tags.named(parts[-1])) == 1:  # a module is not always the parent
        yield Found(file, tags.named(parts[-1])[0])


def _through(index: RepoIndex, view: View, each: Import, rest: Sequence[str], seen: _Seen) -> Found | None:
    """Return what `rest` names in what an import binds."""
    named = [] if each.attribute in _NO_NAME else [each.attribute]
    if view.language != "python":
        for target in index.lookup.files(view.language, view.path, each):
            wanted = [*named, *rest]
            if wanted and target != view.file and (found := _exported(index, target, wanted, seen)):
                return found
        return None
    module = index.lookup.python(view.path, each.module, each.level)
    if (
        module is not None
        and module != view.file
        and (found := _exported(index, module, [*named, *rest], seen))
    ):
        return found
    if named:  # `from package import module`, also where the package is this very file or has none
        dotted = f"{each.module}.{each.attribute}" if each.module else each.attribute
        inner = index.lookup.python(view.path, dotted, each.level)
        return _exported(index, inner, rest, seen) if inner is not None else None
    return None


def _descend(tags: Tags, definition: Definition, rest: Sequence[str]) -> Definition:
    """Follow attributes into a class as far as they are defined there."""
    for name in rest:
        inner = tags.by_qualname.get(f"{definition.qualname}.{name}")
        if inner is None:
            return definition
        definition = inner
    return definition
