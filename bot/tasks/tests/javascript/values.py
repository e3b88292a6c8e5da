"""Values for a parameter of JavaScript: of its type, its name, and what the function does with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.tasks.tests.javascript.subject import Slot, Subject

__all__ = ["BY_KIND", "guesses", "of_type"]

BY_KIND: dict[str, tuple[str, ...]] = {
    "string": (
        '"Hello World"',
        '""',
        '"a"',
        '"foo_bar-baz"',
        '"a,b;c d"',
        '"12"',
        '" x\\n y "',
        '"Déjà Vu!"',
    ),
    "number": ("2", "0", "1", "-1", "7", "100", "1.5", "-2.5", "NaN"),
    "bigint": ("2n", "0n", "-1n"),
    "boolean": ("true", "false"),
    "array": ("[3, 1, 2]", "[]", "[1]", '["b", "a", "b"]', "[[1, 2], [3]]", "[{ a: 1 }, { a: 2 }]"),
    "object": ("{ a: 1, b: 2 }", "{}", "{ a: 1, b: { c: [2] } }", '{ name: "x", id: 1 }'),
    "function": ("(x) => x", "() => 1", "(a, b) => a + b", "(x) => x > 1"),
    "date": ('new Date("2024-02-29T12:30:00Z")', "new Date(0)"),
    "regexp": ("/a/", "/[a-z]+/g"),
    "map": ('new Map([["a", 1]])', "new Map()"),
    "set": ("new Set([1, 2])", "new Set()"),
    "error": ('new Error("no")',),
    "null": ("null",),
    "undefined": ("undefined",),
    "any": ('"a"', "1", "[1, 2]", "{ a: 1 }", "null", "true", "undefined", "0", '""'),
}
_TYPES = {
    "str": "string", "int": "number", "integer": "number", "float": "number", "bool": "boolean",
    "readonlyarray": "array", "iterable": "array", "arraylike": "array", "list": "array", "tuple": "array",
    "record": "object", "{}": "object", "map": "map", "weakmap": "map", "set": "set", "readonlyset": "set",
    "readonlymap": "map", "regex": "regexp", "void": "undefined", "unknown": "any", "*": "any",
    "mixed": "any",     "propertykey": "string", "callback": "function",
}  # fmt: skip
_BY_NAME = {
    "string": "string str s text name key line word prefix suffix path url uri file filename title label"
    " input message msg char sep separator delimiter slug html css code source src token id email locale lang"
    " haystack needle pattern template format query type",
    "number": "n i j num number count size length len index idx width height limit start end level depth x y"
    " a b min max low high step offset ms seconds minutes year month day total amount price r g radix"
    " precision digits base from to percent",
    "array": "arr array list items values elements args lines xs collection iterable seq rows words keys"
    " entries numbers parts",
    "object": "obj object o opts options config params props settings data target map dict attrs record",
    "function": "fn func f callback cb predicate iteratee mapper comparator compare reducer handler pred test"
    " transform visitor",
    "boolean": "flag strict deep recursive force enabled",
    "date": "date time now datetime",
    "regexp": "re regex regexp",
    "error": "err error e",
}
_NAMED = {name: kind for kind, names in _BY_NAME.items() for name in names.split()}
_STRING_USE = (
    "split|charAt|charCodeAt|codePointAt|toLowerCase|toUpperCase|trim|trimStart|trimEnd|substring|substr|replace"
    "|replaceAll|startsWith|endsWith|padStart|padEnd|match|matchAll|normalize|localeCompare|repeat"
)
_ARRAY_USE = (
    "map|filter|forEach|reduce|push|pop|join|some|every|find|findIndex|sort|splice|shift|unshift|flat|flatMap"
)
_LITERAL = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|(?<![\w$.])\d+(?:\.\d+)?(?![\w$.])")
_DEEPEST = 4  # types that stand for one another
_MOST = 14  # of one parameter
_LONGEST = 40  # characters of a literal that reads as an argument


def guesses(one: Subject, slot: Slot) -> list[str]:
    """Return expressions to try for a parameter, the likeliest first; a type's own where it says one."""
    code = one.code
    kinds = list(_typed(slot.type, one.module.types)) if slot.type else []
    said = [each for each in kinds if each.startswith("=")]
    found = [each[1:] for each in said]
    named = [each for each in kinds if not each.startswith("=") and each != "any"]
    if not kinds or (not named and not said):
        named = list(_used(slot.name, code)) or list(_by_name(slot.name))
    literals = list(_literals(code))
    for kind in named:
        own = [each for each in literals if _is(kind, each)]
        common = list(BY_KIND.get(kind, ()))
        found += [*common[:1], *own[:4], *common[1:]]
    if one.module.language == "javascript" and re.search(r"\bthrow\b", code):
        found = [*found[: _MOST - 2], "null", "1"]  # what it may refuse
    if slot.keys:
        found += _patterned(slot, literals)
    if not slot.type:  # a name, or a use, is a guess
        found = [*dict.fromkeys([*found[: _MOST - 6], *literals[:4], *BY_KIND["any"]])]
    if slot.default not in {None, "", "undefined"} and slot.default is not None:
        found = [each for each in found if each != slot.default]
    return list(dict.fromkeys(found))[:_MOST]


def of_type(slot: Slot, types: Mapping[str, str]) -> str:
    """Return one plain expression for a parameter, by its type or name alone."""
    kinds: list[str] = [*(_typed(slot.type, types) if slot.type else ()), *_by_name(slot.name)]
    for kind in kinds:
        if kind.startswith("="):
            return kind[1:]
        if kind in BY_KIND:
            return BY_KIND[kind][0]
    return '"a"'


def _typed(  # noqa: C901 - a line for each form of type
    kind: str,
    types: Mapping[str, str],
    depth: int = 0,
) -> Iterator[str]:
    """Yield the kinds that a type of TypeScript or JSDoc names; "=TEXT" is a value of a literal type."""
    kind = kind.strip().lstrip("?!").removeprefix("readonly ").strip()
    while kind.startswith("(") and kind.endswith(")") and "=>" not in kind:
        kind = kind[1:-1].strip()
    parts = _split(kind)
    if len(parts) > 1:
        for each in parts:
            yield from _typed(each, types, depth)
        return
    if re.fullmatch(r"(['\"]).*\1|-?\d+(\.\d+)?|true|false", kind):
        yield f"={kind}"
        return
    if types.get(kind.partition("<")[0]) and depth < _DEEPEST:
        yield from _typed(types[kind.partition("<")[0]], types, depth + 1)
        return
    if "=>" in kind or kind.lower().startswith("function"):
        yield "function"
        return
    if kind.endswith("[]") or kind.startswith("["):
        yield from _of_items(kind.removesuffix("[]") if kind.endswith("[]") else "", types, depth)
        return
    if kind.startswith("{"):
        yield from _of_fields(kind, types, depth)
        return
    name, _, inner = kind.partition("<")
    plain = _TYPES.get(name.lower().rstrip("."), name.lower().rstrip("."))
    if plain == "array" and inner:
        yield from _of_items(inner.removesuffix(">"), types, depth)
    elif plain in {"promise", "promiselike", "readonly", "partial", "required"} and inner:
        yield from _typed(inner.removesuffix(">"), types, depth)
    elif plain in BY_KIND:
        yield plain
    else:
        yield "any"


def _of_items(kind: str, types: Mapping[str, str], depth: int) -> Iterator[str]:
    inner = next(iter(_typed(kind, types, depth + 1)), "any") if kind else "any"
    values = (inner[1:],) if inner.startswith("=") else BY_KIND.get(inner, ())
    if inner == "any" or not values:
        yield "array"
        return
    yield from (f"=[{', '.join(values[:3])}]", "=[]", f"=[{values[-1]}]", f"=[{values[0]}, {values[0]}]")


def _of_fields(kind: str, types: Mapping[str, str], depth: int) -> Iterator[str]:
    fields = re.findall(r"([\w$]+)(\??)\s*:\s*([^;,{}]+)", kind)
    made = []
    for name, optional, inner in fields:
        value = next(iter(_typed(inner, types, depth + 1)), "any")
        text = value[1:] if value.startswith("=") else BY_KIND.get(value, BY_KIND["any"])[0]
        made.append((f"{name}: {text}", bool(optional)))
    if not made:
        yield "object"
        return
    yield f"={{ {', '.join(text for text, _ in made)} }}"
    needed = [text for text, optional in made if not optional]
    yield f"={{ {', '.join(needed)} }}" if needed else "={}"


def _split(kind: str) -> list[str]:
    """Split a union at its bars, those inside brackets left alone."""
    parts, depth, last = [], 0, 0
    for n, each in enumerate(kind):
        depth += (each in "<({[") - (each in ">)}]" and kind[n - 1 : n + 1] != "=>")
        if each == "|" and depth == 0:
            parts.append(kind[last:n])
            last = n + 1
    parts.append(kind[last:])
    return [each.strip() for each in parts if each.strip()]


def _used(name: str, code: str) -> Iterator[str]:
    """Yield the kinds that a function's text treats a parameter as."""
    if not name:
        return
    p = rf"(?<![\w$.]){re.escape(name)}"
    bare = re.escape(name)
    typed = re.findall(rf"typeof {bare}\s*[!=]==?\s*['\"](\w+)['\"]", code)
    yield from (each for each in dict.fromkeys(typed) if each in BY_KIND)
    uses = {
        "string": rf"{p}\??\.(?:{_STRING_USE})\(|\.test\({bare}\)|String\({bare}\)",
        "array": rf"{p}\??\.(?:{_ARRAY_USE})\(|Array\.isArray\({bare}\)|\bof {bare}\b|\.\.\.{bare}\b",
        "date": rf"{p}\??\.get(?:Time|FullYear|Month|Date|Day|Hours|UTC\w+)\(",
        "number": rf"{p}\s*(?:[-*/%]|[<>]=?)\s*[\w(]|[-*/%]\s*{bare}(?![\w$.(])|Math\.\w+\({bare}\)",
        "function": rf"{p}\(|{p}\.(?:call|apply)\(",
        "object": rf"Object\.(?:keys|entries|values)\({bare}\)|\bin {bare}\b",
    }
    yield from (kind for kind, use in uses.items() if re.search(use, code))


def _by_name(name: str) -> Iterator[str]:
    lower = name.lower()
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    last = words[-1].lower() if words else lower
    kind = _NAMED.get(lower) or _NAMED.get(last)
    if kind:
        yield kind
    elif lower.startswith(("is", "has", "should", "use", "allow", "with")):
        yield "boolean"
    elif lower.endswith("s"):
        yield "array"


def _literals(code: str) -> Iterator[str]:
    """Yield the strings and numbers that a function mentions: what it compares with is worth trying."""
    for text in _LITERAL.findall(code):
        if len(text) <= _LONGEST:
            yield text


def _is(kind: str, literal: str) -> bool:
    quoted = literal[0] in "'\""
    return (kind == "string" and quoted) or (kind == "number" and not quoted)


def _patterned(slot: Slot, literals: list[str]) -> Iterator[str]:
    """Yield objects with the keys that a pattern takes apart."""
    strings = [each for each in literals if each[0] in "'\""] or ['"a"']
    for values in (["1", "2", "3"], strings, ["true", "false"], ["[1, 2]"]):
        pairs = [f"{key}: {values[n % len(values)]}" for n, key in enumerate(slot.keys)]
        yield f"{{ {', '.join(pairs)} }}"
