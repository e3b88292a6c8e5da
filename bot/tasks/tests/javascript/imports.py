"""What a test file of JavaScript imports, and what it has already: the names at its top."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.chunk.nodes import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.chunk.tree import Node
    from bot.data import Change
    from bot.tasks.tests.javascript.exports import Export
    from bot.tasks.tests.javascript.layout import Habits
    from bot.tasks.tests.javascript.project import Runner

__all__ = ["Needs", "Sheet", "bound", "header", "imports_end", "local_names", "needs_of", "same"]

_TAKEN = frozenset({"assert", "test", "it", "describe", "expect", "given", "made", "result", "items", "item"})
_PACKAGE = {"node": "node:test", "vitest": "vitest", "jest": "@jest/globals"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is fixed of a test file before its tests are known."""

    path: str
    runner: Runner
    habits: Habits
    esm: bool  # written with `import`
    specifier: str  # what it imports the module by
    module_esm: bool
    locals: Mapping[str, tuple[str, Export]]  # what it calls an export, by the module's own name
    old: Change | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """Names that a file imports, by what it imports them from."""

    default: dict[str, str] = field(default_factory=dict)  # specifier -> local name
    named: dict[str, dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # -> local -> exported


def local_names(exports: Mapping[str, Export], stem: str) -> dict[str, tuple[str, Export]]:
    """Return what a test calls each export, by the module's own name for it."""
    found: dict[str, tuple[str, Export]] = {}
    for own, export in exports.items():
        name = export.name or (own if own not in {"default", "exports"} else _camel(stem))
        name = f"{name}_" if name in _TAKEN else name
        if re.fullmatch(r"[A-Za-z_$][\w$]*", name):
            found[own] = (name, export)
    return found


def _camel(stem: str) -> str:
    first, *rest = [part for part in re.split(r"[^A-Za-z0-9$_]+", stem) if part] or ["subject"]
    name = first + "".join(part[:1].upper() + part[1:] for part in rest)
    return f"_{name}" if name[0].isdigit() or f" {name} " in _RESERVED else name


_RESERVED = (
    " await break case catch class const continue debugger default delete do else enum export extends false"
    " finally for function if import in instanceof let new null return static super switch this throw true"
    " try typeof var void while with yield "
)


def needs_of(sheet: Sheet, called: Iterable[str]) -> Needs:
    """Return what tests of some exports import, by the module's own names for them."""
    needs = Needs()
    words = ["describe", "it"] if sheet.habits.blocks else ["test"]
    if sheet.runner == "node":
        needs.default["node:assert/strict"] = "assert"
    else:
        words.append("expect")
    if sheet.habits.imported:
        needs.named[_PACKAGE[sheet.runner]] = {word: word for word in words}
    for own in sorted(called):
        name, export = sheet.locals[own]
        if export.kind == "default":
            needs.default[sheet.specifier] = name
        else:
            needs.named[sheet.specifier][name] = export.name
    return needs


def header(sheet: Sheet, needs: Needs | None = None) -> str:
    """Return the lines that import what tests need; by default, everything that the module exports."""
    needs = needs_of(sheet, sheet.locals) if needs is None else needs
    known = sheet.habits
    lines: list[str] = []
    order = dict.fromkeys([*needs.default, *needs.named])
    for source in sorted(order, key=lambda each: each.startswith(".")):
        if source.startswith(".") and lines and lines[-1]:
            lines.append("")
        lines += _imports(sheet, source, needs.default.get(source, ""), needs.named.get(source, {}))
    return "".join(f"{line}{known.semicolon if line else ''}\n" for line in lines)


def _imports(sheet: Sheet, source: str, default: str, named: Mapping[str, str]) -> Iterator[str]:
    quoted = f"{sheet.habits.quote}{source}{sheet.habits.quote}"
    mark = " as " if sheet.esm else ": "
    parts = ", ".join(
        local if local == name else f"{name}{mark}{local}" for local, name in sorted(named.items())
    )
    common = source.startswith(".") and not sheet.module_esm
    if not sheet.esm:
        whole = f"require({quoted})"
        interop = source.startswith(".") and sheet.module_esm and default
        if default:
            yield f"const {default} = {whole}{'.default' if interop else ''}"
        if parts:
            yield f"const {{ {parts} }} = {default if default and not interop else whole}"
    elif common and parts:  # of `module.exports`, names cannot always be imported
        name = default or _camel(posixpath.basename(sheet.specifier).partition(".")[0]) + "Module"
        yield f"import {name} from {quoted}"
        yield f"const {{ {parts.replace(' as ', ': ')} }} = {name}"
    else:
        inner = [each for each in (default, f"{{ {parts} }}" if parts else "") if each]
        yield f"import {', '.join(inner)} from {quoted}"


def same(found: str, wanted: str) -> bool:
    """Whether two specifiers mean the same module, as far as a test cares."""
    if wanted == "node:assert/strict":
        return "assert" in found
    strip = re.compile(r"\.[cm]?[jt]sx?$|/index(?:\.[cm]?[jt]sx?)?$")
    return strip.sub("", found).removeprefix("node:") == strip.sub("", wanted).removeprefix("node:")


def bound(root: Node, source: bytes) -> Iterator[tuple[str, str]]:
    """Yield the names that a file's top level binds, with what they are imported from; "" for its own."""
    for node in root.named_children:
        if node.type == "import_statement":
            origin = text(node.child_by_field_name("source"), source).strip("'\"`")
            head = text(node, source).rpartition("from")[0].removeprefix("import")
            for name in re.findall(r"(?:[\w$]+\s+as\s+|\*\s*as\s+)?([\w$]+)\s*(?=[,}]|$)", head.strip()):
                yield name, origin
        elif node.type in {"lexical_declaration", "variable_declaration"}:
            for each in node.named_children:
                value = text(each.child_by_field_name("value"), source)
                found = re.search(r"require\(\s*['\"]([^'\"]+)", value)
                names = text(each.child_by_field_name("name"), source)
                for part in re.findall(r"(?:[\w$]+\s*:\s*)?([\w$]+)", names):
                    yield part, found[1] if found else ""
        else:
            inner = node.child_by_field_name("name")
            if inner is not None:
                yield text(inner, source), ""


def imports_end(root: Node, source: bytes) -> int:
    """Return the line that new imports follow; 0 where they come first."""
    last = 0
    for node in root.named_children:
        said = text(node, source)
        directive = node.type == "expression_statement" and said.startswith(("'use ", '"use '))
        required = node.type.endswith("_declaration") and "require(" in said
        if node.type == "import_statement" or required:
            last = node.end_point[0] + 1
        elif directive or (node.type == "comment" and last == node.start_point[0]):
            last = max(last, node.end_point[0] + 1)
    return last
