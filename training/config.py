"""Settings of the steps: one table of `config.toml` for each, read into that step's own dataclass."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["ConfigError", "load", "overridden", "section"]

S = TypeVar("S")


class ConfigError(ValueError):
    """A setting is unknown, of the wrong type, or names something that is not there."""


def load(file: Path, changes: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """Return the tables of a TOML file, with `changes` ("train.minutes=8") on top.

    Raises:
        ConfigError: The file, or a change, cannot be read.
    """
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error
    return overridden(tables, changes)


def overridden(tables: dict[str, Any], changes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return `tables` with each "table.key=value" set; a value that is no TOML is a string."""
    found = {name: dict(table) for name, table in tables.items()}
    for change in changes:
        place, equals, text = change.partition("=")
        table, dot, key = place.strip().partition(".")
        if not (equals and dot and key):
            raise ConfigError(f"{change!r} does not read as table.key=value")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        found.setdefault(table, {})[key] = value
    return found


def section(tables: dict[str, dict[str, Any]], name: str, kind: type[S]) -> S:
    """Return the settings of one step; what the table does not say keeps its default.

    Raises:
        ConfigError: A key is unknown, its value is of another type, or one that must be there is missing.
    """
    given, hints = tables.get(name, {}), get_type_hints(kind)
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # every caller's is a dataclass
    if unknown := sorted(set(given) - known):
        raise ConfigError(f"[{name}] knows no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    try:
        return kind(**{key: _fitting(f"{name}.{key}", value, hints[key]) for key, value in given.items()})
    except TypeError as error:
        raise ConfigError(f"[{name}]: {error}") from error


def _fitting(where: str, value: object, hint: object) -> object:
    text = str(hint)
    if hint is float and type(value) is int:
        return float(value)
    if text.startswith("tuple") and isinstance(value, list):
        return tuple(value)
    wanted = dict if text.startswith("dict") else hint
    if isinstance(wanted, type) and type(value) is not wanted:
        raise ConfigError(f"{where} = {value!r} is not a {wanted.__name__}")
    return value
