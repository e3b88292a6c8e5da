"""What a module of JavaScript or TypeScript exports, by `export` or by `module.exports`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.chunk.nodes import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.chunk.tree import Node

__all__ = ["Export", "exported", "is_esm"]

_DECLARED = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "abstract_class_declaration",
    }
)


@dataclass(frozen=True, slots=True)
class Export:
    """How others get at a name: as the module's default (all of `module.exports`), or by a name."""

    kind: Literal["default", "named"]
    name: str  # "" for the default


def is_esm(root: Node) -> bool:
    """Whether a module is written with `import` and `export`."""
    return any(each.type in {"import_statement", "export_statement"} for each in root.named_children)


def exported(root: Node, source: bytes, *, esm: bool) -> dict[str, Export]:
    """Return the exports of a module by local name; what has none is called "default" (ES) or "exports"."""
    found: dict[str, Export] = {}
    for node in root.named_children:
        pairs = _of_export(node, source) if esm else _of_assignment(node, source)
        for local, export in pairs:
            if local not in found or (export.kind == "named" and found[local].kind == "default" and not esm):
                found.setdefault(local, export)
    return found


def _of_export(node: Node, source: bytes) -> Iterator[tuple[str, Export]]:
    if node.type != "export_statement" or node.child_by_field_name("source") is not None:
        return
    default = any(child.type == "default" for child in node.children)
    declared = node.child_by_field_name("declaration") or node.child_by_field_name("value")
    if default:
        name = text(declared.child_by_field_name("name"), source) if declared is not None else ""
        if declared is not None and declared.type == "identifier":
            name = text(declared, source)
        yield name or "default", Export("default", "")
        return
    if declared is not None and declared.type in _DECLARED:
        name = text(declared.child_by_field_name("name"), source)
        yield name, Export("named", name)
    elif declared is not None and declared.type in {"lexical_declaration", "variable_declaration"}:
        for each in declared.named_children:
            name = text(each.child_by_field_name("name"), source)
            yield name, Export("named", name)
    for clause in node.named_children:
        if clause.type != "export_clause":
            continue
        for each in clause.named_children:
            local = text(each.child_by_field_name("name"), source)
            alias = text(each.child_by_field_name("alias"), source) or local
            yield local, Export("default", "") if alias == "default" else Export("named", alias)


def _of_assignment(node: Node, source: bytes) -> Iterator[tuple[str, Export]]:
    value = node.named_children[0] if node.type == "expression_statement" and node.named_child_count else None
    if node.type in {"lexical_declaration", "variable_declaration"} and node.named_child_count:
        value = node.named_children[0].child_by_field_name("value")  # const self = module.exports = …
    targets: list[str] = []
    while value is not None and value.type == "assignment_expression":
        targets.append(text(value.child_by_field_name("left"), source))
        value = value.child_by_field_name("right")
    for target in targets if value is not None else ():
        assert value is not None  # noqa: S101 - the loop would be empty
        if target in {"module.exports", "exports"}:
            yield from _whole(value, source)
        elif target.startswith(("module.exports.", "exports.")):
            name = target.rpartition(".")[2]
            yield text(value, source) if value.type == "identifier" else name, Export("named", name)
    if targets and value is not None and targets[0].isidentifier() and "module.exports" in targets:
        yield targets[0], Export("default", "")


def _whole(value: Node, source: bytes) -> Iterator[tuple[str, Export]]:
    if value.type == "identifier":
        yield text(value, source), Export("default", "")
    elif value.type == "object":
        for each in value.named_children:
            if each.type == "shorthand_property_identifier":
                yield text(each, source), Export("named", text(each, source))
            elif each.type == "pair":
                inner = each.child_by_field_name("value")
                if inner is not None and inner.type == "identifier":
                    yield text(inner, source), Export("named", text(each.child_by_field_name("key"), source))
    else:
        name = text(value.child_by_field_name("name"), source)
        yield "exports", Export("default", "")
        if name:
            yield name, Export("default", "")
