"""What an engine is asked for a test: the function, real calls of it with their outcome, a test as style.

A model that fills gaps gets a test file with the body missing; one that chats is asked for one code block.
Neither is asked for line numbers or for any other format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.data import Prompt
from bot.prompt.chat import render
from bot.prompt.family import FAMILIES, neutralise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.data import Chunk
    from bot.ports import EngineInfo, Tokenizer

__all__ = ["ANSWER", "Wanted", "ask"]

ANSWER = 128  # tokens: a test of a few lines
_WORDING = "test@1"
_TASK = """\
Write one test for this Python function. Assert exact results for typical and for odd input. \
No mocks, files, network, clock or randomness. \
Answer with one code block that holds the function `{name}` and nothing else."""
_STOPS = ("\ndef ", "\nclass ", "\n@", "\n#", "\n\n\n", "\nif __name__", "\n```")


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


def ask(wanted: Wanted, info: EngineInfo, tokenizer: Tokenizer) -> Prompt | None:
    """Return the request, cut to what the engine has room for; None where the function alone is too long."""
    room = info.window - ANSWER
    for calls, style in _less(wanted):
        text = _chat(wanted, calls, style, info) if info.chat else _fill(wanted, calls, style, info)
        tokens = tokenizer.count(text)
        if tokens <= room and _halves_fit(wanted, calls, style, info, tokenizer):
            stops = FAMILIES[info.family].stops
            return Prompt(
                chunk=wanted.chunk,
                task="test",
                purpose="body" if wanted.failed is None else "repair",
                text=text,
                form="chat" if info.chat else "fim",
                tokens=tokens,
                max_tokens=ANSWER * (2 if info.chat else 1),
                stop=tuple(stops) if info.chat else (*_STOPS, *stops),
                wording=_WORDING,
            )
    return None


def _less(wanted: Wanted) -> Iterator[tuple[Sequence[str], str]]:
    yield wanted.calls, wanted.style
    yield wanted.calls[:3], ""
    yield (), ""


def _before(wanted: Wanted, calls: Sequence[str], style: str) -> str:
    shown = "".join(f"# {call}\n" for call in calls)
    example = f"{style.rstrip()}\n\n\n" if style else ""
    return f"{wanted.code.rstrip()}\n\n\n{wanted.imports}\n\n\n{example}{shown}def {wanted.name}():\n    "


def _fill(wanted: Wanted, calls: Sequence[str], style: str, info: EngineInfo) -> str:
    specials = info.prompting.specials
    before = neutralise(_before(wanted, calls, style), specials)
    return FAMILIES[info.family].fill(before, "\n")


def _halves_fit(
    wanted: Wanted, calls: Sequence[str], style: str, info: EngineInfo, tokenizer: Tokenizer
) -> bool:
    limits = info.prompting.fim_limits
    return info.chat or limits is None or tokenizer.count(_before(wanted, calls, style)) <= limits[0]


def _chat(wanted: Wanted, calls: Sequence[str], style: str, info: EngineInfo) -> str:
    parts = [
        _TASK.format(name=wanted.name),
        f"```python\n{wanted.code.rstrip()}\n```",
        f"It is imported by `{wanted.imports}`.",
    ]
    if calls:
        parts.append("It is called like this:\n" + "\n".join(calls))
    if style:
        parts.append(f"A test of this repository, for its style:\n```python\n{style.rstrip()}\n```")
    messages = [{"role": "user", "content": neutralise("\n\n".join(parts), info.prompting.specials)}]
    if wanted.failed is not None:
        answer, error = wanted.failed
        again = f"It fails:\n{error}\nWrite it again, so that it passes."
        messages += [
            {"role": "assistant", "content": neutralise(answer, info.prompting.specials)},
            {"role": "user", "content": neutralise(again, info.prompting.specials)},
        ]
    return render(messages, info)
