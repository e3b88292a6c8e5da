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

SIBLING_LINES = 25
_SPAN = 120  # lines with the doc comment
_WORDS = (3, 25)
_FOLDER_FILES = 6  # of the same folder that are looked at when the chunk's own file has too few
_BOILERPLATE = re.compile(
    r"^(?:todo|fixme|xxx|see |deprecated|internal|undocumented|\.\.|@|:|>>>|\w+\(.*\)\s*(?:->|$|--))"
    r"|auto-?generated|docstring|do not edit",
    re.IGNORECASE,
)
_CASES = 12  # examples weighed for one name


def siblings(scene: Scene, target: Definition, limit: int) -> list[Snippet]:
    """Return documented definitions that show the house style, the most similar first.

    `text` is a sibling's code without its doc comment, `answer` that comment's first sentence.
    """
    view, index = scene.view, scene.index
    good = []
    for other in view.tags.definitions:
        # the chunk itself, what it lies in, and what lies in it
        overlaps = other.start < target.end and target.start < other.end
        if not overlaps and _shows_style(target, other):
            near = 1.0 if target.parent and other.parent == target.parent else 0.8
            good.append((near + similarity(target, other), view.file, other))
    if len(good) < limit:
        folder = view.path.rpartition("/")[0]
        files = [f for f in index.lookup.folders.get(folder, ()) if f != view.file]
        files = [f for f in files if index.language(f) == view.language]
        for file in sorted(files, key=lambda f: (-scene.ranks.get(f, 0.0), f))[:_FOLDER_FILES]:
            others = (d for d in index.tags(file).definitions if _shows_style(target, d))
            good += [(0.5 + similarity(target, other), file, other) for other in others]
    good.sort(key=lambda item: (-item[0], item[1], item[2].start))
    answers = {target.doc}
    found: list[Snippet] = []
    for score, file, other in good:
        if other.doc in answers:
            continue
        source = scene.chunk.change.source if file == view.file else index.source(file)
        text = undocumented(source, other)
        if not text or text.count("\n") >= SIBLING_LINES:
            continue
        answers.add(other.doc)
        found.append(Snippet("sibling", scene.path(file), other.qualname, text, round(score, 4), other.doc))
        if len(found) == limit:
            break
    return found


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
    words = len(other.doc.split())
    if not _WORDS[0] <= words <= _WORDS[1] or other.doc.endswith(":"):
        return False
    return other.end_line - other.start_line <= _SPAN and not _BOILERPLATE.search(other.doc)


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
