"""Values of a type: of an annotation, of a class of the module, or of what a parameter's name suggests."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.tasks.tests.subject import Module

__all__ = ["BY_TYPE", "NAMES", "annotated", "by_name", "instances", "named", "of_class"]

_DEEPEST = 1  # an object that is made of objects that are made of plain values

BY_TYPE: dict[str, tuple[str, ...]] = {
    "int": ("0", "1", "-1", "2", "7", "100"),
    "float": ("0.0", "1.5", "-2.5", "100.0"),
    "complex": ("1j",),
    "bool": ("True", "False"),
    "str": ("''", "'a'", "'Hello World'", "'a,b;c d'", "'12'", "' x\\n y '"),
    "bytes": ("b''", "b'abc'", "b'\\x00\\xff'"),
    "bytearray": ("bytearray(b'abc')",),
    "list": ("[]", "[1]", "[3, 1, 2]", "['b', 'a']", "[[1, 2], [3]]"),
    "tuple": ("()", "(1, 2)", "('a', 'b')"),
    "set": ("set()", "{1, 2}"),
    "frozenset": ("frozenset()", "frozenset({1, 2})"),
    "dict": ("{}", "{'a': 1}", "{'a': 1, 'b': {'c': 2}}"),
    "None": ("None",),
    "object": ("None", "1", "'a'", "[1]", "{'a': 1}"),
    "type": ("int", "str"),
    "callable": ("len", "str", "lambda *args: args"),
    "Path": ("pathlib.Path('a/b.txt')", "pathlib.Path('.')"),
    "Decimal": ("decimal.Decimal('1.50')", "decimal.Decimal(0)"),
    "Fraction": ("fractions.Fraction(1, 3)",),
    "datetime": ("datetime.datetime(2024, 2, 29, 12, 30)",),
    "date": ("datetime.date(2024, 2, 29)",),
    "timedelta": ("datetime.timedelta(days=1, seconds=5)", "datetime.timedelta(0)"),
    "time": ("datetime.time(12, 30, 5)",),
    "tzinfo": ("datetime.timezone.utc", "datetime.timezone(datetime.timedelta(hours=2))"),
    "year": ("2024", "2023", "1900", "2000"),
    "month": ("1", "2", "12"),
    "json": ("'{\"a\": 1}'", "'[1, 2]'"),
    "stream": ("io.StringIO('a: 1\\nb\\n')", "io.StringIO('{\"a\": 1}')", "io.StringIO()"),
}
NAMES = {  # what an annotation's last name stands for
    "Any": "object",
    "Hashable": "str",
    "Sequence": "list",
    "MutableSequence": "list",
    "Iterable": "list",
    "Iterator": "list",
    "Collection": "list",
    "List": "list",
    "Tuple": "tuple",
    "Set": "set",
    "AbstractSet": "set",
    "FrozenSet": "frozenset",
    "Mapping": "dict",
    "MutableMapping": "dict",
    "Dict": "dict",
    "Text": "str",
    "AnyStr": "str",
    "Callable": "callable",
    "Type": "type",
    "Number": "int",
    "Real": "float",
    "SupportsInt": "int",
    "ByteString": "bytes",
    "IO": "stream",
    "TextIO": "stream",
    "StringIO": "stream",
}
_BY_NAME = {
    "text": "str", "string": "str", "s": "str", "name": "str", "key": "str", "line": "str", "word": "str",
    "prefix": "str", "suffix": "str", "pattern": "str", "url": "str", "path": "str", "filename": "str",
    "n": "int", "i": "int", "count": "int", "size": "int", "length": "int", "index": "int", "width": "int",
    "limit": "int", "start": "int", "end": "int", "number": "int", "num": "int", "level": "int",
    "items": "list", "values": "list", "lines": "list", "args": "list", "seq": "list", "iterable": "list",
    "data": "object", "value": "object", "obj": "object", "x": "int", "y": "int", "a": "int", "b": "int",
    "d": "dict", "mapping": "dict", "options": "dict", "kwargs": "dict", "config": "dict",
    "func": "callable", "function": "callable", "fn": "callable", "callback": "callable",
    "key_func": "callable",
    "data_bytes": "bytes", "raw": "bytes", "flag": "bool",
    "dt": "datetime", "datetime": "datetime", "date": "date", "when": "datetime", "now": "datetime",
    "time": "time", "delta": "timedelta", "tz": "tzinfo", "json": "json", "year": "year", "month": "month",
    "day": "month", "file": "stream", "fp": "stream", "fh": "stream", "stream": "stream", "handle": "stream",
    "filehandle": "stream", "fileobj": "stream",
}  # fmt: skip


def by_name(name: str) -> list[str]:
    """Return expressions for a parameter of this name, as people name them."""
    kind = _BY_NAME.get(name) or _BY_NAME.get(name.rpartition("_")[2])
    if kind is None and name.startswith(("is_", "has_", "use_", "no_", "allow_", "with_")):
        kind = "bool"
    if kind is None and name.endswith("s"):
        kind = "list"
    return list(BY_TYPE[kind]) if kind else []


def annotated(node: ast.expr, module: Module) -> Iterator[str]:
    """Yield expressions of an annotated type, by what the annotation says alone."""
    if isinstance(node, ast.Constant):
        if node.value is None:
            yield "None"
        elif isinstance(node.value, str):
            try:
                yield from annotated(ast.parse(node.value, mode="eval").body, module)
            except SyntaxError:
                return
        return
    if isinstance(node, ast.BinOp):  # X | Y
        yield from annotated(node.left, module)
        yield from annotated(node.right, module)
        return
    if isinstance(node, ast.Subscript):
        yield from _generic(node, module)
        return
    name = ast.unparse(node).rpartition(".")[2]
    name = NAMES.get(name, name)
    if name in BY_TYPE:
        yield from BY_TYPE[name]
    elif (found := module.class_of(name)) is not None:
        yield from of_class(found, module)


def _generic(node: ast.Subscript, module: Module) -> Iterator[str]:
    name = ast.unparse(node.value).rpartition(".")[2]
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Optional":
        yield from (*annotated(inner[0], module), "None")
    elif name == "Union":
        for each in inner:
            yield from annotated(each, module)
    elif name == "Literal":
        yield from (ast.unparse(each) for each in inner)
    elif name in {"Annotated", "Final", "ClassVar"}:
        yield from annotated(inner[0], module)
    else:
        yield from _container(NAMES.get(name, name), inner, module)


def _container(name: str, inner: list[ast.expr], module: Module) -> Iterator[str]:
    options = [list(annotated(each, module))[:4] for each in inner if ast.unparse(each) != "..."]
    if name == "dict" and len(options) == 2 and all(options):  # noqa: PLR2004 - key and value
        keys, values = options
        pairs = [f"{key}: {values[n % len(values)]}" for n, key in enumerate(keys)]
        yield from (f"{{{pairs[-1]}}}", f"{{{', '.join(pairs[:2])}}}", "{}")
    elif name == "tuple" and options and all(options):
        if len(options) == len(inner):
            yield from (f"({', '.join(each[n % len(each)] for each in options)},)" for n in range(2))
        else:
            yield from (f"({', '.join(options[0][:2])},)", "()")
    elif name in {"list", "set", "frozenset"} and options and options[0]:
        open_, close = {"list": "[]", "set": "{}", "frozenset": ("frozenset({", "})")}[name]
        some = options[0]
        yield from (f"{open_}{', '.join(some[1:3] or some)}{close}", f"{open_}{', '.join(some)}{close}")
        yield {"list": "[]", "set": "set()", "frozenset": "frozenset()"}[name]
    elif name in BY_TYPE:
        yield from BY_TYPE[name]


def of_class(node: ast.ClassDef, module: Module) -> Iterator[str]:
    """Yield instances of a class of the module: an enumeration's members, or one that is easily made."""
    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    if bases & {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}:
        for each in node.body[:6]:
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
                yield f"{node.name}.{each.targets[0].id}"
        return
    yield from instances(node, module)


def instances(node: ast.ClassDef, module: Module, depth: int = 0) -> Iterator[str]:
    """Yield expressions that make an instance of a class: by its constructor, then by its class methods.

    What is needed is guessed three ways; then what is optional is given too, one at a time.
    """
    if depth > _DEEPEST:
        return
    fields = _constructor(node, module)
    if fields is None:
        return
    needed = [
        _options(name, annotation, module, depth) for name, annotation, default in fields if default is None
    ]
    for n in range(3 if needed else 1):
        yield f"{node.name}({', '.join(each[(n + 1) % len(each)] for each in needed)})"
    base = [each[1 % len(each)] for each in needed]
    for name, annotation, default in fields:
        if default is not None and (value := _other(name, annotation, default, module, depth)):
            yield f"{node.name}({', '.join([*base, f'{name}={value}'])})"
    for each in node.body:
        marks = [ast.unparse(mark) for mark in getattr(each, "decorator_list", ())]
        if isinstance(each, ast.FunctionDef) and "classmethod" in marks and not each.name.startswith("_"):
            placed = each.args.args[1 : len(each.args.args) - len(each.args.defaults)]
            given = [_options(a.arg, a.annotation, module, depth) for a in placed]
            for n in range(2 if given else 1):
                values = (some[(n + 1) % len(some)] for some in given)
                yield f"{node.name}.{each.name}({', '.join(values)})"


def _options(name: str, annotation: ast.expr | None, module: Module, depth: int) -> list[str]:
    """Return what to give for a parameter of a constructor."""
    told = list(annotated(annotation, module)) if annotation is not None and not depth else []
    return told or list(named(name, module, depth + 1))[:2] or by_name(name) or ["1", "'a'", "[1, 2]"]


def _other(name: str, annotation: ast.expr | None, default: ast.expr, module: Module, depth: int) -> str:
    """Return something else than a parameter's default, as far as anything tells what it might be."""
    usual = ast.unparse(default)
    kind = (
        type(default.value).__name__
        if isinstance(default, ast.Constant) and default.value is not None
        else ""
    )
    told = list(annotated(annotation, module)) if annotation is not None and not depth else []
    found = told or [*named(name, module, depth + 1), *BY_TYPE.get(kind, ())[1:], *by_name(name)]
    return next((each for each in found if each not in {usual, "None"}), "")


def named(name: str, module: Module, depth: int = 0) -> Iterator[str]:
    """Yield instances of a class that a parameter is named after: "start_node" of Node."""
    word = name.strip("_").lower()
    for known in (*module.classes, *module.elsewhere):
        if word == known.lower() or word.endswith(f"_{known.lower()}"):
            node = module.class_of(known)
            if node is not None:
                yield from list(instances(node, module, depth))[:3]
            return


def _constructor(
    node: ast.ClassDef, module: Module
) -> list[tuple[str, ast.expr | None, ast.expr | None]] | None:
    """Return the constructor's parameters as (name, annotation, default); None where it is not in sight."""
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            placed = each.args.args[1:]
            defaults = [None] * (len(placed) - len(each.args.defaults)) + list(each.args.defaults)
            return [(a.arg, a.annotation, d) for a, d in zip(placed, defaults, strict=False)]
    fields = [
        each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]
    bases = [ast.unparse(base) for base in node.bases]
    if any("dataclass" in ast.unparse(mark) for mark in node.decorator_list) or "NamedTuple" in bases:
        return [
            (each.target.id, each.annotation, each.value)
            for each in fields
            if isinstance(each.target, ast.Name)
        ]
    for base in bases:
        above = module.class_of(base.rpartition(".")[2])
        if above is not None and above is not node:
            return _constructor(above, module)
    return [] if not bases or bases == ["object"] else None
