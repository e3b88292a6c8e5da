"""How much of a text's content the code bears out, word by word, inflections and abbreviations allowed."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from bot.verify.words import stem, subwords

__all__ = ["content_words", "supported", "unsupported", "vocabulary"]

_ENOUGH = 4  # letters of a stem that may continue another
_SHORT = 3  # letters of an abbreviation: "arg", "num"
_FUNCTION_WORDS = frozenset(
    """
    a an the this that these those it its of in on at to for from by with as and or nor not no if
    whether when where which who whose is are was were be been being do does did has have had can could
    may might must shall should will would so than then else into onto over under out up down off all
    any each every some other same given one two new current specified using used use via per only also
    just more most such based let
    """.split()  # noqa: SIM905
)
# What summaries say of any code: a missing ground for these words tells nothing.
_ANYWHERE = """
    return returns get gets set sets string list dict dictionary tuple number integer int bool boolean
    true false none function method class instance object value name data type create creates initialize
    initializes initialise constructor construct check checks determine add adds remove removes delete
    deletes build builds compute calculate iterator generator yield item items element elements key keys
    argument arguments parameter parameters default attribute attributes property node string
    representation call callable callback handle handles perform convert parse write read file path line
    lines
"""


def content_words(text: str) -> list[str]:
    """Return the lower-case words that say something; identifiers count as the words they are made of."""
    words = [part for word in re.findall(r"[A-Za-z_]+", text) for part in subwords(word)]
    return [word for word in words if word not in _FUNCTION_WORDS and len(word) > 1]


def vocabulary(code: str) -> frozenset[str]:
    """Return the words of code and their stems."""
    words = {part for word in re.findall(r"[A-Za-z_]+", code) for part in subwords(word)}
    return frozenset(words | {stem(word) for word in words})


def supported(word: str, known: frozenset[str]) -> bool:
    """Whether `known` has the word, a longer or an abbreviated form of it ("param" for "parameter")."""
    root = stem(word)
    if word in known or root in known:
        return True
    return len(root) >= _ENOUGH and any(
        other.startswith(root)
        or (len(other) >= _SHORT and root.startswith(other) and other not in _FUNCTION_WORDS)
        for other in known
    )


def unsupported(text: str, code: str) -> list[str]:
    """Return the content words of `text` without ground in `code`, those that fit any code left out."""
    known = vocabulary(code)
    return [
        word for word in content_words(text) if not supported(word, known) and stem(word) not in _general()
    ]


@lru_cache(maxsize=1)
def _general() -> frozenset[str]:
    file = resources.files("bot.verify") / "calibration" / "general_words.txt"
    return frozenset(file.read_text(encoding="utf-8").split()) | {stem(word) for word in _ANYWHERE.split()}
