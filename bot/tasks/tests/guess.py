"""What a parameter might be given: from its annotation, the literals it is compared with, and its use.

Guesses are Python expressions as text. A wrong one costs a call that raises; a right one finds a branch.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.tasks.tests.alike import alike
from bot.tasks.tests.values import BY_TYPE, annotated, by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.tasks.tests.subject import Function, Slot, Subject

__all__ = ["guesses"]

_MOST = 14  # of one parameter
_CALLED = {  # what is handed to a builtin is likely of the type that it takes
    "len": "list",
    "int": "str",
    "range": "int",
    "sorted": "list",
    "sum": "list",
    "abs": "int",
    "ord": "str",
    "iter": "list",
    "enumerate": "list",
    "float": "str",
    "chr": "int",
    "json.loads": "json",
    "json.load": "stream",
}
_METHODS: dict[str, str] = {}
for _type in (str, bytes, list, dict, set, int):
    for _name in dir(_type):
        if not _name.startswith("_"):
            _METHODS.setdefault(_name, _type.__name__)
_METHODS |= {
    "get": "dict",
    "items": "dict",
    "keys": "dict",
    "values": "dict",
    "decode": "bytes",
    "update": "dict",
    "utcoffset": "datetime",
    "tzinfo": "datetime",
    "strftime": "datetime",
    "isoformat": "datetime",
    "timetuple": "datetime",
    "total_seconds": "timedelta",
    "to_integral": "Decimal",
    "quantize": "Decimal",
    "read": "stream",
    "readline": "stream",
    "readlines": "stream",
    "write": "stream",
}


def guesses(one: Subject, slot: Slot) -> list[str]:
    """Return what to try for a parameter, the likeliest first."""
    found: list[str] = []
    if slot.default is not None:
        found.append(ast.unparse(slot.default))
    compared = list(_compared(one, slot.name))
    told = list(annotated(slot.annotation, one.module)) if slot.annotation else []
    used = [guess for kind in _used(one.node, slot.name) for guess in BY_TYPE[kind]]
    objects = [] if told else list(dict.fromkeys(alike(one, slot)))
    named = by_name(slot.name) if not told and not used else []
    found += [*compared, *told, *objects, *used, *named]
    if not told and not used and not named and not objects:
        found += ["1", "'a'", "[1, 2]", "None", "{'a': 1}", "'12'"]
    elif slot.annotation is None:
        found += ["None"]
    return list(dict.fromkeys(found))[:_MOST]


def _compared(  # noqa: C901 - a branch for each way to ask about a value
    one: Subject, name: str
) -> Iterator[str]:
    """Yield literals that a parameter is compared with or looked for in, and their neighbours."""
    for each in ast.walk(one.node):
        if isinstance(each, ast.Compare) and len(each.comparators) == 1:
            left, right = each.left, each.comparators[0]
            for this, other in ((left, right), (right, left)):
                if _names(this, name):
                    yield from _literals(other, sized=_is_len(this))
        elif (
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and _names(each.func.value, name)
        ):
            for argument in each.args:
                yield from _fitting(each.func.attr, argument)
        elif (
            isinstance(each, ast.Call)
            and ast.unparse(each.func) == "isinstance"
            and _names(each.args[0], name)
        ):
            kinds = each.args[1].elts if isinstance(each.args[1], ast.Tuple) else [each.args[1]]
            for kind in kinds:
                yield from list(annotated(kind, one.module))[:3]
        elif isinstance(each, ast.Match) and _names(each.subject, name):
            for case in each.cases:
                if isinstance(case.pattern, ast.MatchValue):
                    yield ast.unparse(case.pattern.value)
        elif (
            isinstance(each, ast.Subscript)
            and _names(each.value, name)
            and isinstance(each.slice, ast.Constant)
            and isinstance(each.slice.value, str)
        ):
            yield f"{{{each.slice.value!r}: 1}}"


def _names(node: ast.expr, name: str) -> bool:
    """Whether an expression is the parameter, or a plain question about it."""
    if isinstance(node, ast.Call) and node.args and not node.keywords and len(node.args) == 1:
        return isinstance(node.func, ast.Name) and _names(node.args[0], name)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return _names(node.func.value, name)  # text.lower() == "yes"
    return isinstance(node, ast.Name) and node.id == name


def _is_len(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


def _literals(node: ast.expr, *, sized: bool) -> Iterator[str]:
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        for each in node.elts[:4]:
            yield from _literals(each, sized=sized)
        return
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return
    if isinstance(value, int) and not isinstance(value, bool):
        if sized and 0 <= value <= 40:  # noqa: PLR2004 - a length worth spelling out
            yield from (repr("x" * (value + n)) for n in (0, 1) if value + n)
            return
        yield from (repr(value + n) for n in (0, -1, 1))
    elif isinstance(value, float):
        yield from (repr(value), repr(value - 1), repr(value + 1))
    elif isinstance(value, (str, bytes)) or value is None or isinstance(value, bool):
        yield repr(value)


def _fitting(method: str, argument: ast.expr) -> Iterator[str]:
    """Yield texts that a method's literal argument is found in."""
    value = argument.value if isinstance(argument, ast.Constant) else None
    if isinstance(value, str) and value:
        shapes = {
            "startswith": (f"{value}rest",),
            "removeprefix": (f"{value}rest",),
            "endswith": (f"rest{value}",),
            "removesuffix": (f"rest{value}",),
            "get": (),
        }
        shapes_of = shapes.get(method, (f"a{value}b", f"a{value}b{value}c"))
        yield from (repr(each) for each in shapes_of)
        if method in {"get", "pop", "setdefault"}:
            yield f"{{{value!r}: 1}}"


def _used(node: Function, name: str) -> list[str]:  # noqa: C901 - a branch for each kind of use
    """Return the types that a parameter's use speaks for, most often first."""
    votes: dict[str, int] = defaultdict(int)
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == name:
            if each.attr in _METHODS:
                votes[_METHODS[each.attr]] += 2
        elif isinstance(each, (ast.For, ast.comprehension)) and _names(each.iter, name):
            votes["list"] += 1
        elif isinstance(each, ast.BinOp):
            for one, other in ((each.left, each.right), (each.right, each.left)):
                if isinstance(one, ast.Name) and one.id == name:
                    text = isinstance(other, ast.Constant) and isinstance(other.value, str)
                    votes["str" if text else "int"] += 1
        elif isinstance(each, ast.Call) and any(isinstance(a, ast.Name) and a.id == name for a in each.args):
            called = ast.unparse(each.func)
            if called in _CALLED:
                votes[_CALLED[called]] += 1
            elif called.startswith("re."):
                votes["str"] += 2
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name:
            votes["callable"] += 3
    return sorted(votes, key=lambda kind: -votes[kind])[:3]
