"""What an engine is asked for a test file in any language: the code, the command, a test as style.

The words are in `wording/test-file.*.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.data import Prompt
from bot.languages import LANGUAGES
from bot.prompt.asking import conversation, gap
from bot.prompt.family import FAMILIES

if TYPE_CHECKING:
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
        earlier = wanted.failed[0] if wanted.failed else None
        text = conversation(words, values, info, earlier) if info.chat else gap(words, values, info)
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
