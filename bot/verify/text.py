"""Is it prose worth showing: safe to print, no debris, no repetition, more than the name said again?"""

from __future__ import annotations

import ast
import re
import unicodedata
from typing import TYPE_CHECKING

from bot.tasks.examples import parsed
from bot.verify.debris import DEBRIS, SUMMARY_DEBRIS
from bot.verify.openings import verbless
from bot.verify.subject import Problem, Result, Subject
from bot.verify.support import content_words, supported, vocabulary
from bot.verify.words import STOP_WORDS, stem

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.tasks.examples import Example

__all__ = ["check_examples", "check_safe", "check_text", "check_worth", "degeneracy", "restates", "unsafe"]

# Words that open a summary and say no more than "this is a function": X of `get_x`, `X.__init__`, …
_OPENERS = frozenset(
    stem(word)
    for word in [
        "create",
        "make",
        "build",
        "construct",
        "initialize",
        "retrieve",
        "fetch",
        "compute",
        "calculate",
        "obtain",
        "generate",
        "handle",
        "run",
        "process",
        "update",
        "check",
        "whether",
        "determine",
        "test",
        "add",
        "remove",
    ]
)
_OFTEN = 4  # uses of one word in a summary
_LETTERS = 0.7  # share of letters and spaces that prose has at least
_WORDS = 2  # words of content that a summary has at least
_SENTENCE_OPENER = re.compile(r"^[\"'`(*\[]*[A-Za-z0-9_.<~\u00c0-\uffff]")


def unsafe(text: str) -> str:
    """Return what makes text unsafe to print or to quote, "" if nothing does."""
    for char in text:
        category = unicodedata.category(char)
        # Cf holds the bidirectional overrides and zero-width characters that hide what a line says
        if (
            category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and char not in "\n\t"
        ) or char == "\ufffd":
            return f"U+{ord(char):04X} {unicodedata.name(char, 'control character')}"
    return ""


def degeneracy(summary: str, doc: str) -> str:
    """Return what is degenerate about a docstring, "" if nothing is."""
    for what, pattern in DEBRIS:
        found = pattern.search(summary) or pattern.search(doc)
        if found:
            return f"{what}: {found.group()[:40]!r}"
    found = SUMMARY_DEBRIS.search(summary)
    if found:
        return f"fields inside the summary: {found.group()!r}"
    repeated = _repetition(summary)
    if repeated:
        return f"repeats {repeated!r}"
    return _shapeless(summary)


def _repetition(text: str) -> str:
    words = [word.strip(".,;:()").lower() for word in text.split()]
    for size in (1, 2, 3, 4):
        for at in range(len(words) - 2 * size + 1):
            gram = words[at : at + size]
            again = words[at + size : at + 2 * size]
            if gram == again and any(gram) and gram not in (["that"], ["had"]) and gram[0].isalpha():
                return " ".join(gram + again)
    for size, times in ((3, 2), (2, 3)):  # the same phrase elsewhere in one summary
        phrases = [" ".join(words[at : at + size]) for at in range(len(words) - size + 1)]
        for phrase in phrases:
            content = [word for word in phrase.split() if word not in STOP_WORDS]
            if phrases.count(phrase) >= times and len(content) >= size - 1:
                return phrase
    if re.search(r"(.)\1{4,}", text):
        return text[:40]
    content = [stem(word) for word in words if word.isalpha() and word not in STOP_WORDS]
    most = max(content, key=content.count, default="")
    return most if content.count(most) >= _OFTEN else ""


def _shapeless(summary: str) -> str:  # noqa: PLR0911 - one answer a shape
    letters = sum(char.isalpha() or char.isspace() for char in summary)
    if not summary:
        return "no summary"
    if letters < _LETTERS * len(summary):
        return "more punctuation than words"
    if not _SENTENCE_OPENER.match(summary):
        return "does not start like a sentence"
    words = re.findall(r"[^\W\d_]{2,}", summary)
    if len([word for word in words if word.lower() not in {"the", "an", "of", "to"}]) < _WORDS:
        return "fewer than two words of content"
    if summary.rstrip(".").split()[-1].lower() in {"the", "an", "and", "or"}:
        return "breaks off"
    if (
        any(summary.count(left) != summary.count(right) for left, right in ("()", "[]", "{}"))
        or summary.count("`") % 2
    ):
        return "brackets or backticks that do not pair"
    return ""


def restates(summary: str, qualname: str) -> bool:
    """Whether every word that says something is already in the symbol's name (or its class's)."""
    known = vocabulary(qualname)
    said = [word for word in content_words(summary) if word not in STOP_WORDS]
    if said and stem(said[0]) in _OPENERS and said[0] not in known:
        said = said[1:]
    named = any(supported(word, known) for word in content_words(summary))
    return named and all(supported(word, known) for word in said)


def check_safe(subject: Subject) -> Result:
    """No control, bidirectional, zero-width or unassigned characters."""
    found = unsafe(subject.doc)
    return Problem("unsafe-text", found) if found else "printable text only"


def check_text(subject: Subject) -> Result:
    """No debris, repetition or boilerplate."""
    found = degeneracy(subject.summary, subject.prose)
    return Problem("degenerate", found) if found else "no debris, no repetition"


def check_worth(subject: Subject) -> Result:
    """A summary says more than the name does, and a function's says it with a verb."""
    if restates(subject.summary, subject.symbol.qualname):
        return Problem("restates-name", f"{subject.symbol.name!r} says as much")
    noun = verbless(subject)
    if noun:
        return Problem("degenerate", f"does not say what it does: opens with {noun!r}")
    return "adds to the name"


def check_examples(subject: Subject, ran: Collection[Example] = ()) -> Result:
    """Every example has been run, or was there before: a person wrote it."""
    if not re.search(r"(?m)^\s*(?:>>>|In \[\d+\]:)", subject.doc):
        return "no examples"
    try:
        found = list(parsed(subject.doc))
        known = {*ran, *parsed(_had(subject))}
    except ValueError as error:
        return Problem("degenerate", f"has examples that cannot be read: {error}")
    if not found or any(one not in known for one in found):
        return Problem("degenerate", "has examples that nothing has run")
    return f"{len(found)} example{'s' * (len(found) != 1)}, run or there before"


def _had(subject: Subject) -> str:
    """Return the docstring that the symbol had."""
    chunk = subject.suggestion.chunk
    span = chunk.symbol.doc if chunk.symbol else None
    literal = chunk.change.source[slice(*span)].decode("utf-8", "replace") if span else ""
    try:
        return str(ast.literal_eval(literal)) if literal else ""
    except (SyntaxError, ValueError):
        return ""
