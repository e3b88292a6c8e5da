"""Small things that everything which reads nodes needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.chunk.tree import Node

    # Defining node, name, kind, public. A "scope" only lends its name; "inside" says where to look further.
    Named = tuple[Node, str, Literal["class", "function", "method", "scope", "inside"], bool] | None

__all__ = ["Container", "child_of", "field", "text", "words"]


class Container:
    """What definitions lie in: the module, a class, or a scope that only lends its name."""

    __slots__ = ("hidden", "is_class", "prefix", "public", "qualname", "shares")

    def __init__(
        self, qualname: str, *, is_class: bool, public: bool, shares: bool = False, hidden: bool = False
    ) -> None:
        self.qualname = qualname
        self.prefix = f"{qualname}." if qualname else ""  # of the members' own
        self.is_class = is_class
        self.public = public
        self.shares = shares  # members are public without saying so: interfaces, traits
        self.hidden = hidden  # a line saying `private` came before; namers set and read it


def text(node: Node | None, source: bytes) -> str:
    """Return a node's text; "" for no node. Never use `Node.text` instead: `bot.chunk.tree` says why."""
    if node is None:
        return ""
    start, end = node.byte_range
    return source[start:end].decode("utf-8", "replace")


def field(node: Node | None, *names: str) -> Node | None:
    """Return the first child that has one of these fields, in the order of the names."""
    if node is not None:
        for name in names:
            child = node.child_by_field_name(name)
            if child is not None:
                return child
    return None


def child_of(node: Node | None, kinds: Iterable[str]) -> Node | None:
    """Return the first child of one of these types."""
    return next((each for each in node.children if each.type in kinds), None) if node is not None else None


_MODIFIERS = frozenset(
    {"modifiers", "modifier", "visibility_modifier", "access_modifier", "accessibility_modifier"}
)


def words(node: Node, source: bytes) -> set[str]:
    """Return the modifiers in front of a definition: {"public", "static"}."""
    found: set[str] = set()
    for child in node.children:
        if child.type in _MODIFIERS:
            for part in child.children or (child,):
                found.update(text(part, source).split())
    return found
