"""The two directions of use: what a chunk calls on, and who calls on it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.chunk.resolve import BY_TYPE
from bot.chunk.scene import class_text, comment, signature
from bot.chunk.tags import Found
from bot.data import Snippet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.chunk.resolve import Resolver
    from bot.chunk.scene import Scene
    from bot.chunk.tags import Definition

__all__ = ["users", "uses"]

_CALL_FILES = 12  # looked at for call sites
_ALIASES = 3  # other names of the target that are looked for
_LINE = 160  # characters of a calling line
_SAME_FILE = 0.62  # score of a caller next door
_Used = dict[tuple[int, str], tuple[Found, float, int]]


def uses(scene: Scene, limit: int) -> list[Snippet]:
    """Return what a chunk refers to and this repository defines, the surest and nearest first."""
    used: _Used = {}
    unknown: dict[str, int] = {}
    tags = scene.view.tags
    for dotted, lines in tags.references.items():
        here = [line for line in lines if scene.chunk.start_line <= line <= scene.chunk.end_line]
        if not here:
            continue
        found = scene.resolver.resolve(dotted, tags.class_at(here[0]))
        if found is None or (dotted.startswith(".") and found[1] < BY_TYPE):
            unknown[dotted.rpartition(".")[2]] = len(here)
        if found is not None:
            _note(scene, used, *found, len(here))
    classes = [found for found, _, _ in used.values() if found.definition.kind == "class"]
    for name, count in unknown.items():
        for owner in classes:  # a receiver is probably of a class that the chunk names
            member = scene.tags(owner.file).by_qualname.get(f"{owner.definition.qualname}.{name}")
            if member is not None:
                _note(scene, used, Found(owner.file, member), BY_TYPE, count)
    snippets = [_use(scene, *each) for each in used.values()]
    snippets.sort(key=lambda s: (-s.score, s.path, s.symbol))
    return snippets[:limit]


def _note(scene: Scene, used: _Used, found: Found, sure: float, count: int) -> None:
    """Count a use, unless it is of the chunk itself, of what lies in it or of what it lies in."""
    definition, chunk = found.definition, scene.chunk
    if definition.kind == "module" and not definition.doc:
        return
    if found.file == scene.view.file and definition.kind != "module":
        around = scene.target is not None and f"{scene.target.qualname}.".startswith(
            f"{definition.qualname}."
        )
        if around or (chunk.start_line <= definition.start_line and definition.end_line <= chunk.end_line):
            return
    key = (found.file, definition.qualname)
    _, before, times = used.get(key, (found, 0.0, 0))
    used[key] = (found, max(sure, before), times + count)


def _use(scene: Scene, found: Found, sure: float, count: int) -> Snippet:
    file, definition = found
    language = scene.language(file)
    rank = 1.0 if file == scene.view.file else scene.ranks.get(file, 0.0)
    score = sure * (0.6 + 0.1 * min(1.0, math.log2(1 + count) / 3) + 0.15 * rank)
    score *= {"constant": 0.6, "module": 0.4}.get(definition.kind, 1.0)
    text = signature(definition, language)
    if definition.kind == "class":
        start = scene.tags(file).by_qualname.get(f"{definition.qualname}.__init__")
        text = class_text(definition, language) + (f"\n    {start.signature}" if start else "")
    elif definition.kind == "module":
        text = f"{comment(language)} {scene.path(file)}: {definition.doc}"
    return Snippet("uses", scene.path(file), definition.qualname, text, round(score, 4))


def users(scene: Scene, target: Definition, limit: int) -> list[Snippet]:
    """Return who uses a chunk's definition: one caller a file, its signature and the line that calls."""
    index, view = scene.index, scene.view
    name = target.name
    if name == "__init__":
        name = target.parent.rpartition(".")[2]
    elif name.startswith("__"):
        return []  # called by syntax, not by name
    names = [name, *index.aliases(name)[:_ALIASES]]
    found: list[Snippet] = []
    if own := _call_site(scene, target, names, scene.resolver):
        found.append(replace(own, score=_SAME_FILE))
    files = list({f for each in names for f in index.referrers(each) if f != view.file})
    files.sort(key=lambda f: (view.file not in index.imported(f), -scene.ranks.get(f, 0.0), f))
    for file in files[:_CALL_FILES]:
        if len(found) == limit:
            break
        if site := _call_site(scene, target, names, index.resolver(file)):
            found.append(site)
    return [replace(s, score=round(s.score * 0.93**n, 4)) for n, s in enumerate(found)]


def _call_site(scene: Scene, target: Definition, names: Sequence[str], resolver: Resolver) -> Snippet | None:
    """Return the surest, then first caller of the target in a file."""
    view = resolver.view
    own = view.file == scene.view.file
    dotted = [dotted for name in names for dotted in view.tags.by_last.get(name, ())]
    lines_of = view.tags.references
    sites = [
        (-_meant(scene, target, each, number, resolver), number)
        for each in dotted
        for number in lines_of[each]
        if not (own and target.start_line <= number <= target.end_line)
    ]
    unsure, number = min(sites, default=(0.0, 0))
    if not unsure:
        return None
    source = scene.chunk.change.source if own else scene.index.source(view.file)
    lines = source.split(b"\n")
    line = lines[number - 1].decode("utf-8", "replace").strip()[:_LINE] if number <= len(lines) else ""
    if not line:
        return None
    caller = view.tags.enclosing(number)
    text = f"{caller.signature}\n    {line}" if caller and caller.line != number else line
    score = -unsure * (0.5 + 0.1 * scene.ranks.get(view.file, 0.0))
    score -= 0.1 if "test" in view.path.rpartition("/")[2] else 0.0
    return Snippet("used-by", view.path, caller.qualname if caller else "", text, round(score, 4))


def _meant(scene: Scene, target: Definition, dotted: str, line: int, resolver: Resolver) -> float:
    """Return how sure it is that a reference means the target, 0.0 where it means something else."""
    found = resolver.resolve(dotted, resolver.view.tags.class_at(line))
    if found is not None:
        wanted = (target.qualname, target.parent if target.name == "__init__" else target.qualname)
        same = found[0].file == scene.view.file and found[0].definition.qualname in wanted
        return found[1] if same else 0.0
    if "." not in dotted or target.kind != "method":
        return 0.0
    if len(scene.index.definers(target.name)) <= 1:
        return 0.7  # a method of an unknown receiver, but there is only one of that name
    return 0.4 if scene.view.file in scene.index.imported(resolver.view.file) else 0.0
