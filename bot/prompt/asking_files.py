"""What an engine is asked for a test file in any language: the code, the command, a test as style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.data import Prompt
from bot.languages import LANGUAGES
from bot.prompt.chat import render
from bot.prompt.family import FAMILIES, neutralise

if TYPE_CHECKING:
    from bot.data import Chunk
    from bot.ports import EngineInfo, Tokenizer

__all__ = ["ANSWER", "WantedFile", "ask_file"]

ANSWER = 512  # tokens: a file of one test
_WORDING = "test-file@1"
_TASK = """\
Write one test file for the function `{name}` of `{source}`. Its path will be `{path}`, and it is run by:
{command}
It has to end with a status other than 0 where an assertion fails. Assert exact results for typical and for \
odd input. No mocks, network, clock or randomness. Answer with one code block that holds the whole file and \
nothing else."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A test file that an engine is asked for."""

    chunk: Chunk
    language: str
    name: str  # of the function
    source: str  # path of the file it lies in
    code: str  # that file's text
    path: str  # of the test file
    command: str
    style: str = ""  # a test file of the repository
    failed: tuple[str, str] | None = None  # an earlier answer and its error


def ask_file(wanted: WantedFile, info: EngineInfo, tokenizer: Tokenizer) -> Prompt | None:
    """Return the request, cut to what the engine has room for; None where the function alone is too long."""
    for code, style in ((wanted.code, wanted.style), (wanted.code, ""), (wanted.chunk.text, "")):
        text = _chat(wanted, code, style, info) if info.chat else _fill(wanted, code, style, info)
        tokens = tokenizer.count(text)
        if tokens <= info.window - ANSWER:
            return Prompt(
                chunk=wanted.chunk,
                task="test",
                purpose="body" if wanted.failed is None else "repair",
                text=text,
                form="chat" if info.chat else "fim",
                tokens=tokens,
                max_tokens=ANSWER,
                stop=tuple(FAMILIES[info.family].stops),
                wording=_WORDING,
            )
    return None


def _fill(wanted: WantedFile, code: str, style: str, info: EngineInfo) -> str:
    mark = LANGUAGES[wanted.language].line_comment
    parts = [f"{mark} {wanted.source}\n{code.rstrip()}\n"]
    if style:
        parts.append(f"{mark} a test\n{style.rstrip()}\n")
    parts.append(f"{mark} {wanted.path}: tests {wanted.name}\n")
    before = neutralise("\n".join(parts), info.prompting.specials)
    return FAMILIES[info.family].fill(before, "\n")


def _chat(wanted: WantedFile, code: str, style: str, info: EngineInfo) -> str:
    task = _TASK.format(name=wanted.name, source=wanted.source, path=wanted.path, command=wanted.command)
    parts = [task, f"```{wanted.language}\n{code.rstrip()}\n```"]
    if style:
        parts.append(
            f"A test of this repository, for its style:\n```{wanted.language}\n{style.rstrip()}\n```"
        )
    messages = [{"role": "user", "content": neutralise("\n\n".join(parts), info.prompting.specials)}]
    if wanted.failed is not None:
        answer, error = wanted.failed
        again = f"It fails:\n{error}\nWrite it again, so that it passes."
        messages += [
            {"role": "assistant", "content": neutralise(answer, info.prompting.specials)},
            {"role": "user", "content": neutralise(again, info.prompting.specials)},
        ]
    return render(messages, info)
