"""References, imports and examples by regular expression: every language but Python, and broken Python.

Names, not meaning: a reference matters only where the repository defines that name, so comments and strings
that slip through cost a little precision and nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict

from bot.chunk.tags import Example, Import

__all__ = ["scan_examples", "scan_imports", "scan_references"]

_CHAIN = re.compile(r"(?<![\w$])(\.)?([A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*){0,3})")
_JOINT = re.compile(r"::|->|\?\.")
_COMMENT = re.compile(r"^\s*(?://|/\*|\*|#(?!\s*include|\[)|--)")
_CALLED = re.compile(r"([A-Za-z_$][\w$]*)\s*\(")
_ASSERTED = re.compile(r"^\s*(?:expect|assert\w*!?|\w+\.(?:[Aa]ssert\w*|[Ee]qual\w*))\b\s*[(.]?")
_ASSERTION = re.compile(r"^(?:expect|assert\w*|equals?|to[A-Z]\w*|[Ee]qual\w*|Assert\w*)$")
_EXAMPLE = 160  # characters
_NAMES_CLAUSE = r"\{([^}]*)\}"

_JS_FROM = re.compile(r"\b(?:import|export)\s+(?:type\s+)?([^'\";]*?)\s*from\s*['\"]([^'\"]+)['\"]")
_JS_BARE = re.compile(r"^\s*import\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_JS_REQUIRE = re.compile(r"\b(?:const|let|var)\s+([\w$]+|\{[^}]*\})\s*=\s*require\(\s*['\"]([^'\"]+)['\"]")
_PY_FROM = re.compile(r"^\s*from\s+(\.*)([\w.]*)\s+import\s+\(?([^)#\n]*)", re.MULTILINE)
_PY_IMPORT = re.compile(r"^\s*import\s+([\w.]+)(?:\s+as\s+(\w+))?", re.MULTILINE)
_INCLUDE = re.compile(r"^\s*#\s*include\s*[\"<]([^\">]+)[\">]", re.MULTILINE)
_GO = re.compile(r"^\s*(?:import\s+)?([\w.]+\s+)?\"([\w./~-]+)\"\s*$", re.MULTILINE)
_DOTTED = re.compile(
    r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:import|use|using)\s+(?:static\s+)?"
    r"([A-Za-z_][\w]*(?:(?:\.|::|\\)[\w*]+)*)(?:(?:::|\.|\\)\{([^}]*)\})?",
    re.MULTILINE,
)
_QUOTED = re.compile(
    r"^\s*(?:require_relative|require|source|\.|local\s+\w+\s*=\s*require)\s*\(?\s*['\"]?([\w./-]+)",
    re.MULTILINE,
)


def scan_references(text: str) -> dict[str, list[int]]:
    """Return dotted names -> 1-based lines; a leading dot stands for an unknown receiver."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(text.split("\n"), 1):
        if _COMMENT.match(line):
            continue
        for dot, chain in _CHAIN.findall(line):
            lines = found[dot + _JOINT.sub(".", chain)]
            if not lines or lines[-1] != number:
                lines.append(number)
    return found


def scan_imports(language: str, text: str) -> list[Import]:
    """Return the names a file binds by importing, as well as the language's form lets on."""
    if language in ("javascript", "typescript", "tsx"):
        return _javascript(text)
    if language == "python":
        return _python(text)
    if language in ("c", "cpp"):
        return [Import("*", path) for path in _INCLUDE.findall(text)]
    if language == "go":
        pairs = ((alias.strip(), path) for alias, path in _GO.findall(text))
        return [Import(alias or path.rpartition("/")[2], path) for alias, path in pairs]
    if language in ("ruby", "bash", "lua"):
        return [Import("*", path) for path in _QUOTED.findall(text)]
    found = []
    for path, braces in _DOTTED.findall(text):
        dotted = re.sub(r"::|\\", ".", path)
        if braces:
            names = (n.split(" as ")[0].strip().rpartition("::")[2] for n in braces.split(","))
            found += [Import(name, dotted, name) for name in names if name]
            continue
        module, _, name = dotted.rpartition(".")
        found.append(Import(name or dotted, module or dotted, "" if name == "*" else name))
    return found


def scan_examples(text: str) -> list[Example]:
    """Return assertions that call something with a literal outcome, one a line."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if len(stripped) > _EXAMPLE or not _ASSERTED.match(line):
            continue
        names = tuple(dict.fromkeys(n for n in _CALLED.findall(line) if not _ASSERTION.match(n)))
        if names and re.search(r"[\"'\d]|true|false|null|nil|None", stripped):
            found.append(Example(names, stripped, number))
    return found


def _javascript(text: str) -> list[Import]:
    found = [Import("*", module) for module in _JS_BARE.findall(text)]
    for clause, module in [*_JS_FROM.findall(text), *_JS_REQUIRE.findall(text)]:
        braces = re.search(_NAMES_CLAUSE, clause)
        for item in (braces.group(1) if braces else "").split(","):
            name, _, alias = re.sub(r"\s*:\s*|\s+as\s+", " as ", item.strip()).partition(" as ")
            name = name.removeprefix("type ").strip()
            if name:
                found.append(Import(alias.strip() or name, module, name))
        rest = re.sub(_NAMES_CLAUSE, "", clause).strip(" ,")
        if rest.startswith("*"):
            bound = rest.partition(" as ")[2].strip()
            found.append(Import(bound or "*", module, "" if bound else "*"))
        elif rest:
            found.append(Import(rest, module, "default"))
    return found


def _python(text: str) -> list[Import]:
    found = [Import(alias or name, name) for name, alias in _PY_IMPORT.findall(text)]
    for dots, module, names in _PY_FROM.findall(text):
        for item in names.split(","):
            name, _, alias = item.strip().partition(" as ")
            if name:
                found.append(Import(alias.strip() or name.strip(), module, name.strip(), len(dots)))
    return found
