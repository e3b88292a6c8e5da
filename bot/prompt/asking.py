"""The wording of fix and test prompts: one TOML file a task and form, replaceable from a user's folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.prompt.chat import render, with_system
from bot.prompt.family import FAMILIES, neutralise
from bot.prompt.wording_file import check_keys, check_placeholders, find, read_toml, variants

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.ports import EngineInfo

__all__ = ["TASKS", "Asking", "asking_for", "conversation", "gap", "load"]

_FIX = frozenset("label message where cause output language code head tail indent comment".split())  # noqa: SIM905
_TEST = frozenset("name code imports calls style error".split())  # noqa: SIM905
_FILE = frozenset("name source path command language comment code style error".split())  # noqa: SIM905
_TEST_FORMS: Mapping[str, tuple[str, ...]] = {
    "fim": ("prefix", "suffix", "style", "call"),
    "chat": ("ask", "calls", "style", "again"),
}
# task -> what stands for something in its templates, and the templates that each form needs
TASKS: Mapping[str, tuple[frozenset[str], Mapping[str, tuple[str, ...]]]] = {
    "fix": (_FIX, {"fim": ("prefix", "suffix"), "commit": ("code", "message"), "chat": ("ask",)}),
    "test": (_TEST, _TEST_FORMS),
    "test-javascript": (_TEST, _TEST_FORMS),
    "test-file": (_FILE, {"fim": ("prefix", "suffix", "style"), "chat": ("ask", "style", "again")}),
}
_OPTIONAL = ("system",)


@dataclass(frozen=True, slots=True)
class Asking:
    """A checked wording file. Templates use `{placeholders}`; `{{` and `}}` are braces."""

    name: str
    sha: str  # of its contents, comments and layout aside
    templates: Mapping[str, str]
    stop: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name and hash: what a prompt and a cache key carry."""
        return f"{self.name}@{self.sha[:12]}"

    def fill(self, key: str, values: Mapping[str, str]) -> str:
        """Return a template with its placeholders filled in; "" for one that the file leaves out."""
        return self.templates.get(key, "").format_map(values)


def asking_for(task: str, info: EngineInfo, folder: Path | None = None, *, form: str = "") -> Asking:
    """Return the wording of a task for an engine: that of its own variant, its family or its form.

    Args:
        task: One of `TASKS`.
        info: Of the engine.
        folder: The user's own wordings.
        form: In place of what the engine itself suggests, such as "commit".

    Raises:
        UsageError: A file in `folder` is not a wording.
    """
    return load(find(task, (form,) if form else variants(info), folder))


def load(file: Path) -> Asking:
    """Read and check one wording file.

    Raises:
        UsageError: It cannot be read, or has an unknown key or placeholder, or lacks a template.
    """
    task, _, _ = file.stem.partition(".")
    known, forms = TASKS[task]
    read = read_toml(file)
    form = str(read.data.get("form"))
    if form not in forms:
        raise UsageError(f"{file}: form must be one of {', '.join(forms)}")
    keys: dict[str, type | tuple[type, ...]] = {"form": str, "stop": list}
    check_keys(read, {**keys, **dict.fromkeys((*forms[form], *_OPTIONAL), str)})
    missing = [key for key in forms[form] if key not in read.data]
    if missing:
        raise UsageError(f"{file}: lacks {', '.join(missing)}")
    templates = {key: str(value) for key, value in read.data.items() if key not in keys}
    for key, text in templates.items():
        check_placeholders(file, key, text, known)
    return Asking(file.stem, read.sha, templates, tuple(map(str, read.data.get("stop", ()))))


def gap(words: Asking, values: Mapping[str, str], info: EngineInfo) -> str:
    """Return a request to fill in what lies between the templates `prefix` and `suffix`."""
    before, after = (
        neutralise(words.fill(key, values), info.prompting.specials) for key in ("prefix", "suffix")
    )
    return FAMILIES[info.family].fill(before, after)


def conversation(
    words: Asking, values: Mapping[str, str], info: EngineInfo, earlier: str | None = None
) -> str:
    """Return the templates `system` and `ask` as the model's own template spells them.

    Args:
        words: The wording.
        values: What its placeholders stand for.
        info: Of the model.
        earlier: Its answer to `ask`; the template `again` follows.
    """

    def turn(role: str, text: str) -> dict[str, str]:
        return {"role": role, "content": neutralise(text, info.prompting.specials)}

    turns = [turn("user", words.fill("ask", values))]
    if earlier is not None:
        turns += [turn("assistant", earlier), turn("user", words.fill("again", values))]
    system = neutralise(words.fill("system", values), info.prompting.specials)
    return render(with_system(system, turns, info), info)
