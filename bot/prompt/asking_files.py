"""What an engine is asked for a test file in any language: the code, the command, a test as style.

The words are in `wording/test-file.*.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.data import Prompt
from bot.languages import LANGUAGES
from bot.prompt.chat import render
from bot.prompt.family import FAMILIES, neutralise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.data import Chunk
    from bot.ports import EngineInfo, Tokenizer
    from bot.prompt.asking import Asking

__all__ = ["ANSWER", "WantedFile", "ask_file"]

ANSWER = 512  # tokens: a file of one test


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


def ask_file(wanted: WantedFile, info: EngineInfo, tokenizer: Tokenizer, words: Asking) -> Prompt | None:
    """Return the request, cut to what the engine has room for; None where the function alone is too long.

    Args:
        wanted: The test file.
        info: Of the engine that is asked.
        tokenizer: That engine's.
        words: From `bot.prompt.asking.asking_for`, of the task "test-file".
    """
    for code, style in ((wanted.code, wanted.style), (wanted.code, ""), (wanted.chunk.text, "")):
        values = _values(wanted, code, style, words)
        text = _chat(wanted, values, words, info) if info.chat else _fill(values, words, info)
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
                stop=(*words.stop, *FAMILIES[info.family].stops),
                wording=words.label,
            )
    return None


def _values(wanted: WantedFile, code: str, style: str, words: Asking) -> dict[str, str]:
    shown = {
        "name": wanted.name,
        "source": wanted.source,
        "path": wanted.path,
        "command": wanted.command,
        "language": wanted.language,
        "comment": LANGUAGES[wanted.language].line_comment,
        "code": code.rstrip(),
        "error": wanted.failed[1] if wanted.failed else "",
        "style": style.rstrip(),
    }
    return {**shown, "style": words.fill("style", shown) if style else ""}


def _fill(values: Mapping[str, str], words: Asking, info: EngineInfo) -> str:
    before, after = (
        neutralise(words.fill(key, values), info.prompting.specials) for key in ("prefix", "suffix")
    )
    return FAMILIES[info.family].fill(before, after)


def _chat(wanted: WantedFile, values: Mapping[str, str], words: Asking, info: EngineInfo) -> str:
    said = [("system", words.fill("system", values))] if "system" in words.templates else []
    said.append(("user", words.fill("ask", values)))
    if wanted.failed is not None:
        said += [("assistant", wanted.failed[0]), ("user", words.fill("again", values))]
    specials = info.prompting.specials
    return render([{"role": role, "content": neutralise(text, specials)} for role, text in said], info)
