"""What a node is called, what kind of thing it is and whether it is public, language by language.

A namer takes (node, wrapper, container, source) and returns (defining node, name, kind, public), or None
where the node defines nothing. It may set `hidden` of the container: `private` on a line of its own hides
what follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.chunk import naming_c, naming_script
from bot.chunk.nodes import child_of, field, text, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.chunk.nodes import Container, Named
    from bot.chunk.tree import Node
    from bot.languages import Language

    Namer = Callable[[Node, Node, Container, bytes], Named]

__all__ = ["hides_members", "namer", "shares_visibility", "unwrap"]


def namer(row: Language) -> Namer:
    """Return the function that names the definitions of a language."""
    return _NAMERS[row.name]


def unwrap(node: Node) -> Node:
    """Return what a wrapper (decorators, `export`, `template<>`) is wrapped around; itself if nothing."""
    inner = field(node, "definition", "declaration", "value", "body")
    if inner is not None:
        return inner
    named = node.named_children
    return named[-1] if named else node


_ALL_PUBLIC = frozenset(
    {"interface_declaration", "annotation_type_declaration", "protocol_declaration", "trait_item"}
)


def shares_visibility(node: Node) -> bool:
    """Whether members are as visible as their container without saying so: interfaces and traits."""
    return node.type in _ALL_PUBLIC


def hides_members(node: Node) -> bool:
    """Whether members are private until `public:` says otherwise: classes of C++."""
    return node.type == "class_specifier"


def _python(node: Node, _outer: Node, where: Container, source: bytes) -> Named:
    name = node.child_by_field_name("name")
    if name is None:
        return None
    word = text(name, source)
    if node.type == "class_definition":
        return node, word, "class", not word.startswith("_")
    return node, word, "method" if where.is_class else "function", not word.startswith("_")


def _bash(node: Node, _outer: Node, _where: Container, source: bytes) -> Named:
    word = text(field(node, "name"), source)
    return (node, word, "function", not word.startswith("_")) if word else None


def _go(node: Node, _outer: Node, where: Container, source: bytes) -> Named:
    if node.type == "type_declaration":
        specs = [each for each in node.named_children if each.type in {"type_spec", "type_alias"}]
        if len(specs) != 1 or child_of(node, ("(",)):
            return node, "", "inside", True
        node = specs[0]
    word = text(field(node, "name"), source)
    if not word:
        return None
    public = word[:1].isupper()
    if node.type in {"type_spec", "type_alias"}:
        return node, word, "class", public
    receiver = field(node, "receiver")
    if receiver is None:
        return node, word, "method" if where.is_class else "function", public
    owner = text(field(child_of(receiver, ("parameter_declaration",)), "type"), source)
    owner = owner.strip("*() ").partition("[")[0]
    return node, f"{owner}.{word}" if owner else word, "method", public and owner[:1].isupper()


def _rust(node: Node, _outer: Node, where: Container, source: bytes) -> Named:
    public = text(child_of(node, ("visibility_modifier",)), source) == "pub" or where.shares
    if node.type == "impl_item":
        owner = field(node, "type")
        owner = field(owner, "type") or owner
        word = text(field(owner, "name") or owner, source)
        return node, word, "scope", field(node, "trait") is None
    word = text(field(node, "name"), source)
    if not word:
        return None
    if node.type == "mod_item":
        return (node, word, "scope", public) if field(node, "body") else None
    if node.type in {"function_item", "function_signature_item"}:
        return node, word, "method" if where.is_class else "function", public
    return node, word, "class", public


_MEMBERS = frozenset(
    {
        "constructor_declaration",
        "conversion_operator_declaration",
        "destructor_declaration",
        "function_declaration",
        "function_definition",
        "local_function_statement",
        "method_declaration",
        "operator_declaration",
        "compact_constructor_declaration",
        "init_declaration",
        "deinit_declaration",
        "protocol_function_declaration",
        "secondary_constructor",
    }
)
_NAMELESS = {
    "companion_object": "Companion",
    "deinit_declaration": "deinit",
    "init_declaration": "init",
    "secondary_constructor": "constructor",
}
_HIDING = frozenset({"private", "internal", "fileprivate", "protected"})


def _declared(node: Node, where: Container, source: bytes, *, public: bool) -> Named:
    """Name a node of a language in which every definition has a name field and words in front."""
    word = text(field(node, "name"), source) or _NAMELESS.get(node.type, "")
    if node.type == "operator_declaration":
        word = "operator " + text(field(node, "operator"), source)
    elif node.type == "conversion_operator_declaration":
        word = "operator " + text(field(node, "type"), source)
    elif node.type == "destructor_declaration":
        word = "~" + word
    if not word:
        return None
    if node.type in _MEMBERS:
        return node, word, "method" if where.is_class else "function", public
    return node, word, "class", public


def _says_public(node: Node, _outer: Node, where: Container, source: bytes) -> Named:
    """Java and C#: nothing is public unless it says so."""
    if node.type == "namespace_declaration":
        return node, _dotted(text(field(node, "name"), source)), "scope", True
    said = words(node, source)
    public = (
        where.shares
        or node.type == "local_function_statement"
        or not said.isdisjoint({"public", "protected"})
    )
    return _declared(node, where, source, public=public and "private" not in said)


def _says_private(node: Node, _outer: Node, where: Container, source: bytes) -> Named:
    """Kotlin, Scala and PHP: everything is public unless it says otherwise."""
    if node.type in {"namespace_definition", "package_clause"}:
        named = _dotted(text(field(node, "name"), source))
        return (node, named, "scope", True) if field(node, "body") else None
    return _declared(node, where, source, public=words(node, source).isdisjoint(_HIDING))


def _swift(node: Node, _outer: Node, where: Container, source: bytes) -> Named:
    said = words(node, source)
    public = said.isdisjoint({"private", "fileprivate"})
    if text(field(node, "declaration_kind"), source) == "extension":
        return node, text(field(node, "name"), source).partition("<")[0], "scope", public
    return _declared(node, where, source, public=public)


def _dotted(name: str) -> str:
    return name.replace("::", ".").replace("\\", ".").replace(" ", "")


_NAMERS: dict[str, Namer] = {
    "python": _python,
    "javascript": naming_script.script,
    "typescript": naming_script.script,
    "tsx": naming_script.script,
    "go": _go,
    "rust": _rust,
    "java": _says_public,
    "c": naming_c.declared,
    "cpp": naming_c.declared,
    "csharp": _says_public,
    "ruby": naming_script.ruby,
    "php": _says_private,
    "kotlin": _says_private,
    "scala": _says_private,
    "swift": _swift,
    "bash": _bash,
    "lua": naming_script.lua,
}
