"""Markdown from strangers' text: nothing pings, links, renders or breaks out of its fence."""

from __future__ import annotations

import re

from bot.report.escape import visible

__all__ = ["code", "cut", "fence", "prose", "size"]

_SPAN = re.compile(r"`([^`\n]+)`")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&]|^[#+-])")
_LINKS = re.compile(r"(@|#|GH-|://|www)(?=[\w/.\[])", re.IGNORECASE)
_APART = "\u200b"  # between "@" and a name: GitHub looks for mentions in the rendered text, past any escape


def size(text: str) -> int:
    """Return how many bytes `text` takes in UTF-8."""
    return len(text.encode("utf-8", "backslashreplace"))


def cut(text: str, limit: int) -> str:
    """Return `text`, or so much of it that it takes at most `limit` bytes with the mark of the cut."""
    if size(text) <= limit:
        return text
    return text.encode("utf-8", "backslashreplace")[: limit - 3].decode("utf-8", "ignore") + "…"


def prose(text: str) -> str:
    """Return a sentence in which only `code spans` are Markdown; names and references in it ping nobody."""
    pieces = _SPAN.split(visible(text))
    return "".join(code(piece) if number % 2 else _plain(piece) for number, piece in enumerate(pieces))


def code(text: str) -> str:
    """Return a code span of one line, its quotes longer than any in `text`."""
    text = visible(text)
    quotes = "`" * (_longest(text) + 1)
    pad = " " if text[:1] in {"`", " ", ""} or text[-1:] in {"`", " "} else ""
    return f"{quotes}{pad}{text}{pad}{quotes}"


def fence(text: str, language: str = "") -> str:
    """Return a code block, its fence longer than any in `text`."""
    text = "\n".join(visible(line.removesuffix("\r"), keep="\t") for line in text.split("\n"))
    quotes = "`" * max(3, _longest(text) + 1)
    return f"{quotes}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{quotes}\n"


def _plain(text: str) -> str:
    # apart first: what is in front of an escape is still what GitHub reads
    return _SPECIAL.sub(r"\\\1", _LINKS.sub(lambda found: found[1] + _APART, text))


def _longest(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
