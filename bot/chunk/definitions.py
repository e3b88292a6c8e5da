"""Where a tree defines something: one walk over what lies outside function bodies.

A function's body is never entered: what it defines is part of it. That, and never touching a node twice,
is what keeps chunking close to the speed of bare parsing. The walk keeps its own stack, so deep nesting
cannot exhaust Python's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from bot.chunk import naming
from bot.languages import LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.chunk.tree import Node, Tree

__all__ = ["Definition", "Lead", "definitions", "errors"]

Kind = Literal["class", "function", "method"]
Lead = tuple[bool, int, int]  # (is it a comment, start, end) of what stands in front of a definition

_FUNCTION, _CLASS, _SCOPE, _OPEN, _WRAPPER, _COMMENT, _ATTRIBUTE, _HOOKED = range(8)


class Definition:
    """One definition as the tree has it; `bot.chunk.symbols` turns it into a `Symbol`."""

    __slots__ = ("kind", "lead", "name", "node", "outer", "parent", "public", "qualname", "where")

    def __init__(
        self,
        node: Node,
        outer: Node,
        name: str,
        where: Container,
        kind: Kind,
        lead: list[Lead],
        public: bool,  # noqa: FBT001 - one hot call
    ) -> None:
        self.node = node  # what holds name, parameters and body
        self.outer = outer  # what holds its decorators or `export` too
        self.name = name
        self.where = where
        self.kind = kind
        self.lead = lead  # comments and attributes directly above, in order
        self.public = public
        self.qualname = f"{where.qualname}.{name}" if where.qualname else name
        self.parent = where.qualname or None


class Container:
    """What definitions lie in: the module, a class, or a scope that only lends its name."""

    __slots__ = ("is_class", "is_trait", "public", "qualname")

    def __init__(self, qualname: str, *, is_class: bool, public: bool, is_trait: bool = False) -> None:
        self.qualname = qualname
        self.is_class = is_class
        self.public = public
        self.is_trait = is_trait  # members are as public as the container itself


@lru_cache(maxsize=None)
def _roles(language: str) -> Mapping[str, int]:
    row = LANGUAGES[language]
    groups = (
        (row.functions, _FUNCTION),
        (row.classes, _CLASS),
        (row.scopes, _SCOPE),
        (row.transparent | {"ERROR"}, _OPEN),
        (row.wrappers, _WRAPPER),
        (row.comments, _COMMENT),
        (row.attributes, _ATTRIBUTE),
        (row.hooked, _HOOKED),
    )
    return {kind: role for kinds, role in groups for kind in kinds}


def definitions(language: str, tree: Tree, source: bytes) -> list[Definition]:  # noqa: C901, PLR0912 - one loop
    """Return the definitions of a tree that lie outside functions, in order of their start."""
    roles = _roles(language)
    row = LANGUAGES[language]
    namer = naming.namer(row)
    found: list[Definition] = []
    lead: list[Lead] = []
    root = Container("", is_class=False, public=True)
    stack = [(iter(tree.root_node.children), root)]
    while stack:
        nodes, where = stack[-1]
        for node in nodes:
            role = roles.get(node.type)
            if role is None:
                if lead:
                    lead = []
                continue
            if role == _COMMENT or role == _ATTRIBUTE:
                start, end = node.byte_range
                lead = _joined(source, lead, (role == _COMMENT, start, end))
                continue
            outer = node
            if role == _WRAPPER:
                inner = naming.unwrap(row, node)
                role, node = roles.get(inner.type, _OPEN), inner
                if role == _WRAPPER:  # wrappers in wrappers: `export` around a decorated class
                    node = naming.unwrap(row, node)
                    role = roles.get(node.type, _OPEN)
            if role == _OPEN:
                stack.append((iter(node.children), where))
                break
            named = namer(node, outer, where, source)
            if named is None:  # a hooked node that defines nothing, or a nameless function
                lead = []
                if role != _HOOKED:
                    continue
                deeper = naming.inside(row, node)
                if deeper is None:
                    continue
                stack.append((iter(deeper.children), where))
                break
            node, name, kind, public = named
            if kind != "scope":
                lead = (
                    _joined(source, lead, (True, outer.start_byte, outer.start_byte))[:-1] if lead else lead
                )
                found.append(Definition(node, outer, name, where, kind, lead, public and where.public))
                lead = []
                if kind != "class":
                    continue
            qualname = f"{where.qualname}.{name}" if where.qualname and name else where.qualname or name
            members = Container(
                qualname,
                is_class=kind == "class" or naming.has_methods(node.type),
                public=public and where.public,
                is_trait=naming.shares_visibility(node),
            )
            stack.append((iter(node.children), members))
            break
        else:
            stack.pop()
    return found


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


def errors(tree: Tree) -> list[tuple[int, int]]:
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
