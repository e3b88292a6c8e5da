"""Prompt wording is data: one TOML file a task and form or family, replaceable from a user's folder."""

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
    from collections.abc import Mapping

    from bot.ports import EngineInfo

__all__ = ["Wording", "check_folder", "load_wording", "wording_for"]

_BUILT_IN = Path(__file__).parent / "wording"
_CODE = "imports class_header head body indent body_indent open close answer language name kind context code"
_OTHER = "path symbol text comment parameter summary language_name wanted"
PLACEHOLDERS = frozenset((*_CODE.split(), *_OTHER.split()))
_KEYS: dict[str, type | tuple[type, ...]] = {
    "form": str,
    "context": str,
    "kinds": list,
    "context_tokens": int,
    "body_tokens": int,
    "stop": list,
    "examples_stop": list,
    "snippet": str,
    "system": str,
    "inside": dict,
    "before": dict,
    "ask": dict,
    "wanted": dict,
    "example": list,
}
_CHOICES = {"form": ("fim", "plain", "chat"), "context": ("none", "comments", "files")}


@dataclass(frozen=True, slots=True)
class Wording:
    """A checked wording file. Templates use `{placeholders}`; `{{` and `}}` are braces."""

    name: str
    sha: str  # of its contents, comments and layout aside
    form: str  # "fim", "plain" (left to right, for models without fill-in-the-middle) or "chat"
    context: str
    kinds: tuple[str, ...]
    context_tokens: int
    body_tokens: int  # at most this much of a body, however large the window; 0: no limit
    stop: tuple[str, ...]
    examples_stop: tuple[str, ...]  # in its place where examples are asked for; none: they are not
    snippet: str
    system: str
    inside: Mapping[str, str]
    before: Mapping[str, str]
    ask: Mapping[str, str]  # by kind of purpose: "summary", "param", "returns"
    example: tuple[Mapping[str, str], ...]
    wanted: Mapping[
        str, str
    ]  # what {wanted} stands for, by purpose ("param") or purpose and kind ("summary_class")

    @property
    def label(self) -> str:
        """Name and hash: what a prompt and a cache key carry."""
        return f"{self.name}@{self.sha[:12]}"

    @property
    def asks_examples(self) -> bool:
        """Whether it has words to ask for examples."""
        return bool(self.examples_stop) and (self.form != "chat" or "examples" in self.ask)


def wording_for(task: str, info: EngineInfo, folder: Path | None = None) -> Wording:
    """Return the wording of `task` for an engine: that of its own variant, its family or its form.

    Raises:
        UsageError: A file in `folder` is not a wording, or `folder` isn't there.
    """
    family = "plain" if info.family == "none" else info.family
    names = (
        ("chat",)
        if info.chat
        else (info.prompting.wording or family, "plain" if family == "plain" else "fim")
    )
    for name in (f"{task}.{n}" for n in names):
        for place in (folder, _BUILT_IN):
            if place is not None and (place / f"{name}.toml").is_file():
                return load_wording(place / f"{name}.toml")
    raise UsageError(f"no prompt wording {task}.{names[-1]}.toml", hint="the task's name may be misspelt")


def check_folder(folder: Path) -> None:
    """Check every wording file of a user's folder, so that a misspelt name is no silent no-op.

    Raises:
        UsageError: The folder isn't there, or holds a file that is not a wording.
    """
    if not folder.is_dir():
        raise UsageError(f"prompts: {folder} is not a folder", hint=f"copy and edit files of {_BUILT_IN}")
    for file in sorted(folder.glob("*.toml")):
        load_wording(file)


def load_wording(file: Path) -> Wording:
    """Read and check one wording file.

    Raises:
        UsageError: It cannot be read, or has an unknown key, placeholder or choice.
    """
    try:
        stat = file.stat()
        return _load(file, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


@lru_cache(maxsize=32)
def _load(file: Path, _mtime: int, _size: int) -> Wording:
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not TOML: {error}") from error
    for key, value in data.items():
        _check(file, key, value)
    if data.get("form") not in _CHOICES["form"]:
        raise UsageError(f"{file}: form must be one of {', '.join(_CHOICES['form'])}")
    _check_whole(file, data)
    sha = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return Wording(
        name=file.stem,
        sha=sha,
        form=data["form"],
        context=data.get("context", "none"),
        kinds=tuple(data.get("kinds", ())),
        context_tokens=data.get("context_tokens", 0),
        body_tokens=data.get("body_tokens", 0),
        stop=tuple(data.get("stop", ())),
        examples_stop=tuple(data.get("examples_stop", ())),
        snippet=data.get("snippet", ""),
        system=data.get("system", ""),
        inside=data.get("inside", {}),
        before=data.get("before", {}),
        ask=data.get("ask", {}),
        example=tuple(data.get("example", ())),
        wanted=data.get("wanted", {}),
    )


def _check_whole(file: Path, data: Mapping[str, Any]) -> None:
    if data["form"] == "chat":
        needed = {"ask": ["summary"]}
    else:
        needed = {"inside": ["prefix", "suffix"], "before": ["prefix", "suffix"]}
    for table, keys in needed.items():
        missing = [key for key in keys if key not in data.get(table, {})]
        if missing:
            raise UsageError(f"{file}: [{table}] lacks {', '.join(missing)}")


def _check(file: Path, key: str, value: object) -> None:
    if key not in _KEYS:
        near = get_close_matches(key, _KEYS, 1)
        raise UsageError(f"{file}: unknown key {key!r}", hint=f"did you mean {near[0]!r}?" if near else "")
    if not isinstance(value, _KEYS[key]):
        raise UsageError(f"{file}: {key} is of the wrong type")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise UsageError(f"{file}: {key} must be one of {', '.join(_CHOICES[key])}")
    if key in {"form", "context", "kinds", "example"}:
        return
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    for text in parts:
        if isinstance(text, str):
            _check_placeholders(file, key, text)


def _check_placeholders(file: Path, key: str, text: str) -> None:
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise UsageError(f"{file}: {key}: {error}", hint="write {{ and }} for braces") from error
    unknown = sorted({name or "{}" for name in names} - PLACEHOLDERS)
    if unknown:
        known = ", ".join(sorted(PLACEHOLDERS))
        raise UsageError(f"{file}: {key}: unknown placeholder {', '.join(unknown)}", hint=f"known: {known}")
