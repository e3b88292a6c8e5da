"""How a model is asked for a fix: for the faulty lines or the whole function, never for a place or a diff.

Forms: fill-in-the-middle over the faulty statement; StarCoder's commit format
(`<commit_before>…<commit_msg>…<commit_after>`, from the StarCoder paper) over the function; a chat model is
asked for the function in one code block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.chunk.edit import line_starts
from bot.data import Prompt
from bot.languages import LANGUAGES
from bot.prompt.asking import Asking, asking_for, conversation, gap
from bot.prompt.family import FAMILIES, neutralise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.findings.locate import Located
    from bot.ports import EngineInfo, Tokenizer

__all__ = ["LINES", "SYMBOL", "FixWording", "fix_prompts", "fix_wording"]

LINES, SYMBOL = "fix:lines", "fix:symbol"  # what an answer stands in place of
_COMMIT = ("<commit_before>", "<commit_msg>", "<commit_after>")
_LINES_ROOM = 160  # tokens of an answer for some lines
_SYMBOL_MORE = 1.25  # how much longer than the function its new text may get
_WORDS = 600  # characters of a message, a cause or a failing test's output


@dataclass(frozen=True, slots=True)
class FixWording:
    """The words of requests for a fix."""

    general: Asking  # of the chat, or of the gap to fill in
    commit: Asking


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a finding, and the code around it."""

    label: str
    message: str
    cause: str
    output: str
    head: str  # of the symbol, up to the faulty lines
    faulty: str
    tail: str
    comment: str
    language: str

    @property
    def symbol(self) -> str:
        return self.head + self.faulty + self.tail

    def values(self) -> dict[str, str]:
        """Return what the templates' placeholders stand for."""
        return {
            "label": self.label,
            "message": self.message,
            "where": f"`{' '.join(self.faulty.split())[:200]}`",
            "cause": f"{self.cause}\n" if self.cause else "",
            "output": f"\n{self.output}\n" if self.output else "",
            "language": self.language,
            "code": self.symbol,
            "head": self.head,
            "tail": self.tail,
            "indent": self.faulty[: len(self.faulty) - len(self.faulty.lstrip(" \t"))],
            "comment": self.comment,
        }


def fix_wording(info: EngineInfo, folder: Path | None = None) -> FixWording:
    """Return the words for an engine, the user's own where `folder` has them.

    Raises:
        UsageError: A file in `folder` is not a wording.
    """
    return FixWording(asking_for("fix", info, folder), asking_for("fix", info, folder, form="commit"))


def fix_prompts(
    one: Located, cause: str, info: EngineInfo, tokenizer: Tokenizer, wording: FixWording
) -> Iterator[Prompt]:
    """Yield what to ask about one finding, in forms that this engine knows and that fit its window.

    Args:
        one: The finding in its file.
        cause: Why its rule exists, "" where nobody says.
        info: Of the engine that is asked.
        tokenizer: That engine's.
        wording: From `fix_wording`.
    """
    text = _text(one, cause)
    values = text.values()
    words, commit = wording.general, wording.commit
    room = max(64, int(tokenizer.count(neutralise(text.symbol, info.prompting.specials)) * _SYMBOL_MORE) + 32)
    family = FAMILIES[info.family]
    asked = _Asked(one, info, tokenizer)
    if info.chat:
        yield from asked.prompt(SYMBOL, conversation(words, values, info), room, words.stop, words)
        return
    if family.fim and text.faulty.strip() and not one.finding.of_behaviour:
        filled = gap(words, values, info)
        yield from asked.prompt(LINES, filled, _LINES_ROOM, (*words.stop, *family.stops), words)
    if set(_COMMIT) <= set(info.prompting.specials):
        before, message, after = _COMMIT
        said = neutralise(commit.fill("message", values).removesuffix("\n"), info.prompting.specials)
        code = neutralise(commit.fill("code", values), info.prompting.specials)
        filled = f"{before}{code}{message}{said}{after}"
        yield from asked.prompt(SYMBOL, filled, room, (*commit.stop, *family.stops, *_COMMIT), commit)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom a request is about, and who is asked."""

    one: Located
    info: EngineInfo
    tokenizer: Tokenizer

    def prompt(
        self, purpose: str, text: str, room: int, stop: tuple[str, ...], words: Asking
    ) -> Iterator[Prompt]:
        """Yield the request if it fits the window."""
        tokens = self.tokenizer.count(text)
        if tokens + room <= self.info.window:
            form: Literal["fim", "chat"] = "chat" if self.info.chat else "fim"
            yield Prompt(
                self.one.chunk, "fix", purpose, text, form, tokens, room, stop=stop, wording=words.label
            )


def _text(one: Located, cause: str) -> _Text:
    source, starts = one.change.source, line_starts(one.change.source)

    def lines(first: int, last: int) -> str:
        raw = source[starts[first - 1] : starts[min(last, len(starts) - 1)]] if first <= last else b""
        return raw.decode("utf-8", "replace").replace("\r\n", "\n")

    def short(words: str) -> str:
        return " ".join(words.split())[:_WORDS]

    first, last = one.first, one.last
    row = LANGUAGES.get(one.language)
    finding = one.finding
    return _Text(
        label=short(finding.label),
        message=short(finding.message),
        cause=short(cause),
        output=finding.output[-_WORDS:] if finding.of_behaviour else "",
        head=lines(first, one.start_line - 1),
        faulty=lines(one.start_line, one.end_line),
        tail=lines(one.end_line + 1, last),
        comment=row.line_comment if row else "#",
        language=one.language,
    )
