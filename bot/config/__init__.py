"""Settings: flags over environment over file over default, each remembering where it came from.

`bot.config.fields` says what settings there are. The file is `.codebot.toml` at the repository's root, or
`[tool.codebot]` in its `pyproject.toml`.
"""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Any

from bot.config.fields import FIELDS, HERE, TASKS, Field, Settings, Unfit
from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FIELDS", "TASKS", "Field", "Settings", "load"]

DEDICATED = ".codebot.toml"
SHARED = "pyproject.toml"


def load(root: Path, flags: Mapping[str, object], environ: Mapping[str, str]) -> Settings:
    """Read the settings of the repository at `root`.

    Args:
        root: Where the configuration file lies, if there is one. Relative paths in it start here.
        flags: Values by the names in `FIELDS`; None and empty tuples count as not given.
        environ: Environment; every setting can be given as `CODEBOT_NAME`, lists separated by commas.

    Raises:
        UsageError: A file is broken, a key unknown, or a value not what its setting takes.
        KeyError: `flags` holds a name that is no setting, which is a bug in the caller.
    """
    values: dict[str, Any] = {}
    sources = dict.fromkeys(FIELDS, "default")

    def put(row: Field, value: object, source: str, base: Path, spelled: str) -> None:
        try:
            values[row.name] = row.read(value, base)
        except Unfit:
            raise UsageError(
                f"{source}: {spelled} must be {row.expects}, not {_shown(value)}",
                hint=f"For example: {row.example}",
            ) from None
        sources[row.name] = source

    table, file = _file(root)
    for key, value in table.items():
        put(_known(key, file), value, file, root, key)
    for row in FIELDS.values():
        if environ.get(row.env):
            put(row, environ[row.env], "environment", HERE, row.env)
            sources[row.name] = f"environment ({row.env})"
    for name, value in flags.items():
        if value is not None and value != ():
            row = FIELDS[name]
            put(row, value, "command line", HERE, row.flag)
            sources[name] = f"command line ({row.flag})"
    return Settings(**values, sources=sources)


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - what fits on a line beside the rest


def _known(key: str, file: str) -> Field:
    row = FIELDS.get(key.replace("-", "_"))
    if row is not None:
        return row
    if key == "tool":
        hint = f"In {DEDICATED} the settings stand at the top level, without [tool.codebot]."
    elif near := difflib.get_close_matches(key.replace("-", "_"), FIELDS, n=1, cutoff=0):
        hint = f"Did you mean {near[0]}?"
    raise UsageError(f"{file}: unknown key {key!r}", hint=hint)


def _file(root: Path) -> tuple[dict[str, object], str]:
    """Return the table of the one file that holds settings, and the file's name for people."""
    dedicated = _parse(root / DEDICATED)
    shared: object = None
    # Most pyproject.toml never speak of codebot: those are not worth parsing, nor failing on.
    parsed = _parse(root / SHARED, only_with="codebot")
    if parsed is not None:
        tool = parsed.get("tool", {})
        shared = tool.get("codebot") if isinstance(tool, dict) else None
    name = f"[tool.codebot] in {SHARED}"
    if dedicated is not None and shared is not None:
        raise UsageError(
            f"settings in both {DEDICATED} and {name}",
            hint="Keep one of the two, so that neither wins in silence.",
        )
    if shared is not None and not isinstance(shared, dict):
        raise UsageError(
            f"{SHARED}: tool.codebot must be a table",
            hint='Write [tool.codebot] with lines "key = value" below.',
        )
    return (dedicated, DEDICATED) if dedicated is not None else (shared or {}, name)


def _parse(path: Path, *, only_with: str = "") -> dict[str, Any] | None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path.name} cannot be read: {error}", hint="It has to be a text file in UTF-8."
        ) from error
    if only_with not in text:
        return None
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - a run without a file does without it
    else:
        import tomli as tomllib  # noqa: PLC0415 - same
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # its text names line and column
        raise UsageError(
            f"{path.name} is not valid TOML: {error}", hint="Strings need quotes, lists need brackets."
        ) from error
