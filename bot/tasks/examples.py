"""Examples in a docstring, in doctest's form: read out of answers, and laid out as lines."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.data import Completion

__all__ = ["PURPOSE", "Cut", "Example", "Tried", "parsed", "read_examples", "without_examples"]

PURPOSE = "examples"  # of a prompt that asks for them
MOST = 4  # examples of one docstring
_LONGEST = 8  # lines of one example
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_BLOCK = re.compile(r"^[ \t]*>>> .*\n?(?:[ \t]*\S.*(?:\n|\Z))*", re.MULTILINE)
_HEAD = re.compile(r"\n[ \t]*Examples?(?::|[ \t]*\n[ \t]*-{3,})[ \t]*\n*\Z")
_PROMPT = re.compile(r"^[ \t]*>>>", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """What is typed and what is printed, each with its line ends."""

    source: str  # without prompts
    want: str  # "" for nothing

    @property
    def lines(self) -> list[str]:
        """The example as it stands in a docstring, unindented."""
        first, *rest = self.source.splitlines() or [""]
        typed = [f">>> {first}".rstrip(), *(f"... {line}".rstrip() for line in rest)]
        return [*typed, *self.want.splitlines()]


@dataclass(frozen=True, slots=True)
class Cut:
    """Examples that are not shown. `reason` is a key of `bot.reasons.EXAMPLES`."""

    reason: str
    detail: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Tried:
    """The examples that stay, in order, and those that do not."""

    kept: tuple[Example, ...] = ()
    cut: tuple[Cut, ...] = ()


def read_examples(
    completions: Sequence[Completion], width: int
) -> tuple[tuple[Example, ...], tuple[Cut, ...]]:
    """Return the examples of answers that can stand in a docstring, and those that cannot.

    Args:
        completions: The answers about one symbol.
        width: Columns that a line of an example may take.
    """
    found: list[Example] = []
    cut: list[Cut] = []
    for answer in completions:
        text = _text(answer)
        if ">>>" not in text:
            continue
        try:
            mine = list(parsed(text))
        except ValueError as error:
            cut.append(Cut("malformed", str(error), len(_PROMPT.findall(text))))
            continue
        if mine and answer.finish == "length":  # its last line may be half of one
            mine.pop()
            cut.append(Cut("cut-short"))
        found += [one for one in mine if one not in found]
    kept: list[Example] = []
    for one in found:
        reason = _unfit(one, width)
        if not reason and len(kept) == MOST:
            reason = "too-many"
        if reason:
            cut.append(Cut(reason, one.lines[0]))
        else:
            kept.append(one)
    return tuple(kept), tuple(cut)


def parsed(text: str) -> Iterator[Example]:
    """Yield the examples in a text, as doctest reads them.

    Raises:
        ValueError: They are not in its form.
    """
    from doctest import DocTestParser  # noqa: PLC0415 - brings unittest and pdb along

    for one in DocTestParser().get_examples(text):
        yield Example(one.source, textwrap.dedent(one.want))


def without_examples(doc: str) -> str:
    """Return a dedented docstring without its examples, and without the heading of those at its end."""
    return _HEAD.sub("\n", _BLOCK.sub("", doc)) if ">>>" in doc else doc


def _text(answer: Completion) -> str:
    """Return the part of an answer that may hold examples, its lines as deep as they are meant."""
    text = answer.text.replace("\r\n", "\n")
    if answer.prompt.purpose not in {"summary", PURPOSE}:
        return ""
    if answer.prompt.purpose == PURPOSE and answer.prompt.form != "chat":  # it goes on behind a prompt
        first, _, rest = text.partition("\n")
        text = f">>>{first}\n{textwrap.dedent(rest)}"
    if ">>>" not in text:
        return ""
    quotes = re.match(r"\s*[rRuU]?(\"\"\"|''')", text)
    text = text[quotes.end() :] if quotes else text
    text = re.split(r"\"\"\"|'''", text, maxsplit=1)[0]
    return _FENCE.sub("", text) + "\n"


def _unfit(one: Example, width: int) -> str:
    if len(one.lines) > _LONGEST:
        return "too-long"
    return "too-wide" if any(len(line) > width for line in one.lines) else ""
