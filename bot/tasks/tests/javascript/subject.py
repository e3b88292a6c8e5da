"""A function of JavaScript or TypeScript as a test sees it: what it takes, and where its body is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.chunk.nodes import text
from bot.chunk.tree import parse, walk
from bot.data import Skipped
from bot.languages import LANGUAGES, detect, is_test_path
from bot.tasks.tests.javascript.exports import Export, exported, is_esm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.chunk.tree import Node, Tree
    from bot.data import Change, Chunk

__all__ = ["FUNCTIONS", "LANGUAGES_SPOKEN", "Module", "Slot", "Subject", "module_of", "subject", "test_path"]

LANGUAGES_SPOKEN = frozenset({"javascript", "typescript", "tsx"})
FUNCTIONS = (
    "function_declaration",
    "generator_function_declaration",
    "function_expression",
    "generator_function",
    "arrow_function",
    "method_definition",
)
_CONFIGURES = re.compile(r"(?:^|/)[^/]+\.config\.[cm]?[jt]s$|\.d\.[cm]?ts$")


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter that a caller may fill."""

    name: str  # "" for a pattern
    type: str  # of TypeScript, or of JSDoc; "" where nothing says
    default: str | None  # None: has to be given
    rest: bool = False
    keys: tuple[str, ...] = ()  # of an object pattern


@dataclass(frozen=True, slots=True)
class Module:
    """A source file, and what it exports."""

    path: str  # relative to the repository
    language: str
    source: bytes
    tree: Tree
    esm: bool
    exports: dict[str, Export]  # by local name
    constructors: dict[str, tuple[Slot, ...]] = field(default_factory=dict)  # of its classes, by local name
    types: dict[str, str] = field(default_factory=dict)  # what its interfaces and aliases stand for, by name


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be tested."""

    chunk: Chunk
    module: Module
    name: str
    owner: str  # the class around it; ""
    kind: str  # "function", "method", "static", "getter"
    slots: tuple[Slot, ...]
    body: Node
    awaited: bool
    iterated: bool  # a generator
    returns: bool  # a value, somewhere

    @property
    def qualname(self) -> str:
        """Dotted from the module's top."""
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def code(self) -> str:
        """The function's own text."""
        return self.chunk.text


def test_path(path: str) -> bool:
    """Whether a file holds tests, going by its path."""
    return is_test_path(path, LANGUAGES["javascript"].tests) or path.rpartition("/")[2].startswith("test.")


def module_of(change: Change) -> Module | None:
    """Return a file's exports; None where it does not parse."""
    language = detect(change.path, change.source[:80])
    tree = parse(language, change.source)
    if tree is None or tree.root_node.has_error or _CONFIGURES.search(change.path):
        return None
    root = tree.root_node
    esm = is_esm(root) or change.path.endswith((".mjs", ".mts"))
    module = Module(change.path, language, change.source, tree, esm, exported(root, change.source, esm=esm))
    for node in walk(root):
        if node.type in {"class_declaration", "class", "abstract_class_declaration"}:
            name = text(node.child_by_field_name("name"), change.source) or "default"
            made = _constructor(node, change.source)
            if made is not None:
                module.constructors[name] = made
        elif node.type in {"interface_declaration", "type_alias_declaration"}:
            meant = node.child_by_field_name("body") or node.child_by_field_name("value")
            name = text(node.child_by_field_name("name"), change.source)
            module.types[name] = text(meant, change.source)
        elif node.type == "type_parameter":
            meant = node.child_by_field_name("constraint")
            name = text(node.child_by_field_name("name"), change.source)
            module.types.setdefault(name, text(meant, change.source).removeprefix("extends").strip())
        elif node.type == "function_declaration":  # of the days before classes
            name = text(node.child_by_field_name("name"), change.source)
            module.constructors.setdefault(name, tuple(_slots(node, change.source, {})))
    return module


def subject(chunk: Chunk, module: Module, *, private: bool) -> Subject | Skipped:
    """Return what of a chunk is to be tested, or why nothing is.

    Args:
        chunk: A chunk of the module's file.
        module: From `module_of`.
        private: Whether functions with a leading underscore count.
    """
    symbol = chunk.symbol
    if symbol is None or symbol.kind in {"module", "class"} or chunk.kind != "function":
        return _skip(chunk, "no-function")
    parts = symbol.qualname.split(".")
    owner = ".".join(parts[:-1])
    reason = ""
    if chunk.part > 0:
        reason = "continuation"
    elif not chunk.change.touched(symbol.start_line, symbol.end_line):
        reason = "unchanged"
    elif not private and any(part.startswith(("_", "#")) for part in parts):
        reason = "not-public"
    elif symbol.nested or len(parts) > 2 or (owner or parts[-1]) not in module.exports:  # noqa: PLR2004 - Class.method
        reason = "out-of-reach"
    if reason:
        return _skip(chunk, reason)
    node = _function(module, symbol.header, symbol.end)
    if node is None or parts[-1].startswith("#") or parts[-1] == "constructor":
        return _skip(chunk, "out-of-reach")
    body = node.child_by_field_name("body")
    kind = _kind(node, owner)
    if body is None or not kind:
        return _skip(chunk, "out-of-reach")
    if body.type == "statement_block" and body.named_child_count == 0:
        return _skip(chunk, "trivial")
    marks = {text(each, module.source) for each in node.children if not each.is_named}
    returned = body.type != "statement_block" or _returns(body)
    slots = tuple(_slots(node, module.source, _documented(chunk.text)))
    return Subject(chunk, module, parts[-1], owner, kind, slots, body, "async" in marks,
                   "*" in marks or "generator" in node.type, returned)  # fmt: skip


def _skip(chunk: Chunk, reason: str) -> Skipped:
    return Skipped(chunk.change.path, reason, chunk.symbol.qualname if chunk.symbol else "", chunk)


def _function(module: Module, start: int, end: int) -> Node | None:
    """Return the outermost function that begins in a span, and its class's method where it is one."""
    top = module.tree.root_node.descendant_for_byte_range(start, max(start, end - 1))
    for node in walk(top) if top is not None else ():
        if node.type in FUNCTIONS and start <= node.start_byte and node.end_byte <= end:
            return node
    return None


def _kind(node: Node, owner: str) -> str:
    """Return how it is called; "" for what is not called."""
    marks = {each.type for each in node.children if not each.is_named}
    if "set" in marks:
        return ""
    if not owner:
        return "function"
    holder = node if node.type == "method_definition" else node.parent
    if holder is not None and any(child.type == "static" for child in holder.children):
        return "" if "get" in marks else "static"
    return "getter" if "get" in marks else "method"


def _returns(body: Node) -> bool:
    stack = [body]
    while stack:
        each = stack.pop()
        if each.type == "return_statement" and each.named_child_count:
            return True
        stack += [child for child in each.named_children if child.type not in FUNCTIONS]
    return False


def _constructor(node: Node, source: bytes) -> tuple[Slot, ...] | None:
    """Return what a class's constructor takes; None where its parent's decides."""
    body = node.child_by_field_name("body")
    for each in body.named_children if body is not None else ():
        if (
            each.type == "method_definition"
            and text(each.child_by_field_name("name"), source) == "constructor"
        ):
            comment = each.prev_named_sibling
            doc = text(comment, source) if comment is not None and comment.type == "comment" else ""
            return tuple(_slots(each, source, _documented(doc)))
    return None if any(child.type == "class_heritage" for child in node.children) else ()


def _documented(doc: str) -> dict[str, str]:
    """Return the types that a JSDoc comment gives, by parameter."""
    return {
        name: kind.strip()
        for kind, name in re.findall(r"@param\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\[?([\w$]+)(?![\w$.])", doc)
    }


def _slots(node: Node, source: bytes, types: dict[str, str]) -> Iterator[Slot]:
    single = node.child_by_field_name("parameter")  # x => …
    if single is not None:
        yield Slot(text(single, source), types.get(text(single, source), ""), None)
    listed = node.child_by_field_name("parameters")
    for each in listed.named_children if listed is not None else ():
        if each.type == "comment":
            continue
        yield _slot(each, source, types)


def _slot(node: Node, source: bytes, types: dict[str, str]) -> Slot:
    pattern, default, kind = node, None, ""
    if node.type in {"required_parameter", "optional_parameter"}:  # TypeScript's
        pattern = node.child_by_field_name("pattern") or node
        kind = text(node.child_by_field_name("type"), source).lstrip(": ").strip()
        value = node.child_by_field_name("value")
        default = text(value, source) if value is not None else None
        if node.type == "optional_parameter":
            default = default or "undefined"
    elif node.type == "assignment_pattern":
        pattern = node.child_by_field_name("left") or node
        default = text(node.child_by_field_name("right"), source)
    rest = pattern.type == "rest_pattern"
    if rest and pattern.named_child_count:
        pattern = pattern.named_children[0]
    name = text(pattern, source) if pattern.type == "identifier" else ""
    keys = tuple(_keys(pattern, source)) if pattern.type == "object_pattern" else ()
    kind = kind or types.get(name, "")
    if kind.endswith("="):  # JSDoc's optional
        kind, default = kind[:-1], default or "undefined"
    return Slot(name, kind, "" if rest else default, rest, keys)


def _keys(pattern: Node, source: bytes) -> Iterator[str]:
    for each in pattern.named_children:
        inner = each.child_by_field_name("left") or each.child_by_field_name("key") or each
        yield text(inner, source)
