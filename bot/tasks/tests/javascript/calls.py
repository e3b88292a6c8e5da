"""Real calls of JavaScript, mined from the repository: its code, tests, and documents with examples."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.chunk.nodes import text
from bot.chunk.tree import parse, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.chunk.tree import Node

__all__ = ["Calls", "mine", "stands"]

_MOST = 40  # of one name
_LONGEST = 200  # characters of a call's arguments
_FENCE = re.compile(
    rb"^```(?:js|javascript|jsx|ts|typescript|mjs|cjs)?[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE
)
_SAFE = frozenset(
    [
        *("Array", "BigInt", "Boolean", "Date", "Infinity", "JSON", "Map", "Math", "NaN", "Number", "Object"),
        *("RegExp", "Set", "String", "parseFloat", "parseInt", "undefined"),
    ]
)
_LITERALS = frozenset(
    [
        *("array", "false", "null", "number", "object", "pair", "regex", "string", "template_string", "true"),
        *("undefined", "unary_expression", "parenthesized_expression", "string_fragment", "escape_sequence"),
        *("property_identifier", "regex_pattern", "regex_flags", "arguments", "binary_expression"),
        *("new_expression", "member_expression", "call_expression", "arrow_function", "formal_parameters"),
        *("identifier", "shorthand_property_identifier", "ternary_expression", "template_substitution"),
        *("computed_property_name", "subscript_expression"),
    ]
)

# the name that was called -> each call's arguments as text
Calls = dict[str, list[tuple[str, ...]]]


def mine(sources: Iterable[tuple[str, bytes]], wanted: set[str]) -> Calls:
    """Return calls of some names whose arguments stand for themselves.

    An argument stands for itself when it is made of literals and of the language's own plain parts: only then
    does it mean the same in a test.

    Args:
        sources: Languages and texts; "text" is prose with examples between fences.
        wanted: Names of functions, methods and classes.
    """
    found: Calls = defaultdict(list)
    for language, source in sources:
        if not any(name.encode() in source for name in wanted):
            continue
        for spoken, piece in _pieces(language, source):
            tree = parse(spoken, piece)
            if tree is None:
                continue
            for name, arguments in _calls(tree.root_node, piece, wanted):
                if arguments not in found[name] and len(found[name]) < _MOST:
                    found[name].append(arguments)
    return dict(found)


def _pieces(language: str, source: bytes) -> Iterator[tuple[str, bytes]]:
    if language != "text":
        yield language, source
        return
    yield from (("javascript", each) for each in _FENCE.findall(source))


def _calls(root: Node, source: bytes, wanted: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in walk(root):
        if node.type not in {"call_expression", "new_expression"}:
            continue
        called = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        given = node.child_by_field_name("arguments")
        if called is None or given is None or given.type != "arguments":
            continue
        last = called.child_by_field_name("property") or called
        name = text(last, source)
        values = [each for each in given.named_children if each.type != "comment"]
        if name not in wanted or not all(stands(each, source) for each in values):
            continue
        arguments = tuple(_flat(text(each, source)) for each in values)
        if sum(map(len, arguments)) <= _LONGEST:
            yield name, arguments


def _flat(argument: str) -> str:
    """Return an argument on one line, where that does not change it."""
    if "\n" not in argument or "`" in argument or "//" in argument:
        return argument
    return re.sub(r"\s*\n\s*", " ", argument)


def stands(node: Node, source: bytes) -> bool:
    """Whether an expression means the same wherever it is written."""
    bound: set[str] = set()
    stack = [node]
    while stack:
        each = stack.pop()
        if each.type not in _LITERALS or each.has_error:
            return False
        if each.type == "arrow_function":
            names = each.child_by_field_name("parameter") or each.child_by_field_name("parameters")
            bound |= set(re.findall(r"[A-Za-z_$][\w$]*", text(names, source)))
        named = each.type in {"identifier", "shorthand_property_identifier"}
        if named and text(each, source) not in _SAFE | bound:
            return False
        stack += each.named_children
    said = text(node, source)
    return not re.search(r"new Date\(\s*\)|Date\.now|Math\.random|Date\(\)", said)
