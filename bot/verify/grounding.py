"""Every name, number and quotation in the text must occur in the code it describes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.verify.subject import Problem, Result, Subject
from bot.verify.words import COMMON, HTTP_VERBS, Words, subwords

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_grounding", "ungrounded"]

_COMMON_FOLDED = frozenset(word.lower() for word in COMMON)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("code", re.compile(r"``([^`\n]+)``|`([^`\n]+)`")),
    ("url", re.compile(r"\b(?:https?|ftp|file)://[^\s)>\]'\"]+")),
    (
        "quoted",
        re.compile(
            r"(?<![\w])'([^'\n]{1,60})'(?!\w)|\"([^\"\n]{1,60})\"|[\u201c]([^\u201d\n]{1,60})[\u201d]"
        ),
    ),
    ("dotted", re.compile(r"(?<![\w./@])[^\W\d]\w*(?:\.[^\W\d]\w*)+(?![\w/])")),
    ("extension", re.compile(r"(?<![\w.])\.[a-z][a-z0-9]{1,5}\b")),
    ("snake", re.compile(r"(?<![\w.-])(?:_+[^\W\d]\w*|[^\W\d]\w*_\w*)(?!\w)")),
    ("capitals", re.compile(r"(?<![\w.])[A-Z][A-Z0-9]+(?:[-/][A-Z0-9]+)*(?:e?s)?(?![\w])")),
    ("camel", re.compile(r"(?<![\w.])(?:[A-Z][a-z0-9]+|[a-z]+)(?:[A-Z]+[a-z0-9]*)+(?!\w)")),
    ("number", re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w]|\.\d)")),
    ("proper", re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?![\w.])")),
)
_SMALL = 2  # "the 2 sides": numbers up to here are ordinary English


def check_grounding(subject: Subject) -> Result:
    """Reject text that names what is neither in the symbol's code, its class header, imports nor context."""
    missing = list(dict.fromkeys(ungrounded(subject.prose, subject.words)))
    if missing:
        names = ", ".join(f"{text} ({kind})" for kind, text in missing[:5])
        return Problem("ungrounded", f"occurs nowhere in the code: {names}")
    return "every name occurs in the code"


def ungrounded(doc: str, words: Words) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of what has no ground; a stretch is judged once, by the first kind that fits."""
    text = _section_heads(doc)
    for kind, pattern in _PATTERNS:
        spans: list[tuple[int, int]] = []
        for match in pattern.finditer(text):
            found = next((group for group in match.groups() if group), match.group())
            spans.append(match.span())
            if not _grounded(kind, found, words):
                yield kind, found
        for start, end in spans:
            text = text[:start] + " " * (end - start) + text[end:]


def _section_heads(doc: str) -> str:
    """Blank out section headings and field tags, which the layout put there."""
    heads = r"(?m)^\s*(?:Args|Arguments|Parameters|Returns|Yields|Raises|Attributes|Examples?|Notes?):?\s*$"
    return re.sub(rf"{heads}|^\s*-{{3,}}\s*$|^\s*:(?:param|type|returns?|rtype|raises|yields?)\b", " ", doc)


def _grounded(kind: str, found: str, words: Words) -> bool:  # noqa: PLR0911 - one answer a kind
    if found in COMMON or found.rstrip(".") in COMMON:
        return True
    if kind in {"code", "dotted"}:
        names = re.findall(r"[^\W\d]\w*", found)
        literal = found.strip("`'\"()[]{}*:.,~! ")
        return bool(literal == "" or literal in words.text or (names and all(_name(n, words) for n in names)))
    if kind == "snake":
        return _name(found, words) or found.rstrip("s") in words.identifiers
    if kind == "number":
        return _number(found, words)
    if kind in {"url", "extension"}:
        return found.rstrip(".,;:").lower().strip(".") in words.folded
    if kind == "quoted":
        return _quoted(found, words)
    if kind == "capitals":
        return _capitals(found, words)
    return _loose(found, words)


def _name(name: str, words: Words) -> bool:
    return name in words.identifiers or name in COMMON or name.lower() in _COMMON_FOLDED


def _number(found: str, words: Words) -> bool:
    if "." not in found and int(found) <= _SMALL:
        return True
    return re.search(rf"(?<![\d.]){re.escape(found)}(?!\d)", words.text) is not None


def _quoted(found: str, words: Words) -> bool:
    if found.strip().lower() in words.folded:
        return True
    parts = re.findall(r"[^\W\d]\w+", found)
    return bool(parts) and all(part.lower() in words.folded for part in parts)


def _capitals(found: str, words: Words) -> bool:
    singular = found.removesuffix("s")
    if found in HTTP_VERBS:
        # `headers.get` is no ground for a GET request: the verb must be spelled, or be what is called
        spelled = any(re.search(rf"\b{verb}\b", words.text) for verb in HTTP_VERBS)
        return bool(re.search(rf"\b{found}\b", words.text)) or (not spelled and found.lower() in words.parts)
    pieces = re.split(r"[-/]", singular)
    return singular in COMMON or all(piece in COMMON or _loose(piece, words) for piece in pieces)


def _loose(found: str, words: Words) -> bool:
    """Whether a word occurs, whatever its case and however it is joined to others."""
    lower = found.lower()
    if lower in _COMMON_FOLDED or lower in words.folded or lower.rstrip("s") in words.folded:
        return True
    pieces = [piece for piece in subwords(found) if not piece.isdigit()]
    return bool(pieces) and all(piece in words.parts or piece.rstrip("s") in words.parts for piece in pieces)
