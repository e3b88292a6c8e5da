"""Real chunks, made-up answers: what the tests of the docstring task share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.chunk.edit import edited_source
from bot.chunk.split import split
from bot.data import Change, Chunk, Completion, Prompt, Rejected, Skipped, Suggestion
from bot.tasks.docstrings import DocOptions, HouseStyle, Target, compose, purposes, target

if TYPE_CHECKING:
    from collections.abc import Callable

# One file a language, with what a doc comment must stand above: exports, attributes, templates.
SNIPPETS = {each.name: each.read_text("utf-8") for each in (Path(__file__).parent / "snippets").iterdir()}
SUMMARY = "Does what is asked of it"
PHRASE = "what it is given"


def change_of(source: str | bytes, path: str = "shop/cart.py", **fields: object) -> Change:
    """Return a change that holds `source`."""
    raw = source if isinstance(source, bytes) else source.encode()
    return Change(path, raw, raw, **fields)  # type: ignore[arg-type]  # fields of Change, by name


def decisions(
    source: str | bytes, path: str = "shop/cart.py", options: DocOptions | None = None, **fields: object
) -> list[Target | Skipped]:
    """Return what is decided about every chunk of a file."""
    return [target(c, options=options) for c in split(change_of(source, path, **fields), budget=20_000)]


def only_target(source: str | bytes, path: str = "shop/cart.py", options: DocOptions | None = None) -> Target:
    """Return the one target of a file."""
    (found,) = [d for d in decisions(source, path, options) if isinstance(d, Target)]
    return found


def answer(
    chunk: Chunk, text: str, purpose: str = "summary", finish: Literal["stop", "length"] = "stop"
) -> Completion:
    """Return an engine's answer."""
    prompt = Prompt(chunk, "docstring", purpose, "", "fim", 1, 64)
    return Completion(prompt, text, finish, 1, 1, 0.1)


def documented(task: Target, style: HouseStyle, text: str = SUMMARY) -> Suggestion | Rejected:
    """Answer everything that is asked about a target."""
    said = [answer(task.chunk, PHRASE, each) for each in purposes(task, style)]
    return compose(task, [answer(task.chunk, text), *said], style)


def document_all(
    source: str | bytes,
    path: str = "shop/cart.py",
    *,
    style: HouseStyle | None = None,
    options: DocOptions | None = None,
    text: str | Callable[[Target], str] = SUMMARY,
) -> bytes:
    """Return a file with every suggestion for it applied; fails where an answer is rejected."""
    made = []
    for found in decisions(source, path, options):
        if isinstance(found, Target):
            said = text if isinstance(text, str) else text(found)
            suggestion = documented(found, style or HouseStyle(), said)
            assert isinstance(suggestion, Suggestion), suggestion
            made.append(suggestion)
    return edited_source(change_of(source, path), made)
