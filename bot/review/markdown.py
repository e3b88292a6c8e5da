"""Strangers' text in GitHub's Markdown: shown, never obeyed.

Names, messages and code may hold mentions, links, HTML, markers and fences. GitHub looks for mentions and
references in rendered text outside code, so everything that is not plain words is shown as code.
"""

from __future__ import annotations

import html
import re

from bot.report.escape import visible

__all__ = ["code", "fenced", "prose", "tag"]

_TICKS = re.compile("`+")
_WORDS = re.compile(r"[A-Za-z0-9 ,.;'()≥✓·%-]*")
_LINK = re.compile(r"[A-Za-z]\.[A-Za-z]|gh-\d", re.IGNORECASE)  # a host, or a reference to an issue


def code(text: str) -> str:
    """Return `text` as a code span of one line."""
    text = visible(text)
    ticks = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    pad = " " if not text.strip() or text[0] in "` " or text[-1] in "` " else ""
    return f"{ticks}{pad}{text or ' '}{pad}{ticks}"


def fenced(text: str, info: str) -> str:
    """Return `text` as a block whose fence is longer than any inside it; `text` keeps its line endings."""
    ticks = "`" * max(3, max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{ticks}{info}\n{text}{end}{ticks}"


def prose(text: str) -> str:
    """Return a sentence with its `code` as code spans, and anything that is not plain words as code too."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a stray backtick: no telling what is code
        return code(text)
    shown = [code(part) if n % 2 else _plain(part) for n, part in enumerate(parts) if part or n % 2]
    return "".join(shown)


def tag(text: str) -> str:
    """Return `text` as code inside HTML, where Markdown is not read."""
    return f"<code>{html.escape(visible(text))}</code>"


def _plain(text: str) -> str:
    if _WORDS.fullmatch(text) and not _LINK.search(text):
        return text
    return code(text)
