"""Prompt wording is data: one TOML file a task and form or family, replaceable from a user's folder.

This module reads that of docstrings; `bot.prompt.asking` reads that of fixes and tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError
from bot.prompt import asking
from bot.prompt.wording_file import BUILT_IN, check_keys, check_placeholders, find, read_toml, variants

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.ports import EngineInfo

__all__ = ["Wording", "check_folder", "load_wording", "wording_for"]

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
    general = "plain" if info.family == "none" else "fim"
    return load_wording(find(task, variants(info, general), folder))


def check_folder(folder: Path) -> None:
    """Check every wording file of a user's folder, so that a misspelt name is no silent no-op.

    Raises:
        UsageError: The folder isn't there, or holds a file that is not a wording.
    """
    if not folder.is_dir():
        raise UsageError(f"prompts: {folder} is not a folder", hint=f"copy and edit files of {BUILT_IN}")
    for file in sorted(folder.glob("*.toml")):
        task = file.stem.partition(".")[0]
        if task in asking.TASKS:
            asking.load(file)
        elif task == "docstring":
            load_wording(file)
        else:
            known = ", ".join(f"{one}.FORM.toml" for one in ("docstring", *asking.TASKS))
            raise UsageError(f"{file}: no wording of any task", hint=f"names are {known}")


def load_wording(file: Path) -> Wording:
    """Read and check one wording file of docstrings.

    Raises:
        UsageError: It cannot be read, or has an unknown key, placeholder or choice.
    """
    read = read_toml(file)
    data: Mapping[str, Any] = read.data
    check_keys(read, _KEYS)
    for key, value in data.items():
        _check(file, key, value)
    if data.get("form") not in _CHOICES["form"]:
        raise UsageError(f"{file}: form must be one of {', '.join(_CHOICES['form'])}")
    _check_whole(file, data)
    return Wording(
        name=file.stem,
        sha=read.sha,
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
    if key in _CHOICES and value not in _CHOICES[key]:
        raise UsageError(f"{file}: {key} must be one of {', '.join(_CHOICES[key])}")
    if key in {"form", "context", "kinds", "example"}:
        return
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    for text in parts:
        if isinstance(text, str):
            check_placeholders(file, key, text, PLACEHOLDERS)
