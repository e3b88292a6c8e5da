"""Names in C and C++, where a declaration looks like the use of what it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.chunk.nodes import child_of, field, text

if TYPE_CHECKING:
    from bot.chunk.nodes import Container, Named
    from bot.chunk.tree import Node

__all__ = ["declarator", "declared"]

_AGGREGATES = frozenset({"class_specifier", "struct_specifier", "union_specifier", "enum_specifier"})


def declared(node: Node, _outer: Node, where: Container, source: bytes) -> Named:  # noqa: PLR0911 - a case a node type
    """Name a declaration or definition; None where it defines neither a function nor a type."""
    kind = node.type
    if kind == "access_specifier":
        where.hidden = text(node, source) == "private"
        return None
    if kind == "namespace_definition":
        name = text(field(node, "name"), source).replace("::", ".")
        return node, name, "scope", bool(name)
    if kind in _AGGREGATES:
        return _aggregate(node, "", where, source)
    function = declarator(node)
    if function is not None:
        name, owned = _name(field(function, "declarator"), function, source)
        if not name:
            return None
        method = owned or where.is_class
        static = "static" in (
            text(each, source) for each in node.children if each.type == "storage_class_specifier"
        )
        public = not where.hidden and (method or not static)
        return node, name, "method" if method else "function", public
    inner = field(node, "type")
    if inner is not None and inner.type in _AGGREGATES:
        alias = text(field(node, "declarator"), source) if kind == "type_definition" else ""
        return _aggregate(inner, alias, where, source)
    return None


def _aggregate(node: Node, alias: str, where: Container, source: bytes) -> Named:
    if field(node, "body") is None:  # `struct P *make(void);` names a type, it defines none
        return None
    name = (text(field(node, "name"), source) or alias).partition("<")[0].replace("::", ".").strip()
    return (node, name, "class", not where.hidden) if name.replace(".", "").isidentifier() else None


def declarator(node: Node) -> Node | None:
    """Return the function declarator of a declaration; None for variables and pointers to functions."""
    at = field(node, "declarator")
    while at is not None:
        if at.type == "operator_cast":
            return at
        if at.type == "function_declarator":
            inside = field(at, "declarator")
            if inside is None or inside.type != "parenthesized_declarator":
                return at
            at = child_of(
                inside, ("pointer_declarator", "function_declarator")
            )  # a pointer, or returning one
            if at is not None and at.type == "pointer_declarator":
                at = field(at, "declarator")
                if at is None or at.type != "function_declarator":
                    return None
            continue
        if at.type not in {"pointer_declarator", "reference_declarator", "attributed_declarator"}:
            return None
        at = field(at, "declarator") or child_of(
            at, ("function_declarator", "pointer_declarator", "reference_declarator")
        )
    return None


def _name(node: Node | None, function: Node, source: bytes) -> tuple[str, bool]:
    """Return a dotted name, and whether `A::` in it says that a class or namespace owns it."""
    if function.type == "operator_cast":
        return "operator " + text(field(function, "type"), source), True
    parts: list[str] = []
    while node is not None and node.type == "qualified_identifier":
        scope = field(node, "scope")
        parts.append(text(field(scope, "name") or scope, source))
        node = field(node, "name")
    if node is not None and node.type == "template_function":
        node = field(node, "name")
    name = text(node, source).strip()
    return ".".join([*(part for part in parts if part), name]) if name else "", bool(parts)
