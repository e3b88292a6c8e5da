"""`--format text`: for people. Each suggestion as a small diff with its evidence, then the ledger in words.

Nothing here parses markup, and every string that a stranger could have written goes through `visible`.
"""

from __future__ import annotations

import io
import os
import shutil
import textwrap
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from bot.report.diff import hunks, split_lines
from bot.report.escape import visible
from bot.report.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Evidence, Suggestion, Verified
    from bot.ledger import Review

__all__ = ["colored", "render"]

CONTEXT = 2  # unchanged lines around a change
WIDTH = 100  # columns where there is no terminal to ask
THEME = "ansi_dark"  # the terminal's own sixteen colours
LEXERS = {"c_sharp": "csharp", "csharp": "csharp", "text": "text"}  # where Pygments has another name
MARKS = {"+": "green", "-": "red", " ": "dim"}
CHECKS = {  # what a check that passed means, in words; the others are counted, and shown by `explain`
    "tree-unchanged": "syntax tree unchanged",
    "signature": "matches signature",
    "grounding": "grounded",
    "convention": "follows the convention",
    "confidence": "confidence",
}
USUAL = frozenset({"parses", "safe-text", "raises", "returns", "examples", "text", "contradiction"})


def render(
    review: Review,
    *,
    color: bool | None = None,
    width: int | None = None,
    command: str = "codebot annotate",
    applied: bool = False,
    stream: IO[Any] | None = None,
) -> str:
    """Return `review` as text for `stream`; see `bot.report.render`."""
    shown = colored(stream) if color is None else color
    terminal = stream is not None and stream.isatty()
    columns = width or (shutil.get_terminal_size((WIDTH, 24)).columns if terminal else WIDTH)
    out = io.StringIO()
    console = Console(
        file=out,
        width=max(columns, 20),
        force_terminal=shown,
        color_system="standard" if shown else None,
        no_color=not shown,
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
        change = several[0].suggestion.chunk.change
        feed = "\n" if b"\n" in change.source or b"\r" not in change.source else "\r"
        lines = split_lines(change.source.decode("utf-8", "replace"), feed)  # once a file: it may be long
        for verified in several:
            _suggestion(console, verified, lines, feed)
    for line in summary(review, command, applied=applied):
        _prose(console, line.text, line.indent, line.style, whole=line.whole)
    return _plain(out.getvalue(), stream)


def _suggestion(console: Console, verified: Verified, lines: list[str], feed: str) -> None:
    s = verified.suggestion
    head = Text(f"{visible(s.path)}:{s.start_line}", style="cyan")
    if s.chunk.symbol is not None and s.chunk.symbol.qualname:
        head.append(f"  {visible(s.chunk.symbol.qualname)}", style="bold default")
    console.print(head, soft_wrap=True)
    for line in _diff(s, lines, feed):
        console.print(line, soft_wrap=True)
    _prose(console, "\xa0· ".join(_evidence(verified.evidence)), 2, "green")
    _prose(console, f"{visible(s.id)}  {visible(s.message)}", 2, "dim")
    console.print()


def _evidence(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    rest = 0
    for e in evidence:
        if e.passed and e.check in USUAL:
            rest += 1
            continue
        words = CHECKS.get(e.check, visible(e.check.replace("-", " ")))
        detail = f" {visible(e.detail)}" if e.detail and (e.check == "confidence" or not e.passed) else ""
        yield f"{'✓' if e.passed else '✗'}\xa0{words}{detail}"
    if rest:
        yield f"{rest}\xa0more\xa0check{'s' * (rest != 1)}"


def _diff(s: Suggestion, lines: list[str], feed: str) -> Iterator[Text]:
    """Yield the lines of a small diff: mark, then code in the colours of its language."""
    new = split_lines(s.replacement, feed)
    old, start, end = ([], 0, 0) if s.new_file else (lines, s.start_line - 1, s.end_line)
    for number, hunk in enumerate(hunks(old, [(start, end, new)], CONTEXT)):
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
    """Print wrapped at words, or `whole` on one line, which a reader can copy."""
    margin = " " * indent
    lines = (
        [margin + text]
        if whole
        else textwrap.wrap(
            text,
            console.width,
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    for line in lines or [""]:  # no break at "\xa0", which `visible` leaves nowhere else
        console.print(Text(line.replace("\xa0", " "), style=style), soft_wrap=True)


def colored(stream: IO[Any] | None) -> bool:
    """Return whether to colour what goes to `stream`: only a terminal, unless the environment decides."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def _plain(text: str, stream: IO[Any] | None) -> str:
    """Return `text` with our own signs in ASCII where the stream cannot spell them."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        "✓✗·≥⋮".encode(encoding)
    except (UnicodeError, LookupError):
        return text.translate({ord("✓"): "ok", ord("✗"): "no", ord("·"): "-", ord("≥"): ">=", ord("⋮"): ":"})
    return text
