"""What a signature says: parameters, return annotation and decorators, language by language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from bot.data import Parameter

if TYPE_CHECKING:
    from bot.chunk.definitions import Definition
    from bot.chunk.tree import Node

__all__ = ["signature"]

Kind = Literal["positional-only", "normal", "variadic", "keyword-only", "keywords", "type"]


def signature(language: str, each: Definition) -> dict[str, Any]:
    """Return the fields of `Symbol` that `split` leaves out, by name."""
    return {
        "parameters": tuple(_python(each.node)),
        "returns": _text(each.node.child_by_field_name("return_type")),
        "decorators": tuple(_text(child) or "" for child in each.outer.children if child.type == "decorator"),
    }


def _text(node: Node | None) -> str | None:
    return None if node is None else (node.text or b"").decode("utf-8", "replace")


def _python(node: Node) -> list[Parameter]:
    """Read a Python parameter list; names carry no stars."""
    listed = node.child_by_field_name("parameters")
    found: list[Parameter] = []
    kind: Kind = "normal"
    for child in listed.named_children if listed else ():
        if child.type == "positional_separator":
            found = [Parameter(p.name, p.annotation, p.default, "positional-only") for p in found]
            continue
        if child.type == "keyword_separator":
            kind = "keyword-only"
            continue
        inner = child
        if child.type == "typed_parameter" and child.named_children:
            inner = child.named_children[0]
        name = child.child_by_field_name("name") or inner
        mine = kind
        if inner.type == "list_splat_pattern":
            mine, kind = "variadic", "keyword-only"
        elif inner.type == "dictionary_splat_pattern":
            mine = "keywords"
        elif inner.type in {"comment", "ERROR"}:
            continue
        word = (_text(name) or "").lstrip("*")
        found.append(
            Parameter(
                word.strip(),
                _text(child.child_by_field_name("type")),
                _text(child.child_by_field_name("value")),
                mine,
            )
        )
    return found
