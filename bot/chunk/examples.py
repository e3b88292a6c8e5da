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
    from bot.chunk.tags import Definition, Example
    from bot.data import Chunk

__all__ = ["calls", "siblings"]

SIBLING_LINES = 25
_WORDS = (3, 25)
_FOLDER_FILES = 6  # of the same folder that are looked at when the chunk's own file has too few
_BOILERPLATE = re.compile(
    r"^(?:todo|fixme|xxx|see |deprecated|internal|undocumented|\.\.|@|:|>>>|\w+\(.*\)\s*(?:->|$|--))"
    r"|auto-?generated|docstring|do not edit",
    re.IGNORECASE,
)
_CASES = 12  # examples weighed for one name


def siblings(
    chunk: Chunk, target: Definition, view: View, index: RepoIndex, ranks: dict[int, float], limit: int
) -> list[Snippet]:
    """Return documented definitions that show the house style, the most similar first.

    `text` is a sibling's code without its doc comment, `answer` that comment's first sentence.
    """
    pool: list[tuple[float, str, Definition, str]] = []
    answers = {target.doc}
    source = chunk.change.source
    for definition in view.tags.definitions:
        near = 1.0 if target.parent and definition.parent == target.parent else 0.8
        pool.append((near + similarity(target, definition), view.path, definition, ""))
    good = _good(pool, target, view.path)
    if len(good) < limit:
        folder = view.path.rpartition("/")[0]
        files = [f for f in index.lookup.folders.get(folder, ()) if f != view.file]
        files = [f for f in files if index.language(f) == view.language]
        for file in sorted(files, key=lambda f: (-ranks.get(f, 0.0), f))[:_FOLDER_FILES]:
            path = index.paths[file]
            pool = [(0.5 + similarity(target, d), path, d, "") for d in index.tags(file).definitions]
            good += _good(pool, target, view.path)
    good.sort(key=lambda item: (-item[0], item[1], item[2].start))
    found: list[Snippet] = []
    for score, path, definition, _ in good:
        if definition.doc in answers:
            continue
        file = index.file(path)
        content = source if path == view.path else index.source(file) if file is not None else b""
        text = undocumented(content, definition)
        if not text or text.count("\n") >= SIBLING_LINES:
            continue
        answers.add(definition.doc)
        found.append(Snippet("sibling", path, definition.qualname, text, round(score, 4), definition.doc))
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


def _good(
    pool: list[tuple[float, str, Definition, str]], target: Definition, own_path: str
) -> list[tuple[float, str, Definition, str]]:
    is_class = target.kind == "class"
    kept = []
    for item in pool:
        _, path, other, _ = item
        words = len(other.doc.split())
        if not _WORDS[0] <= words <= _WORDS[1] or _BOILERPLATE.search(other.doc):
            continue
        if other.kind in ("module", "constant") or (other.kind == "class") != is_class:
            continue
        if path == own_path and other.start < target.end and target.start < other.end:
            continue  # the chunk itself, what it lies in, and what lies in it
        if other.name.startswith("test") != target.name.startswith("test"):
            continue
        kept.append(item)
    return kept


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


def calls(chunk: Chunk, target: Definition, view: View, index: RepoIndex, limit: int) -> list[Snippet]:
    """Return examples that call what the chunk defines and show the outcome, the nearest first."""
    name = target.name
    if name == "__init__":
        name = target.parent.rpartition(".")[2]
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
