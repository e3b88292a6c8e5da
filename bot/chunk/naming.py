"""What a node is called, what kind of thing it is and whether it is public, language by language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Optional

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.chunk.definitions import Container
    from bot.chunk.tree import Node
    from bot.languages import Language

    Named = Optional[tuple[Node, str, Literal["class", "function", "method", "scope"], bool]]
    Namer = Callable[[Node, Node, Container, bytes], Named]

__all__ = ["has_methods", "inside", "namer", "shares_visibility", "unwrap"]


def namer(row: Language) -> Namer:
    """Return the function that names the definitions of a language.

    It takes (node, wrapper, container, source) and returns (defining node, name, kind, public), or None
    where the node defines nothing.
    """
    return _NAMERS.get(row.name, _python)


def unwrap(row: Language, node: Node) -> Node:
    """Return what a wrapper (decorators, `export`, `template<>`) is wrapped around; itself if nothing."""
    for field in ("definition", "declaration", "value", "body"):
        inner = node.child_by_field_name(field)
        if inner is not None:
            return inner
    named = node.named_children
    return named[-1] if named else node


def inside(row: Language, node: Node) -> Node | None:
    """Return where to go on in a hooked node that defines nothing itself."""
    return None


def has_methods(kind: str) -> bool:
    """Whether the functions of a scope are methods: those of an `impl` are, of a namespace not."""
    return kind == "impl_item"


def shares_visibility(node: Node) -> bool:
    """Whether members are as visible as their container, whatever they say: traits and interfaces."""
    return False


def text(node: Node) -> str:
    """Return a node's text."""
    return (node.text or b"").decode("utf-8", "replace")


def _python(node: Node, outer: Node, where: Container, source: bytes) -> Named:
    name = node.child_by_field_name("name")
    if name is None:
        return None
    word = text(name)
    if node.type == "class_definition":
        return node, word, "class", not word.startswith("_")
    return node, word, "method" if where.is_class else "function", not word.startswith("_")


_NAMERS: dict[str, Namer] = {"python": _python}
