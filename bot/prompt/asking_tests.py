"""What an engine is asked for a test: the function, real calls of it with their outcome, a test as style.

A model that fills gaps gets a test file with the body missing; one that chats is asked for one code block.
Neither is asked for line numbers or for any other format. The words are in `wording/test.*.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.data import Prompt
from bot.prompt.asking import conversation, gap
from bot.prompt.family import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.data import Chunk
    from bot.ports import EngineInfo, Tokenizer
    from bot.prompt.asking import Asking

__all__ = ["ANSWER", "Wanted", "ask"]

ANSWER = 128  # tokens: a test of a few lines
_NOTHING = dict.fromkeys(("calls", "style"), "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A test that an engine is asked for."""

    chunk: Chunk
    name: str  # of the test, as in "test_total"
    code: str  # of the function, in its class's header where it has one
    imports: str  # line by which the test file gets at it
    calls: Sequence[str] = ()  # real calls
    style: str = ""  # a test of the repository
    failed: tuple[str, str] | None = None  # an earlier answer and its error


def ask(wanted: Wanted, info: EngineInfo, tokenizer: Tokenizer, words: Asking) -> Prompt | None:
    """Return the request, cut to what the engine has room for; None where the function alone is too long.

    Args:
        wanted: The test.
        info: Of the engine that is asked.
        tokenizer: That engine's.
        words: From `bot.prompt.asking.asking_for`, of the task "test".
    """
    room = info.window - ANSWER
    for calls, style in _less(wanted):
        values = _values(wanted, calls, style, words)
        earlier = wanted.failed[0] if wanted.failed else None
        text = conversation(words, values, info, earlier) if info.chat else gap(words, values, info)
        tokens = tokenizer.count(text)
        if tokens <= room and _halves_fit(values, words, info, tokenizer):
            stops = FAMILIES[info.family].stops
            return Prompt(
                chunk=wanted.chunk,
                task="test",
                purpose="body" if wanted.failed is None else "repair",
                text=text,
                form="chat" if info.chat else "fim",
                tokens=tokens,
                max_tokens=ANSWER * (2 if info.chat else 1),
                stop=(*words.stop, *stops),
                wording=words.label,
            )
    return None


def _less(wanted: Wanted) -> Iterator[tuple[Sequence[str], str]]:
    yield wanted.calls, wanted.style
    yield wanted.calls[:3], ""
    yield (), ""


def _values(wanted: Wanted, calls: Sequence[str], style: str, words: Asking) -> dict[str, str]:
    """Return what the templates' placeholders stand for; calls and style in their own templates."""
    shown = {"name": wanted.name, "code": wanted.code.rstrip(), "imports": wanted.imports}
    shown["error"] = wanted.failed[1] if wanted.failed else ""
    if "call" in words.templates:
        told = "".join(words.fill("call", {**_NOTHING, **shown, "calls": call}) for call in calls)
    else:
        told = words.fill("calls", {**_NOTHING, **shown, "calls": "\n".join(calls)}) if calls else ""
    example = words.fill("style", {**_NOTHING, **shown, "style": style.rstrip()}) if style else ""
    return {**_NOTHING, **shown, "calls": told, "style": example}


def _halves_fit(values: Mapping[str, str], words: Asking, info: EngineInfo, tokenizer: Tokenizer) -> bool:
    """Whether the prefix is as long as the model knows; one that was trained on tests knows any that fits."""
    limits = None if "tests" in info.prompting.tasks else info.prompting.fim_limits
    return info.chat or limits is None or tokenizer.count(words.fill("prefix", values)) <= limits[0]
