"""Names in JavaScript, TypeScript, Ruby and Lua, where an assignment can define a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.chunk.nodes import child_of, field, text, words

if TYPE_CHECKING:
    from bot.chunk.nodes import Container, Named
    from bot.chunk.tree import Node

__all__ = ["lua", "ruby", "script"]

_FUNCTION_VALUES = frozenset({"arrow_function", "function_expression", "generator_function"})
_METHODS = frozenset({"method_definition", "method_signature", "abstract_method_signature"})
_IN_NAMES = str.maketrans(dict.fromkeys(".#", "") | {"$": "_"})  # what a name may hold beside letters
_UNOWNED = frozenset({"exports", "module", "this", "window", "globalThis", "prototype", "default"})


def script(node: Node, outer: Node, where: Container, source: bytes) -> Named:  # noqa: C901, PLR0911 - a case a node type
    """Name a node of JavaScript or TypeScript."""
    kind = node.type
    if kind in {"lexical_declaration", "variable_declaration"}:
        declarators = [each for each in node.named_children if each.type == "variable_declarator"]
        if len(declarators) != 1:
            return None
        return _value(
            field(declarators[0], "value"), text(field(declarators[0], "name"), source), where, source
        )
    if kind == "expression_statement":
        inner = node.named_children[0] if node.named_children else node
        if inner.type == "internal_module":
            return inner, text(field(inner, "name"), source), "scope", True
        if inner.type != "assignment_expression":
            return None
        return _value(field(inner, "right"), _target(field(inner, "left"), source), where, source)
    if kind in {"field_definition", "public_field_definition"}:
        named = _value(field(node, "value"), text(field(node, "property", "name"), source), where, source)
        return named and (named[0], named[1], named[2], named[3] and _visible(node, named[1], source))
    if kind in _FUNCTION_VALUES or kind == "class":  # `export default function () {}`
        return _value(node, text(field(node, "name"), source) or "default", where, source)
    name = text(field(node, "name"), source).strip("\"'`")
    if not name:
        return None
    if kind in {"internal_module", "module"}:
        return node, name, "scope", True
    if kind in _METHODS:
        return node, name, "method", _visible(node, name, source)
    if "function" in kind:
        return node, name, "function", _visible(node, name, source)
    return node, name, "class", _visible(outer, name, source)


def _value(value: Node | None, name: str, where: Container, source: bytes) -> Named:
    if value is None or not name or not name.translate(_IN_NAMES).isidentifier():
        return None
    if value.type in _FUNCTION_VALUES:
        return (
            value,
            name,
            "method" if where.is_class or "." in name else "function",
            _visible(value, name, source),
        )
    return (value, name, "class", _visible(value, name, source)) if value.type == "class" else None


def _target(left: Node | None, source: bytes) -> str:
    """Return the name that an assignment gives: "A.b" for `A.prototype.b`, "f" for `module.exports.f`."""
    if left is None or left.type not in {"identifier", "member_expression"}:
        return ""
    parts = [part for part in "".join(text(left, source).split()).split(".") if part not in _UNOWNED]
    return ".".join(parts) or "exports"


def _visible(node: Node, name: str, source: bytes) -> bool:
    last = name.rpartition(".")[2]
    return not last.startswith(("_", "#")) and words(node, source).isdisjoint({"private", "protected"})


def ruby(node: Node, _outer: Node, where: Container, source: bytes) -> Named:  # noqa: PLR0911 - as above
    """Name a node of Ruby; `private` on its own line hides what follows."""
    kind = node.type
    if kind == "identifier":
        word = text(node, source)
        if word in {"private", "protected", "public"}:
            where.hidden = word != "public"
        return None
    if kind == "call":
        inner = child_of(field(node, "arguments"), ("method", "singleton_method"))
        if inner is None:
            return None
        hidden = text(field(node, "method"), source) in {"private", "protected", "private_class_method"}
        return (
            inner,
            text(field(inner, "name"), source),
            "method" if where.is_class else "function",
            not hidden,
        )
    if kind == "assignment":  # Point = Struct.new(:x) do … end
        block = field(field(node, "right"), "block")
        if block is None or text(field(field(node, "right"), "method"), source) not in {"new", "define"}:
            return None
        name = text(field(node, "left"), source)
        return (block, name, "class", True) if name[:1].isupper() else None
    name = text(field(node, "name"), source).replace("::", ".")
    if not name:
        return None
    if kind in {"class", "module"}:
        return node, name, "class", True
    public = not where.hidden or kind == "singleton_method"
    return node, name, "method" if where.is_class else "function", public


def lua(node: Node, _outer: Node, _where: Container, source: bytes) -> Named:
    """Name a node of Lua: a function declaration, or an assignment of a function."""
    value = node
    local = node.type == "variable_declaration" or child_of(node, ("local",)) is not None
    target = field(node, "name")
    if node.type != "function_declaration":
        assigned = child_of(node, ("assignment_statement",)) or node
        values = child_of(assigned, ("expression_list",))
        named = child_of(assigned, ("variable_list",))
        found = field(values, "value")
        target = field(named, "name")
        if found is None or target is None or found.type != "function_definition":
            return None
        value = found
    name = text(target, source).replace(":", ".").replace(" ", "")
    if not name.replace(".", "").isidentifier():
        return None
    public = not local and not name.rpartition(".")[2].startswith("_")
    return value, name, "method" if "." in name else "function", public
