"""Values as Python text that makes an equal value again, as people would write it in a test."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import decimal
import enum
import fractions
import importlib
import math
import pathlib
import uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["render", "state"]

_LONGEST = 360  # characters: a longer expectation is not read
_SHORT = 80
_DEEPEST = 5
_ATTRIBUTES = 5
_STANDARD = (
    datetime.datetime, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, fractions.Fraction,
    uuid.UUID,
)  # fmt: skip


class _Unfit(Exception):  # noqa: N818 - a signal between two functions
    """The value has no text that makes it again."""


def render(value: Any) -> tuple[str, list[list[str]]] | None:
    """Return an expression and the (module, name) pairs it needs, or None where there is none or too long."""
    needs: dict[tuple[str, str], None] = {}
    try:
        text = _text(value, needs, 0)
    except (_Unfit, RecursionError, ValueError):
        return None
    if len(text) > _LONGEST:
        return None
    names: dict[str, Any] = {}
    try:
        for module, name in needs:
            loaded = importlib.import_module(module)
            names[name or module] = getattr(loaded, name) if name else loaded
        again = eval(text, names)  # noqa: S307 - our own text, in the sandbox
        if type(again) is not type(value) or not bool(again == value):
            return None
    except Exception:  # noqa: BLE001 - a constructor with a mind of its own
        return None
    return text, [list(each) for each in needs]


def _text(  # noqa: C901, PLR0911 - a line for each kind of value
    value: Any, needs: dict[tuple[str, str], None], depth: int
) -> str:
    if depth > _DEEPEST:
        raise _Unfit
    kind = type(value)
    if value is None or value is Ellipsis or kind in (bool, int, str, bytes):
        return repr(value)
    if kind is float:
        if math.isfinite(value):
            return repr(value)
        raise _Unfit
    if kind is complex:
        return repr(value)
    if kind in (list, tuple, set, frozenset, dict, bytearray):
        return _container(value, needs, depth + 1)
    if isinstance(value, enum.Enum):
        return f"{_name(kind, needs)}.{value.name}"
    if isinstance(value, pathlib.PurePath):
        needs["pathlib", ""] = None
        name = "PurePosixPath" if kind is pathlib.PurePosixPath else "Path"
        return f"pathlib.{name}({str(value)!r})"
    if kind in _STANDARD:
        needs[kind.__module__ if kind.__module__ != "_decimal" else "decimal", ""] = None
        text = repr(value)
        return text if "." in text.partition("(")[0] else f"{kind.__module__}.{text}"
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        fields = ", ".join(f"{n}={_text(getattr(value, n), needs, depth + 1)}" for n in kind._fields)
        return f"{_name(kind, needs)}({fields})"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ", ".join(
            f"{each.name}={_text(getattr(value, each.name), needs, depth + 1)}"
            for each in dataclasses.fields(value)
            if each.init
        )
        return f"{_name(kind, needs)}({fields})"
    if isinstance(value, type):
        return value.__name__ if value.__module__ == "builtins" else _name(value, needs)
    raise _Unfit


def _container(value: Any, needs: dict[tuple[str, str], None], depth: int) -> str:
    kind = type(value)
    if kind is bytearray:
        return repr(value)
    if kind is dict:
        pairs = (f"{_text(k, needs, depth)}: {_text(v, needs, depth)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    parts = [_text(each, needs, depth) for each in value]
    if kind is list:
        return "[" + ", ".join(parts) + "]"
    if kind is tuple:
        return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"
    inner = "{" + ", ".join(sorted(parts)) + "}" if parts else ""
    return inner or "set()" if kind is set else f"frozenset({inner})"


def _name(kind: type, needs: dict[tuple[str, str], None]) -> str:
    if "<" in kind.__qualname__ or kind.__module__ == "__main__":
        raise _Unfit
    needs[kind.__module__, kind.__qualname__.partition(".")[0]] = None
    return kind.__qualname__


def state(value: Any, *, properties: bool = False) -> list[list[Any]]:
    """Return up to a few public attributes of an object that have a text, as (name, text, needs)."""
    found = []
    held = dict(getattr(value, "__dict__", {}))
    kind = type(value)
    for name in (*_slots(kind), *(_properties(kind) if properties else ())):
        with contextlib.suppress(Exception):  # not set, or one that cannot be computed
            held.setdefault(name, getattr(value, name))
    for name, each in sorted(held.items()):
        told = render(each) if not name.startswith("_") and name.isidentifier() else None
        if told is not None and len(told[0]) <= _SHORT:
            found.append([name, *told])
    return found[:_ATTRIBUTES]


def _slots(kind: type) -> list[str]:
    found: list[str] = []
    for each in kind.__mro__:
        told = each.__dict__.get("__slots__", ())
        found += [told] if isinstance(told, str) else list(told)
    return [name for name in found if not name.startswith("_")]


def _properties(kind: type) -> list[str]:
    return [
        name
        for each in kind.__mro__
        if each.__module__ != "builtins"
        for name, value in vars(each).items()
        if isinstance(value, property) and not name.startswith("_")
    ]
