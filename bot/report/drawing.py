"""The drawn part of a text report: each suggestion as a small diff, coloured where that can be seen."""

from __future__ import annotations

import io
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from bot.report.diff import first_line, source_lines, suggested
from bot.report.escape import visible
from bot.report.prose import evidence, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Suggestion, Verified
    from bot.ledger import Review
    from bot.report.diff import Hunk
    from bot.report.summary import Line

__all__ = ["draw"]

CONTEXT = 2  # unchanged lines around a change
THEME = "ansi_dark"  # the terminal's own sixteen colours
LEXERS = {"c_sharp": "csharp", "csharp": "csharp", "text": "text"}  # where Pygments has another name
MARKS = {"+": "green", "-": "red", " ": "dim"}


def draw(review: Review, lines: list[Line], *, color: bool, width: int) -> str:
    """Return the review's suggestions as diffs, then `lines`, for a terminal of `width` columns."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for path, found in groupby(review.verified, key=lambda v: v.suggestion.path):
        several = list(found)
        head = Text(visible(path), style="bold")
        head.append(f"  {len(several)} suggestion{'s' * (len(several) != 1)}\n", style="not bold dim")
        console.print(head, soft_wrap=True)
        source, feed = source_lines(several[0].suggestion.chunk.change)
        for verified in several:
            _suggestion(console, verified, source, feed)
    for line in lines:
        _prose(console, line.text, line.indent, line.style, whole=line.whole)
    return out.getvalue()


def _suggestion(console: Console, verified: Verified, lines: list[str], feed: str) -> None:
    s = verified.suggestion
    found = list(suggested(s, lines, feed, CONTEXT))
    head = Text(f"{visible(s.path)}:{1 if s.new_file else first_line(s, found)}", style="cyan")
    if s.subject.symbol is not None and s.subject.symbol.qualname:
        head.append(f"  {visible(s.subject.symbol.qualname)}", style="bold default")
    console.print(head, soft_wrap=True)
    for line in _diff(s, found):
        console.print(line, soft_wrap=True)
    _prose(console, "\xa0· ".join(evidence(verified.evidence)), 2, "green")
    _prose(console, f"{visible(s.id)}  {visible(s.message)}", 2, "dim")
    console.print()


def _diff(s: Suggestion, found: list[Hunk[str]]) -> Iterator[Text]:
    """Yield the lines of a small diff: mark, then code in the colours of its language."""
    for number, hunk in enumerate(found):
        if number:
            yield Text("  ⋮", style="dim")
        shown = [
            visible(line.removesuffix("\n").removesuffix("\r"), keep="\t").expandtabs(4)
            for _, line in hunk.lines
        ]
        code = _highlight("\n".join(shown), s.chunk.language)
        for (mark, _), line in zip(hunk.lines, code, strict=True):
            whole = Text.assemble("  ", (mark, MARKS[mark]), " ", line)
            whole.rstrip()
            yield whole


def _highlight(code: str, language: str) -> list[Text]:
    text = Syntax(code, LEXERS.get(language, language), theme=THEME).highlight(code)
    lines = list(text.split("\n", allow_blank=True))
    return lines[: code.count("\n") + 1]  # lexers end the text with a line feed of their own


def _prose(console: Console, text: str, indent: int, style: str, *, whole: bool = False) -> None:
    for line in wrapped(text, indent, console.width, whole=whole):
        console.print(Text(line, style=style), soft_wrap=True)
