"""Which definition a name means, as far as imports, classes and uniqueness tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chunk.index import Found

if TYPE_CHECKING:
    from bot.chunk.index import RepoIndex
    from bot.chunk.tags import Definition, Tags

__all__ = ["Resolver", "View"]

_DEPTH = 8  # re-exports and base classes followed
_RECEIVERS = ("self", "cls", "this", "super")
_SHORT = 4  # characters; a shorter name says nothing without its import
_FEW = 2  # files that may define a name for it to be taken by name alone

IMPORTED, SAME_FILE, OWN_CLASS, INHERITED, BY_TYPE, SAME_FOLDER, UNIQUE, RARE = (
    1.0,
    0.95,
    0.95,
    0.9,
    0.8,
    0.6,
    0.4,
    0.25,
)


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
        self._classes = {d.qualname: d for d in view.tags.definitions if d.kind == "class"}
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
                found = self._through(each.module, each.attribute, each.level, parts[length:])
                if found or self.view.language == "python":  # bound, and to nothing of this repository
                    return (found, IMPORTED) if found else None
        if parts[0]:
            for each in self._stars:
                for target in self.index.lookup.files(self.view.language, self.view.path, each):
                    if found := exported(self.index, target, parts):
                        return found, IMPORTED
        return self._by_name(parts[-1], alone=len(parts) == 1)

    def _through(self, module: str, attribute: str, level: int, rest: list[str]) -> Found | None:
        index, view = self.index, self.view
        if view.language == "python":
            target = index.lookup.python(view.path, module, level)
            wanted = [attribute, *rest] if attribute else rest
            if target is not None:
                return exported(index, target, wanted)
            if attribute:  # a namespace package has no file of its own
                inner = index.lookup.python(
                    view.path, f"{module}.{attribute}" if module else attribute, level
                )
                return exported(index, inner, rest) if inner is not None else None
            return None
        for each in view.tags.imports:
            if each.module != module or each.attribute != attribute:
                continue
            for target in index.lookup.files(view.language, view.path, each):
                wanted = [attribute, *rest] if attribute not in ("", "default", "*") else rest
                if wanted and (found := exported(index, target, wanted)):
                    return found
        return None

    def _member(self, owner: str, name: str) -> tuple[Found, float] | None:
        key = f"{owner}\0{name}"
        if key not in self._known:
            definition = self._classes.get(owner)
            found = None
            if definition is not None:
                start = Found(self.view.file, definition)
                if member := member_of(self.index, start, self.view.tags, name, self):
                    own = member.file == self.view.file and member.definition.parent == owner
                    found = (member, OWN_CLASS if own else INHERITED)
            self._known[key] = found
        return self._known[key]

    def _by_name(self, name: str, *, alone: bool) -> tuple[Found, float] | None:
        """Take a name that nothing binds by its spelling, where few files define it."""
        if len(name) < _SHORT or (name.startswith("__") and name.endswith("__")):
            return None
        if alone and self.view.language == "python":
            return None  # a plain name that is neither bound nor a builtin is no definition elsewhere
        definers = self.index.definers(name)
        if self.view.file in definers or not definers:
            own = self.view.tags.named(name)
            return (Found(self.view.file, own[0]), SAME_FOLDER) if len(own) == 1 else None
        folder = self.view.path.rpartition("/")[0]
        near = [f for f in definers if self.index.paths[f].rpartition("/")[0] == folder]
        for files, sure in ((near, SAME_FOLDER), (definers, UNIQUE if len(definers) == 1 else RARE)):
            if not 0 < len(files) <= _FEW:
                continue
            if self.index.language(files[0]) != self.view.language:
                continue
            named = self.index.tags(files[0]).named(name)
            kinds = ("method", "function") if not alone else ("class", "function", "constant")
            named = [d for d in named if d.kind in kinds]
            if len(named) == 1:
                return Found(files[0], named[0]), sure * (0.5 if name.startswith("_") else 1.0)
        return None


def exported(index: RepoIndex, file: int, parts: list[str], depth: int = _DEPTH) -> Found | None:
    """Return what `parts` name in the module `file`, re-exports and star imports followed."""
    tags, language = index.tags(file), index.language(file)
    if not parts:
        module = next((d for d in tags.definitions if d.kind == "module"), None)
        return Found(file, module) if module else None
    if depth == 0:
        return None
    name, rest = parts[0], parts[1:]
    for definition in tags.definitions:
        if definition.name == name and not definition.parent and definition.kind != "module":
            return Found(file, _descend(tags, definition, rest))
    stars = []
    for each in tags.imports:
        if each.bound == name:
            wanted = [each.attribute, *rest] if each.attribute not in ("", "*", "default") else rest
            targets = index.lookup.files(language, index.paths[file], each)
            for number, target in enumerate(targets):
                # the second of two is the submodule that the attribute names
                steps = (
                    rest if number == 1 or (len(targets) == 1 and _is_module(index, target, each)) else wanted
                )
                if target != file and (found := exported(index, target, steps, depth - 1)):
                    return found
        elif each.bound == "*" or each.attribute == "*":
            stars.append(each)
    if language == "python":
        inner = index.lookup.submodule(file, name)
        if inner is not None and inner != file:
            return exported(index, inner, rest, depth - 1)
    for each in stars:
        for target in index.lookup.files(language, index.paths[file], each):
            if target != file and (found := exported(index, target, parts, depth - 1)):
                return found
    if language != "python":  # methods and namespaced names: their module is not their parent
        named = tags.named(parts[-1])
        return Found(file, named[0]) if len(named) == 1 else None
    return None


def _is_module(index: RepoIndex, target: int, each: object) -> bool:
    attribute, module = getattr(each, "attribute", ""), getattr(each, "module", "")
    stem = index.paths[target].rpartition("/")[2].partition(".")[0]
    return stem == attribute != "" and stem != module.rpartition(".")[2]


def member_of(
    index: RepoIndex, owner: Found, tags: Tags, name: str, resolver: Resolver, depth: int = _DEPTH
) -> Found | None:
    """Return a class's member, looked up along its bases."""
    wanted = f"{owner.definition.qualname}.{name}"
    for definition in tags.definitions:
        if definition.qualname == wanted:
            return Found(owner.file, definition)
    if depth == 0:
        return None
    for base in owner.definition.bases:
        found = resolver.resolve(base)
        if found is None or found[0].definition.kind != "class" or found[0] == owner:
            continue
        parent = found[0]
        if parent.file == resolver.view.file:
            inherited = member_of(index, parent, resolver.view.tags, name, resolver, depth - 1)
        else:
            view = View(
                index.paths[parent.file], parent.file, index.language(parent.file), index.tags(parent.file)
            )
            inherited = member_of(index, parent, view.tags, name, Resolver(index, view), depth - 1)
        if inherited:
            return inherited
    return None


def _descend(tags: Tags, definition: Definition, rest: list[str]) -> Definition:
    """Follow attributes into a class as far as they are defined there."""
    for name in rest:
        wanted = f"{definition.qualname}.{name}"
        inner = next((d for d in tags.definitions if d.qualname == wanted), None)
        if inner is None:
            return definition
        definition = inner
    return definition
