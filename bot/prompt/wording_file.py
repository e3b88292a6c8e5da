"""What all wording files have in common: where they lie, and how a mistake in one is told."""

from __future__ import annotations

import hashlib
import json
import string
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.ports import EngineInfo

__all__ = ["BUILT_IN", "WordingFile", "check_keys", "check_placeholders", "find", "read_toml", "variants"]

BUILT_IN = Path(__file__).parent / "wording"


@dataclass(frozen=True, slots=True)
class WordingFile:
    """A file's contents as TOML has them."""

    path: Path
    data: Mapping[str, Any]

    @property
    def sha(self) -> str:
        """Hash of its contents, comments and layout aside."""
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()


def variants(info: EngineInfo, general: str = "fim") -> tuple[str, ...]:
    """Return the names of an engine's wordings, the closest first: its variant or family, then the form."""
    family = "plain" if info.family == "none" else info.family
    return ("chat",) if info.chat else (info.prompting.wording or family, general)


def find(task: str, names: Iterable[str], folder: Path | None) -> Path:
    """Return the first wording file of a task that there is, the user's before the packaged one.

    Raises:
        UsageError: There is none.
    """
    asked = tuple(names)
    for name in asked:
        for place in (folder, BUILT_IN):
            if place is not None and (place / f"{task}.{name}.toml").is_file():
                return place / f"{task}.{name}.toml"
    raise UsageError(f"no prompt wording {task}.{asked[-1]}.toml", hint="the task's name may be misspelt")


def read_toml(file: Path) -> WordingFile:
    """Read a file, once for each state it is in.

    Raises:
        UsageError: It cannot be read, or is not TOML.
    """
    try:
        stat = file.stat()
        return _read(file, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


@lru_cache(maxsize=32)
def _read(file: Path, _mtime: int, _size: int) -> WordingFile:
    try:
        return WordingFile(file, tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not TOML: {error}") from error


def check_keys(file: WordingFile, known: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse keys that are not known, and values of the wrong type.

    Raises:
        UsageError: There is one; the hint names what may be meant.
    """
    for key, value in file.data.items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"{file.path}: unknown key {key!r}", hint=hint)
        if not isinstance(value, known[key]):
            raise UsageError(f"{file.path}: {key} is of the wrong type")


def check_placeholders(file: Path, key: str, text: str, known: frozenset[str]) -> None:
    """Refuse a template with placeholders that nothing is put in the place of.

    Raises:
        UsageError: There is one, or a brace that is none.
    """
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise UsageError(f"{file}: {key}: {error}", hint="write {{ and }} for braces") from error
    unknown = sorted({name or "{}" for name in names} - known)
    if unknown:
        told = ", ".join(sorted(known))
        raise UsageError(f"{file}: {key}: unknown placeholder {', '.join(unknown)}", hint=f"known: {told}")
