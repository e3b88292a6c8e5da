"""How a model is asked for a fix: for the faulty lines or the whole function, never for a place or a diff.

Forms: fill-in-the-middle over the faulty statement; StarCoder's commit format
(`<commit_before>…<commit_msg>…<commit_after>`, from the StarCoder paper) over the function; a chat model is
asked for the function in one code block.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chunk.edit import line_starts
from bot.data import Prompt
from bot.languages import LANGUAGES
from bot.prompt.chat import render
from bot.prompt.family import FAMILIES, neutralise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.findings.locate import Located
    from bot.ports import EngineInfo, Tokenizer

__all__ = ["LINES", "SYMBOL", "fix_prompts"]

LINES, SYMBOL = "fix:lines", "fix:symbol"  # what an answer stands in place of
_COMMIT = ("<commit_before>", "<commit_msg>", "<commit_after>")
_LINES_ROOM = 160  # tokens of an answer for some lines
_SYMBOL_MORE = 1.25  # how much longer than the function its new text may get
_WORDS = 600  # characters of a message, a cause or a failing test's output
_SYSTEM = "You fix code. You change as little as possible and keep names and signatures."
_CHAT = """\
{label} reports at {where}: {message}
{cause}{output}
```{language}
{code}```

Reply with the corrected code of exactly these lines, complete, in one fenced code block. Do not silence the \
report with a comment, and do not remove checks."""
_MESSAGE = "Fix {label}: {message}"
_VERSION = hashlib.sha256(f"{_SYSTEM}{_CHAT}{_MESSAGE}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a finding, and the code around it, safe to put into a prompt."""

    label: str
    message: str
    cause: str
    output: str
    before: str  # what lies in front of the symbol in its file, of use as context
    head: str  # of the symbol, up to the faulty lines
    faulty: str
    tail: str
    comment: str

    @property
    def symbol(self) -> str:
        return self.head + self.faulty + self.tail


def fix_prompts(one: Located, cause: str, info: EngineInfo, tokenizer: Tokenizer) -> Iterator[Prompt]:
    """Yield what to ask about one finding, in forms that this engine knows and that fit its window.

    Args:
        one: The finding in its file.
        cause: Why its rule exists, "" where nobody says.
        info: Of the engine that is asked.
        tokenizer: That engine's.
    """
    text = _text(one, cause, info)
    room = max(64, int(tokenizer.count(text.symbol) * _SYMBOL_MORE) + 32)
    family = FAMILIES[info.family]
    if info.chat:
        yield from _fitting(one, SYMBOL, _chat(one, text, info), room, ("\n```\n",), info, tokenizer)
        return
    if family.fim and text.faulty.strip() and not one.finding.of_behaviour:
        indent = text.faulty[: len(text.faulty) - len(text.faulty.lstrip(" \t"))]
        note = f"{indent}{text.comment} {_one_line(_MESSAGE, text)}\n"
        asked = family.fill(f"{text.before}{text.head}{note}{indent}", "\n" + text.tail)
        yield from _fitting(one, LINES, asked, _LINES_ROOM, family.stops, info, tokenizer)
    if set(_COMMIT) <= set(info.prompting.specials):
        before, message, after = _COMMIT
        said = f"{_one_line(_MESSAGE, text)}\n{text.output}" if text.output else _one_line(_MESSAGE, text)
        asked = f"{before}{text.symbol}{message}{said}{after}"
        yield from _fitting(one, SYMBOL, asked, room, (*family.stops, *_COMMIT), info, tokenizer)


def _fitting(  # noqa: PLR0917 - what a prompt is made of
    one: Located,
    purpose: str,
    asked: str,
    room: int,
    stop: tuple[str, ...],
    info: EngineInfo,
    tokenizer: Tokenizer,
) -> Iterator[Prompt]:
    tokens = tokenizer.count(asked)
    if tokens + room <= info.window:
        yield Prompt(
            one.chunk,
            "fix",
            purpose,
            asked,
            "chat" if info.chat else "fim",
            tokens,
            room,
            stop=stop,
            wording=f"fix@{_VERSION}",
        )


def _chat(one: Located, text: _Text, info: EngineInfo) -> str:
    asked = _CHAT.format(
        label=text.label,
        where=f"`{' '.join(text.faulty.split())[:200]}`",
        message=text.message,
        cause=f"{text.cause}\n" if text.cause else "",
        output=f"\n{text.output}\n" if text.output else "",
        language=one.language,
        code=text.symbol,
    )
    return render([{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}], info)


def _one_line(form: str, text: _Text) -> str:
    return form.format(label=text.label, message=text.message)


def _text(one: Located, cause: str, info: EngineInfo) -> _Text:
    source, starts = one.change.source, line_starts(one.change.source)

    def lines(first: int, last: int) -> str:
        raw = source[starts[first - 1] : starts[min(last, len(starts) - 1)]] if first <= last else b""
        return safe(raw.decode("utf-8", "replace").replace("\r\n", "\n"))

    def safe(words: str) -> str:
        return neutralise(words, info.prompting.specials)

    def short(words: str) -> str:
        return safe(" ".join(words.split())[:_WORDS])

    first, last = one.first, one.last
    row = LANGUAGES.get(one.language)
    finding = one.finding
    return _Text(
        label=short(finding.label),
        message=short(finding.message),
        cause=short(cause),
        output=safe(finding.output[-_WORDS:]) if finding.of_behaviour else "",
        before="",
        head=lines(first, one.start_line - 1),
        faulty=lines(one.start_line, one.end_line),
        tail=lines(one.end_line + 1, last),
        comment=row.line_comment if row else "#",
    )
