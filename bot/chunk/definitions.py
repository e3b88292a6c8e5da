"""Where a tree defines something: one walk over what lies outside function bodies.

A function's body is never entered: what it defines is part of it. That, and never touching a node twice,
is what keeps chunking close to the speed of bare parsing. The walk keeps its own stack, so deep nesting
cannot exhaust Python's.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from bot.chunk import naming
from bot.chunk.nodes import Container
from bot.chunk.tree import parse, parse_islands
from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.chunk.tree import Node, Tree

__all__ = ["Definition", "Lead", "Parsed", "definitions", "read"]

Kind = Literal["class", "function", "method"]
Lead = tuple[bool, int, int]  # (is it a comment, start, end) of what stands in front of a definition

_COMMENT, _ATTRIBUTE, _OPEN, _WRAPPER, _DEFINING = range(5)


class Definition:
    """One definition as the tree has it; `bot.chunk.symbols` turns it into a `Symbol`."""

    __slots__ = (
        "cut",
        "end",
        "kind",
        "lead",
        "name",
        "node",
        "outer",
        "parent",
        "public",
        "qualname",
        "start",
    )

    def __init__(  # noqa: PLR0917 - made in the hot loop
        self,
        node: Node,
        outer: Node,
        name: str,
        where: Container,
        kind: Kind,
        lead: list[Lead],
        public: bool,
        source: bytes,
    ) -> None:
        self.node = node  # what holds name, parameters and body
        self.outer = outer  # what holds its decorators or `export` too
        self.start, self.end = outer.byte_range
        self.kind = kind
        self.lead = lead  # comments and attributes directly above, in order
        self.public = public
        self.name = name
        self.parent = where.qualname or None
        self.qualname = where.prefix + name
        if "." in name and not name.endswith("]"):  # "T.m" of a receiver, or `A::m`
            self.name = name.rpartition(".")[2]
            self.parent = self.qualname.rpartition(".")[0]
        first = lead[0][1] if lead else self.start
        line = source.rfind(b"\n", 0, first) + 1
        # where its lines start, comments included
        self.cut = first if line != first and source[line:first].strip() else line


class Parsed(NamedTuple):
    """What a file's tree says."""

    root: Node
    found: list[Definition]  # in order of their start
    wrong: list[tuple[int, int]]  # spans that do not parse


def read(language: str, source: bytes) -> Parsed | None:
    """Parse a file and find its definitions; None without a grammar, or if it takes too long.

    Where a file has errors its parts are parsed on their own too, and the reading with more sound
    definitions counts.
    """
    tree = parse(language, source)
    if tree is None:
        return None
    root = tree.root_node
    found = definitions(language, tree, source)
    if not root.has_error:
        return Parsed(root, found, [])
    islands = [each for each in parse_islands(language, source) if each.root_node.child_count]
    apart = [one for each in islands for one in definitions(language, each, source)]
    if _sound(apart) > _sound(found):
        return Parsed(root, apart, [span for each in islands for span in _errors(each)])
    return Parsed(root, found, _errors(tree))


def _sound(found: list[Definition]) -> int:
    return sum(not each.outer.has_error for each in found)


@cache
def _roles(language: str) -> Mapping[str, int]:
    row = LANGUAGES[language]
    groups = (
        (row.functions | row.classes | row.scopes | row.hooked, _DEFINING),
        (row.transparent | {"ERROR"}, _OPEN),
        (row.wrappers, _WRAPPER),
        (row.comments, _COMMENT),
        (row.attributes, _ATTRIBUTE),
    )
    return {kind: role for kinds, role in groups for kind in kinds}


def definitions(language: str, tree: Tree, source: bytes) -> list[Definition]:  # noqa: C901, PLR0912 - the hot loop
    """Return the definitions of a tree that lie outside functions, in order of their start."""
    roles = _roles(language)
    namer = naming.namer(LANGUAGES[language])
    found: list[Definition] = []
    lead: list[Lead] = []
    stack = [(iter(tree.root_node.children), Container("", is_class=False, public=True))]
    while stack:
        nodes, where = stack[-1]
        for outer in nodes:
            role = roles.get(outer.type)
            if role is None:
                if lead:
                    lead = []
                continue
            if role <= _ATTRIBUTE:
                start, end = outer.byte_range
                lead = _joined(source, lead, (role == _COMMENT, start, end))
                continue
            node = outer
            while role == _WRAPPER:  # wrappers in wrappers: `export` around a decorated class
                inner = naming.unwrap(node)
                role = roles.get(inner.type, _DEFINING) if inner != node else _OPEN
                node = inner
            if role == _OPEN:
                stack.append((iter(node.children), where))
                break
            named = namer(node, outer, where, source)
            if named is None:  # nothing after all
                lead = []
                continue
            node, name, kind, public = named
            if kind == "inside":
                stack.append((iter(node.children), where))
                break
            public = public and where.public
            if kind != "scope":
                if lead:
                    start = outer.start_byte
                    lead = _joined(source, lead, (True, start, start))[:-1]
                found.append(Definition(node, outer, name, where, kind, lead, public, source))
                if lead:
                    lead = []
            if kind == "class" or kind == "scope":  # noqa: PLR1714 - the hot loop
                stack.append((iter(node.children), _members(node, name, kind, where, public)))
                break
        else:
            stack.pop()
    return found


def _members(node: Node, name: str, kind: str, where: Container, public: bool) -> Container:
    """Return the container that the members of a class or scope lie in."""
    return Container(
        ".".join(part for part in (where.qualname, name) if part),
        is_class=kind == "class" or node.type in {"impl_item", "class_declaration"},
        public=public,
        shares=naming.shares_visibility(node),
        hidden=naming.hides_members(node),
    )


def _joined(source: bytes, lead: list[Lead], item: Lead) -> list[Lead]:
    """Return `lead` and `item`, or `item` alone where a blank line or other code parts them."""
    start = item[1]
    if lead:
        last = lead[-1][2]
        if source[last - 1 : last] == b"\n":  # some grammars count the line end to the comment
            last -= 1
        gap = source[last:start]
        if gap.count(b"\n") <= 1 and not gap.strip():
            return [*lead, item]
    line = source.rfind(b"\n", 0, start) + 1
    if source[line:start].strip():  # the tail of a line of code, not a line of its own
        return []
    return [item]


def _errors(tree: Tree) -> list[tuple[int, int]]:
    """Return the spans of a tree's outermost error nodes, and of tokens that are missing, in order."""
    found: list[tuple[int, int]] = []
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        if not node.has_error:
            continue
        if node.is_error or node.is_missing:
            found.append((node.start_byte, max(node.end_byte, node.start_byte + 1)))
        else:
            waiting.extend(reversed(node.children))
    return found
