"""Where a test of JavaScript goes and how tests look here: the project's own habits, read from its tests."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.tasks.tests.javascript.project import Project
    from bot.tasks.tests.javascript.subject import Module

__all__ = ["Habits", "habits", "home", "is_test_file", "specifier", "stem_of"]

_EXTENSION = re.compile(r"\.([cm]?[jt]sx?)$")
_SUFFIX = re.compile(r"([.-](?:test|spec)|_test)$")
_RUNS = re.compile(rb"\b(?:test|it|describe)\s*(?:\.\w+\s*)?\(")
_LONG = 3  # lines that say something about semicolons


@dataclass(frozen=True, slots=True)
class Habits:
    """How this project tests."""

    files: tuple[str, ...]  # its test files, sorted
    place: str  # "beside" the module, "__tests__" beside it, or a folder of the project
    suffix: str  # ".test", ".spec", "" …
    blocks: bool  # describe/it; else test alone
    imported: bool  # names of the runner are imported, not global
    esm: bool | None  # how its tests get at modules; None: nothing tells
    bare: bool  # imports leave the extension out
    quote: str = '"'
    semicolon: str = ";"
    indent: str = "  "


def is_test_file(path: str, source: bytes) -> bool:
    """Whether a file that lies where tests do has any, rather than what they use."""
    return bool(_RUNS.search(source)) and bool(_EXTENSION.search(path))


def habits(project: Project, tests: Mapping[str, bytes], code: Mapping[str, bytes]) -> Habits:
    """Read the habits of a project.

    Args:
        project: Whose.
        tests: Its test files' texts, by path.
        code: Its other files' texts, by path.
    """
    files = sorted(tests)
    shown = b"\n".join(tests.values()) or b"\n".join(code.values())
    places = Counter(_place(path, project, code) for path in files)
    suffixes = Counter(_suffix(path) for path in files)
    default = "test" if project.runner == "node" else "beside"
    place = places.most_common(1)[0][0] if places else default
    suffix = suffixes.most_common(1)[0][0] if suffixes else ".test"
    if project.runner == "vitest" and suffix not in {".test", ".spec"}:
        suffix = ".test"  # it looks at no others
    said = b"\n".join(tests.values())
    text = shown.decode("utf-8", "replace")
    return Habits(
        files=tuple(files),
        place=place,
        suffix=suffix,
        blocks=b"describe(" in said or not said,
        imported=_imported(project, said),
        esm=None if not said else bool(re.search(rb"^\s*import\b.*\bfrom\b", said, re.MULTILINE)),
        bare=bool(re.search(rb"(?:from|require\()\s*['\"]\.[^'\"]*/[^'\"./]+['\"]", said))
        and not re.search(rb"(?:from|require\()\s*['\"]\.[^'\"]*\.[cm]?[jt]sx?['\"]", said),
        quote="'" if text.count("'") > text.count('"') else '"',
        semicolon=_semicolon(text),
        indent=_indent(text),
    )


def home(module: Module, project: Project, known: Habits, *, esm: bool) -> str:
    """Return the path of the file that tests a module: the one that does already, or the one that would."""
    stem = stem_of(module.path, project)
    there = [path for path in known.files if _names(path) in {stem, f"test-{stem}", f"test_{stem}"}]
    if there:
        return min(there, key=lambda path: (-_alike(path, module.path), len(path), path))
    folder = posixpath.dirname(module.path)
    if known.place == "__tests__":
        folder = posixpath.join(folder, "__tests__")
    elif known.place != "beside":
        inner = posixpath.relpath(folder or ".", project.folder or ".").split("/")
        inner = [part for part in inner if part not in {".", ".."}][1:]  # below src/ or lib/
        top = posixpath.join(project.folder, known.place)
        mirrored = posixpath.join(top, *inner)
        folder = mirrored if any(path.startswith(f"{mirrored}/") for path in known.files) else top
    name = f"{stem}{known.suffix}.{_written(module, project, esm=esm)}"
    path = posixpath.join(folder, name)
    if path in known.files or (known.place not in {"beside", "__tests__"} and _clash(path, known)):
        name = f"{folder.rpartition('/')[2]}-{name}"
    return posixpath.join(folder, name)


def specifier(path: str, module: Module, project: Project, known: Habits) -> str:
    """Return what a test file at `path` imports a module by."""
    way = posixpath.relpath(module.path, posixpath.dirname(path) or ".")
    way = way if way.startswith(".") else f"./{way}"
    typed = module.language != "javascript"
    if typed and project.runner != "node":
        return _EXTENSION.sub("", way)
    if typed:
        return re.sub(r"\.([cm]?)tsx?$", r".\1js", way)  # as TypeScript itself has it
    return _EXTENSION.sub("", way) if known.bare and way.endswith((".js", ".jsx")) else way


def stem_of(path: str, project: Project) -> str:
    """Return what a module is called: its file's name, or its folder's for an index."""
    stem = _EXTENSION.sub("", path.rpartition("/")[2])
    folder = path.rpartition("/")[0]
    if (
        stem == "index"
        and folder not in {"", project.folder}
        and folder.rpartition("/")[2] not in {"src", "lib"}
    ):
        return folder.rpartition("/")[2]
    return stem


def _names(path: str) -> str:
    return _SUFFIX.sub("", _EXTENSION.sub("", path.rpartition("/")[2]))


def _suffix(path: str) -> str:
    found = _SUFFIX.search(_EXTENSION.sub("", path.rpartition("/")[2]))
    return found[1] if found else ""


def _place(path: str, project: Project, code: Mapping[str, bytes]) -> str:
    folder = posixpath.dirname(path)
    if folder.rpartition("/")[2] == "__tests__":
        return "__tests__"
    if any(posixpath.dirname(each) == folder for each in code) and folder.rpartition("/")[2] not in {
        "test",
        "tests",
    }:
        return "beside"
    inner = posixpath.relpath(folder or ".", project.folder or ".")
    return inner.split("/")[0] if inner != "." else "beside"


def _written(module: Module, project: Project, *, esm: bool) -> str:
    """Return the extension of a new test file."""
    if module.language != "javascript":
        return "ts" if module.path.endswith((".ts", ".tsx")) else _EXTENSION.findall(module.path)[0]
    if project.runner != "node":
        return "mjs" if module.path.endswith(".mjs") else "js"
    if esm:
        return "js" if project.esm else "mjs"
    return "cjs" if project.esm else "js"


def _imported(project: Project, said: bytes) -> bool:
    if project.runner == "node":
        return True
    if project.runner == "jest":
        return b"@jest/globals" in said
    return not said or bool(re.search(rb"from\s*['\"]vitest['\"]", said))


def _clash(path: str, known: Habits) -> bool:
    return any(posixpath.basename(each) == posixpath.basename(path) for each in known.files)


def _alike(one: str, other: str) -> int:
    return len(set(one.split("/")[:-1]) & set(other.split("/")[:-1]))


def _semicolon(text: str) -> str:
    ended = len(re.findall(r"[\w)\]'\"`};];\s*$", text, re.MULTILINE))
    open_ = len(re.findall(r"^\s*(?:const|let|import|return)\b.*[\w)\]'\"`}]\s*$", text, re.MULTILINE))
    return "" if open_ > ended and open_ >= _LONG else ";"


def _indent(text: str) -> str:
    found = Counter(re.findall(r"^(\t| {2}| {4})(?=\S)", text, re.MULTILINE))
    return found.most_common(1)[0][0] if found else "  "
