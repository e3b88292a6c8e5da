"""Representative examples from the same repository: documented siblings, calls with their outcome."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from bot.data import Snippet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.chunk.index import RepoIndex
    from bot.chunk.resolve import View
    from bot.chunk.scene import Scene
    from bot.chunk.tags import Definition, Example

__all__ = ["calls", "siblings"]

_LINES = {"class": (3, 25)}  # of code, by kind: shorter shows little, longer costs a prompt its room
_FUNCTION_LINES = (3, 14)
_SPAN = 120  # lines with the doc comment
_WORDS = (3, 20)
_ALIKE = 0.5  # Jaccard of content stems from which two summaries teach the same
_FOLDER_FILES = 6  # of the same folder that are looked at when the chunk's own file has too few
_BOILERPLATE = re.compile(
    r"^(?:todo|fixme|xxx|see |same as|like |deprecated|internal|undocumented|\.\.|@|>>>)"
    r"|^\w+\(.*\)\s*(?:->|$|--)"
    r"|auto-?generated|docstring|do not edit|\bdeprecated\b|\bTODO\b|\bsame as\b|\bbackwards? compat"
    r"|:(?:\s|$|\w+:)|\b(?:e\.g|i\.e)\.?[,)]?$",
    re.IGNORECASE,
)
# They tell of one argument, not of the whole, and a small model copies what they say.
_OF_A_PART = re.compile(
    r"^(?:(?:the|this|an?)\s+)?[\"'`*]"
    r"|\b(?:arguments?|parameters?|args?|params?)\s+(?:is|are|was|were|will|must|can|may|should|has|have|\w+s)\b"
    r"|^(?:the|this|an?)\s+(?:\S+\s+){0,2}(?:arguments?|parameters?)\b",
    re.IGNORECASE,
)
_NOT_VERB_FIRST = re.compile(r"^(?:the|this|an?|it|these|those|there)\b", re.IGNORECASE)
_ENDING = re.compile(r"(?<=\w{3})(?:ations?|ing|ers?|ors?|ed|es|s|e)$")
_CONTENT = re.compile(r"[^\W\d_]{3,}")  # words of which most have a stem to compare
_STOP = frozenset(
    ("the", "and", "for", "from", "with", "that", "this", "into", "onto", "its", "are", "has", "not", "given")
)
_CASES = 12  # examples weighed for one name


def siblings(scene: Scene, target: Definition, limit: int) -> list[Snippet]:
    """Return documented definitions that show the house style: of the same file first, then of its kind.

    `text` is a sibling's code without its doc comment, `answer` that comment's first sentence.
    """
    view = scene.view
    own = [
        (-similarity(target, other) - (target.parent == other.parent != ""), view.file, other)
        for other in view.tags.definitions
        # not the chunk itself, what it lies in, and what lies in it
        if not (other.start < target.end and target.start < other.end) and _shows_style(target, other)
    ]
    found: list[Snippet] = []
    _choose(scene, target, own, found, limit)
    if len(found) < limit:
        _choose(scene, target, _in_folder(scene, target), found, limit)
    return found


def _in_folder(scene: Scene, target: Definition) -> list[tuple[float, int, Definition]]:
    view, index = scene.view, scene.index
    files = [f for f in index.lookup.folders.get(view.path.rpartition("/")[0], ()) if f != view.file]
    files = [f for f in files if index.language(f) == view.language]
    return [
        (-similarity(target, other), file, other)
        for file in sorted(files, key=lambda f: (-scene.ranks.get(f, 0.0), f))[:_FOLDER_FILES]
        for other in index.tags(file).definitions
        if _shows_style(target, other)
    ]


def _choose(
    scene: Scene,
    target: Definition,
    good: list[tuple[float, int, Definition]],
    found: list[Snippet],
    limit: int,
) -> None:
    """Add the best of `good` to `found`: those of the same kind first, none that says what another does."""
    low, high = _LINES.get(target.kind, _FUNCTION_LINES)
    good.sort(key=lambda item: (item[2].kind != target.kind, item[0], item[1], item[2].start))
    for score, file, other in good:
        if len(found) == limit:
            return
        if other.doc == target.doc or any(alike(other.doc, each.answer) for each in found):
            continue
        source = scene.chunk.change.source if file == scene.view.file else scene.index.source(file)
        text = undocumented(source, other)
        if text and low <= text.count("\n") + 1 <= high:
            found.append(
                Snippet("sibling", scene.path(file), other.qualname, text, round(-score, 4), other.doc)
            )


def alike(one: str, other: str) -> bool:
    """Whether two summaries say much the same: half of their content words have the same stems."""
    stems, others = _stems(one), _stems(other)
    return one == other or len(stems & others) >= _ALIKE * len(stems | others)


def _stems(text: str) -> frozenset[str]:
    return frozenset(_ENDING.sub("", word) for word in _CONTENT.findall(text.lower()) if word not in _STOP)


def similarity(target: Definition, other: Definition) -> float:
    """Return how alike two definitions are in kind, size and number of parameters, 0 to 1."""
    kind = 0.4 if target.kind == other.kind else 0.0
    lines, others = target.end_line - target.start_line + 1, other.end_line - other.start_line + 1
    size = 0.3 * min(lines, others) / max(lines, others)
    params = 0.2 / (1 + abs(target.params - other.params))
    return kind + size + params + (0.1 if target.public == other.public else 0.0)


def _shows_style(target: Definition, other: Definition) -> bool:
    """Whether a definition is of the target's sort and has a summary worth copying."""
    if other.kind in ("module", "constant") or (other.kind == "class") != (target.kind == "class"):
        return False
    if other.name.startswith("test") != target.name.startswith("test"):
        return False
    if other.name.startswith("__") and other.name.endswith("__"):
        return False
    words = len(other.doc.split())
    if not _WORDS[0] <= words <= _WORDS[1] or other.end_line - other.start_line > _SPAN:
        return False
    return worth_copying(other.doc, noun=target.kind == "class")


def worth_copying(doc: str, *, noun: bool = False) -> bool:
    """Whether a summary tells of the whole definition; that of a class may be a noun phrase (`noun`)."""
    if _BOILERPLATE.search(doc) or _OF_A_PART.search(doc):
        return False
    return noun or not _NOT_VERB_FIRST.search(doc)


def undocumented(source: bytes, definition: Definition) -> str:
    """Return a definition's code without its doc comment, dedented; "" where the span no longer fits."""
    start, end = definition.start, definition.end
    if end > len(source):
        return ""
    first, last = definition.doc_start, definition.doc_end
    lead = source[source.rfind(b"\n", 0, start) + 1 : start]
    indent = lead if not lead.strip() else b""
    if start <= first < last <= end:
        line = source.rfind(b"\n", 0, first) + 1
        following = source.find(b"\n", last, end)
        code = source[start:line] + source[following + 1 if following >= 0 else end : end]
        if source[line:first].strip():  # the docstring shares its line with the header
            code = source[start:first] + source[last:end]
    else:
        code = source[start:end]
    return textwrap.dedent((indent + code).decode("utf-8", "replace").replace("\r\n", "\n")).rstrip()


def calls(scene: Scene, target: Definition, limit: int) -> list[Snippet]:
    """Return examples that call what the chunk defines and show the outcome, the nearest first."""
    name = target.name
    if name == "__init__":
        name = target.parent.rpartition(".")[2]
    view, index = scene.view, scene.index
    few = len(index.definers(name)) <= 1
    found: list[tuple[float, str, Example]] = []
    for path, imports_it, example in _examples(name, view, index):
        if path == view.path and target.start_line <= example.line <= target.end_line:
            continue
        if not (few or imports_it or path == view.path):
            continue
        score = 0.6 + 0.2 * (imports_it or path == view.path)
        score += 0.1 * (len(example.names) == 1) + 0.05 * (example.kind == "doctest")
        found.append((score - min(len(example.text), 400) / 4000, path, example))
    found.sort(key=lambda item: (-item[0], item[1], item[2].line))
    texts: dict[str, Snippet] = {}
    for score, path, example in found:
        texts.setdefault(
            example.text, Snippet("example", path, target.qualname, example.text, round(score, 4))
        )
    return list(texts.values())[:limit]


def _examples(name: str, view: View, index: RepoIndex) -> Iterator[tuple[str, bool, Example]]:
    for example in view.tags.examples:
        if name in example.names:
            yield view.path, True, example
    seen = 0
    for file in index.showing(name):
        if file == view.file:
            continue
        for example in index.tags(file).examples:
            if name in example.names:
                yield index.paths[file], view.file in index.imported(file), example
                seen += 1
        if seen >= _CASES:
            break
