"""What a signature says: parameters, return annotation and decorators, language by language.

Most grammars name the pieces by fields (name, type, default value); what differs is which, so one reader
with a few exceptions serves all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from bot.chunk.naming_c import declarator
from bot.chunk.nodes import child_of, field, text
from bot.data import Parameter
from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.chunk.definitions import Definition
    from bot.chunk.tree import Node

__all__ = ["signature"]

Kind = Literal["positional-only", "normal", "variadic", "keyword-only", "keywords", "type"]

_LISTS = (
    "parameters",
    "formal_parameters",
    "function_value_parameters",
    "parameter_list",
    "bracketed_parameter_list",
    "method_parameters",
)
_VARIADIC = frozenset(
    {
        "list_splat_pattern",
        "rest_pattern",
        "spread_parameter",
        "splat_parameter",
        "variadic_parameter",
        "variadic_parameter_declaration",
        "vararg_expression",
        "repeated_parameter_type",
    }
)
_KEYWORDS = frozenset({"dictionary_splat_pattern", "hash_splat_parameter"})
_NO_PARAMETER = frozenset(
    {"comment", "line_comment", "block_comment", "ERROR", "forward_parameter", "receiver_parameter"}
    | {"attribute_item", "attribute_list", "annotation", "parameter_modifiers", "type_parameters"}
)


def signature(language: str, each: Definition, source: bytes) -> dict[str, Any]:
    """Return the fields of `Symbol` that `split` leaves out, by name."""
    row = LANGUAGES[language]
    marks = row.annotations | row.attributes
    found = [text(child, source) for child in _front(each) if child.type in marks]
    return {
        "parameters": tuple(_parameters(language, each, source)),
        "returns": None if each.kind == "class" else _returns(language, each.node, source),
        "decorators": tuple(found),
    }


def _front(each: Definition) -> Iterator[Node]:
    """Yield what may be a decorator: siblings above, children of the wrapper, of the node, of modifiers."""
    above = each.outer.prev_sibling
    siblings = []
    while above is not None and above.start_byte >= (each.lead[0][1] if each.lead else each.outer.start_byte):
        siblings.append(above)
        above = above.prev_sibling
    yield from reversed(siblings)
    for node in (each.outer, each.node) if each.outer != each.node else (each.outer,):
        for child in node.children:
            yield child
            if child.type == "modifiers":
                yield from child.children


def _parameters(language: str, each: Definition, source: bytes) -> Iterator[Parameter]:  # noqa: C901 - a case a grammar
    node = each.node
    if language in {"c", "cpp"}:
        yield from _template(each.outer, source) if language == "cpp" else ()
        function = declarator(node)
        if function is not None and function.type == "operator_cast":
            return
        found = [_c_parameter(node, source) for node in _listed(field(function, "parameters"))]
        yield from (each for each in found if each.name)  # `void`, and types without names, are none
        return
    yield from _type_parameters(language, node, source)
    if each.kind == "class" and language not in {"java", "csharp", "scala", "kotlin"}:
        return
    if language == "python":
        yield from _python(_listed(field(node, "parameters")), source)
    elif language == "swift":
        yield from _in_sequence(node.children, {"parameter"}, source)
    elif language == "kotlin":
        owner = child_of(node, ("primary_constructor",)) or node
        listed = child_of(owner, ("function_value_parameters", "class_parameters"))
        yield from _in_sequence(listed.children if listed else [], {"parameter", "class_parameter"}, source)
    elif language == "csharp":
        yield from _csharp(field(node, "parameters") or child_of(node, ("parameter_list",)), source)
    else:
        lists = node.children_by_field_name("parameters") or node.children_by_field_name("class_parameters")
        for listed in lists or [child for child in node.children if child.type in _LISTS]:
            if listed.type != "type_parameters":
                for child in _listed(listed):
                    yield from _plain(child, source)
        single = field(node, "parameter")  # x => x
        if single is not None and not lists:
            yield Parameter(text(single, source))


def _listed(node: Node | None) -> list[Node]:
    if node is None:
        return []
    if node.type in {"identifier", "self_parameter"}:
        return [node]
    return [child for child in node.named_children if child.type not in _NO_PARAMETER]


def _type(node: Node | None, source: bytes) -> str | None:
    """Return an annotation's text without the colon that some grammars count to it."""
    return text(node, source).lstrip(": ").strip() or None if node is not None else None


def _plain(node: Node, source: bytes) -> Iterator[Parameter]:  # noqa: C901 - a case a grammar
    """Read one parameter by its fields; Go's may hold several names, or none."""
    kind: Kind = "normal"
    inner = field(node, "pattern") or node
    if {node.type, inner.type} & _VARIADIC or (field(node, "type") or node).type in _VARIADIC:
        kind = "variadic"
    elif node.type in _KEYWORDS:
        kind = "keywords"
    elif node.type == "keyword_parameter":
        kind = "keyword-only"
    annotation = field(node, "type")
    default = field(node, "value", "default_value", "right")
    names = node.children_by_field_name("name")
    if not names:
        names = [field(node, "pattern", "left", "property") or node]
        if node.type == "self_parameter":
            yield Parameter("self", text(node, source))
            return
        if node.type in {"parameter_declaration", "variadic_parameter_declaration"}:
            return  # Go: a type alone
    if node.type == "spread_parameter":  # Java
        named = child_of(node, ("variable_declarator",))
        names = [field(named, "name") or node]
        annotation = next(
            (c for c in node.named_children if c.type not in {"modifiers", *names[0].type}), None
        )
    for name in names:
        word = text(name, source).strip()
        if name.type in {"rest_pattern", "list_splat_pattern"} or node.type == "rest_pattern":
            word = word.lstrip(".*")
        if word and word != "this":
            yield Parameter(" ".join(word.split()), _type(annotation, source), _type(default, source), kind)


def _in_sequence(children: list[Node], kinds: set[str], source: bytes) -> Iterator[Parameter]:
    """Kotlin and Swift: a default value, or `vararg`, is a sibling of its parameter."""
    found: list[Parameter] = []
    variadic = equals = False
    for child in children:
        if child.type in kinds:
            names = [each for each in child.children if each.type in {"identifier", "simple_identifier"}]
            colon = next((n for n, each in enumerate(child.children) if each.type == ":"), None)
            rest = child.children[colon + 1 :] if colon is not None else []
            inner = next((n for n, each in enumerate(rest) if each.type == "="), len(rest))
            annotation = " ".join(text(each, source) for each in rest[:inner] if each.type != "...") or None
            default = text(rest[inner + 1], source) if inner + 1 < len(rest) else None
            many = variadic or any(each.type == "..." for each in rest)
            if names:
                found.append(
                    Parameter(text(names[-1], source), annotation, default, "variadic" if many else "normal")
                )
            variadic = False
        elif child.type == "parameter_modifiers":
            variadic = "vararg" in text(child, source).split()
        elif child.type == "..." and found:
            found[-1] = Parameter(found[-1].name, found[-1].annotation, found[-1].default, "variadic")
        elif equals and found:
            last = found[-1]
            found[-1] = Parameter(last.name, last.annotation, text(child, source), last.kind)
        equals = child.type == "="
    yield from found


def _csharp(listed: Node | None, source: bytes) -> Iterator[Parameter]:
    for child in _listed(listed):
        if child.type == "parameter":
            default = None
            for number, each in enumerate(child.children):
                if each.type == "=" and number + 1 < child.child_count:
                    default = text(child.children[number + 1], source)
            yield Parameter(text(field(child, "name"), source), _type(field(child, "type"), source), default)
    last = field(listed, "name")  # `params T[] rest` has no node of its own
    if last is not None:
        yield Parameter(text(last, source), _type(field(listed, "type"), source), None, "variadic")


def _c_parameter(node: Node, source: bytes) -> Parameter:
    default = field(node, "default_value")
    kind: Kind = "variadic" if node.type in _VARIADIC else "normal"
    name = node if node.type == "identifier" else field(node, "declarator")  # `int f(a) int a; { }`
    while name is not None and name.type not in {"identifier", "field_identifier"}:
        name = field(name, "declarator") or next(iter(name.named_children), None)
    end = default.start_byte - node.start_byte if default else None
    whole = source[node.start_byte : node.end_byte][:end]
    if name is None:
        return Parameter("..." if node.type == "variadic_parameter" else "", text(node, source), None, kind)
    at = name.start_byte - node.start_byte
    rest = whole[:at] + whole[name.end_byte - node.start_byte :]
    annotation = " ".join(rest.decode("utf-8", "replace").rstrip("= ").split())
    return Parameter(text(name, source), annotation or None, text(default, source) or None, kind)


def _template(outer: Node, source: bytes) -> Iterator[Parameter]:
    if outer.type == "template_declaration":
        for child in _listed(field(outer, "parameters")):
            name = child_of(child, ("type_identifier",)) or field(child, "name", "declarator")
            if name is not None:
                yield Parameter(
                    text(name, source), None, text(field(child, "default_value"), source) or None, "type"
                )


def _type_parameters(language: str, node: Node, source: bytes) -> Iterator[Parameter]:
    if language in {"python", "go", "rust"}:  # not documented there
        return
    listed = field(node, "type_parameters") or child_of(node, ("type_parameter_list", "type_parameters"))
    for child in listed.named_children if listed else ():
        name = child if child.type in {"identifier", "type_identifier"} else None
        name = name or field(child, "name") or child_of(child, ("identifier", "type_identifier"))
        if name is not None:
            yield Parameter(text(name, source), kind="type")


def _returns(language: str, node: Node, source: bytes) -> str | None:  # noqa: PLR0911 - a case a grammar
    if language in {"c", "cpp"}:
        function = declarator(node)
        trailing = child_of(function, ("trailing_return_type",))
        if trailing is not None:
            return text(trailing, source).lstrip("-> ") or None
        of = field(node, "type")
        if of is None or function is None:
            return None
        between = source[of.end_byte : function.start_byte]
        stars = "".join(chr(byte) for byte in between if byte in b"*&")
        return text(of, source) + (f" {stars}" if stars else "")
    if node.type == "secondary_constructor":
        return None
    if language in {"kotlin", "swift"}:
        arrow = "->" if language == "swift" else ":"
        after = False
        for child in node.children:
            if after:
                return text(child, source)
            after = child.type == arrow
        return None
    return _type(field(node, "return_type", "result", "returns", "type"), source)


def _python(listed: list[Node], source: bytes) -> list[Parameter]:
    """Read a Python parameter list; names carry no stars."""
    found: list[Parameter] = []
    kind: Kind = "normal"
    for child in listed:
        if child.type == "positional_separator":
            found = [Parameter(p.name, p.annotation, p.default, "positional-only") for p in found]
            continue
        if child.type == "keyword_separator":
            kind = "keyword-only"
            continue
        inner = child.named_children[0] if child.type == "typed_parameter" and child.named_children else child
        mine = kind
        if inner.type == "list_splat_pattern":
            mine, kind = "variadic", "keyword-only"
        elif inner.type == "dictionary_splat_pattern":
            mine = "keywords"
        word = text(child.child_by_field_name("name") or inner, source).lstrip("*").strip()
        annotation, default = field(child, "type"), field(child, "value")
        found.append(Parameter(word, text(annotation, source) or None, text(default, source) or None, mine))
    return found
