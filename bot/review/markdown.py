"""Code in a comment, byte for byte, where GitHub takes it over; see `bot.report.md` for everything else."""

from __future__ import annotations

import html
import re

from bot.report.escape import visible

__all__ = ["fenced", "tag"]

_TICKS = re.compile("`+")


def fenced(text: str, info: str) -> str:
    """Return `text` as a block whose fence is longer than any inside it.

    Unlike `bot.report.md.fence` this leaves the text as it is, line endings and tabs included: a suggestion
    is taken over verbatim, and a patch has to apply.
    """
    ticks = "`" * max(3, max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{ticks}{info}\n{text}{end}{ticks}"


def tag(text: str) -> str:
    """Return `text` as code inside HTML, where Markdown is not read and nobody is mentioned."""
    return f"<code>{html.escape(visible(text))}</code>"
