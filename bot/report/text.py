"""`--format text`: for people. Each suggestion as a small diff with its evidence, then the ledger in words.

Nothing here parses markup, and every string that a stranger could have written goes through `visible`.
"""

from __future__ import annotations

import os
import shutil
from typing import IO, TYPE_CHECKING, Any

from bot.report.prose import wrapped
from bot.report.summary import summary

if TYPE_CHECKING:
    from bot.ledger import Review
    from bot.report.summary import Line

__all__ = ["colored", "laid_out", "render"]

WIDTH = 100  # columns where there is no terminal to ask


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
    return laid_out(review, list(summary(review, command, applied=applied)), color, width, stream)


def laid_out(
    review: Review, lines: list[Line], color: bool | None, width: int | None, stream: IO[Any] | None
) -> str:
    """Return the suggestions as diffs, then `lines`, for `stream`; see `bot.report.render`."""
    shown = colored(stream) if color is None else color
    terminal = stream is not None and stream.isatty()
    columns = width or (shutil.get_terminal_size((WIDTH, 24)).columns if terminal else WIDTH)
    if (shown and lines) or review.verified:
        from bot.report.drawing import draw  # noqa: PLC0415 - a run with nothing to show does without rich

        return _plain(draw(review, lines, color=shown, width=max(columns, 20)), stream)
    plain = (
        each for one in lines for each in wrapped(one.text, one.indent, max(columns, 20), whole=one.whole)
    )
    return _plain("".join(f"{line}\n" for line in plain), stream)


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
        "✓✗○·≥⋮".encode(encoding)
    except (UnicodeError, LookupError):
        return text.translate(
            {ord("✓"): "ok", ord("✗"): "no", ord("○"): "--", ord("·"): "-", ord("≥"): ">=", ord("⋮"): ":"}
        )
    return text
