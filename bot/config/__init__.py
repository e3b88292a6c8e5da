"""Settings: flags over environment over the repository's file over the user's own over default.

`bot.config.fields` says what settings there are; each remembers where it came from. The repository's file is
`.codebot.toml` at its root, or `[tool.codebot]` in its `pyproject.toml`; what it may not decide is in
`bot.config.trust`. The user's own is `config.toml` in `user_folder`.
"""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.config.fields import FIELDS, HERE, TASKS, Field, Settings, Unfit
from bot.config.trust import Trust, needs_trust, user_folder
from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "TASKS", "Field", "Settings", "distrust", "load", "sensitive", "user_folder"]

DEDICATED = ".codebot.toml"
SHARED = "pyproject.toml"
OWN = "config.toml"


def load(root: Path, flags: Mapping[str, object], environ: Mapping[str, str]) -> Settings:
    """Read the settings of the repository at `root`.

    What the repository may not decide, and the user did not trust, is left out: it is in
    `Settings.untrusted`, unless something else sets it anyway.

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
    own = user_folder(environ)
    for name, (value, source) in _own(own).items():
        values[name], sources[name] = value, source
    repository = _repository(root)
    untrusted = _guarded(root, repository)
    if untrusted and Trust(own).covers(root, untrusted):
        untrusted = {}
    for name, (value, source) in repository.items():
        if name not in untrusted:
            values[name], sources[name] = value, source
    for row in FIELDS.values():
        if environ.get(row.env):
            source = f"environment ({row.env})"
            values[row.name] = _typed(row, environ[row.env], "environment", HERE, row.env)
            sources[row.name] = source
            untrusted.pop(row.name, None)
    for name, value in flags.items():
        if value is not None and value != ():
            row = FIELDS[name]
            values[name] = _typed(row, value, "command line", HERE, row.flag)
            sources[name] = f"command line ({row.flag})"
            untrusted.pop(name, None)
    return Settings(**values, sources=sources, untrusted=untrusted)


def sensitive(root: Path) -> dict[str, object]:
    """Return what the repository's own file sets that counts only once the user trusts it.

    Raises:
        UsageError: The file is broken.
    """
    return _guarded(root, _repository(root))


def distrust(settings: Settings) -> UsageError | None:
    """Return the error for a command that must not go on without what is not trusted, or None."""
    if not settings.untrusted:
        return None
    named = ", ".join(f"{name} = {_shown(value)}" for name, value in settings.untrusted.items())
    return UsageError(
        f"this repository's configuration asks for {named}, which you have not trusted",
        hint="If you know who wrote it: codebot trust. If not, name your own: --engine URL, CODEBOT_ENGINE, "
        f"or {OWN} in your own folder (codebot trust --help).",
    )


def _guarded(root: Path, repository: Mapping[str, tuple[Any, str]]) -> dict[str, object]:
    return {name: value for name, (value, _) in repository.items() if needs_trust(name, value, root)}


def _repository(root: Path) -> dict[str, tuple[Any, str]]:
    """Return what the repository's file sets: each value typed, and the file's name."""
    table, file = _file(root)
    return _rows(table, file, root)


def _own(folder: Path) -> dict[str, tuple[Any, str]]:
    """Return what the user's own file sets."""
    return _rows(_parse(folder / OWN) or {}, str(folder / OWN), folder)


def _rows(table: Mapping[str, object], file: str, base: Path) -> dict[str, tuple[Any, str]]:
    found = {}
    for key, value in table.items():
        row = _known(key, file)
        found[row.name] = (_typed(row, value, file, base, key), file)
    return found


def _typed(row: Field, value: object, source: str, base: Path, spelled: str) -> object:
    try:
        return row.read(value, base)
    except Unfit:
        raise UsageError(
            f"{source}: {spelled} must be {row.expects}, not {_shown(value)}",
            hint=f"For example: {row.example}",
        ) from None


def _shown(value: object) -> str:
    if isinstance(value, (Path, str)):
        value = re.sub("//[^/]*@", "//", str(value))  # an address without credentials
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
