"""The words of code, and the few that need no ground in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMMON", "HTTP_VERBS", "STOP_WORDS", "Words", "stem", "subwords", "words_of"]

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")

HTTP_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})

# Written like names, known to every reader: they claim nothing about this code.
COMMON = frozenset(
    """
    API ABC ASCII AST BOM CLI CPU CSV CR CRLF EOF EOL FIFO LIFO GB GMT GPU GUI HTML HTTP HTTPS ID IDE
    IEEE IO I/O IP ISO JSON KB LF MB NB N/A NUL OK OS PDF PEP POSIX RAM REPL RFC RGB SQL SSL STDERR
    STDIN STDOUT TCP TLS TTY TZ UI URI URL UTC UTF UUID XML YAML TOML UTF-8 UTF-16 UTF-32 ISO-8601 GNU
    MIME DNS UDP DB KiB MiB GiB AND OR NOT IF XOR ANY ALL ONLY MUST SHOULD MAY NEVER ALWAYS NULL AM PM
    VM True False None NaN NotImplemented NotImplementedError Ellipsis self cls args kwargs str int
    float bool list dict set tuple bytes object iterable iterator callable stdin stdout stderr e.g i.e
    etc a.k.a vs Python CPython Unicode Unix Linux Windows Boolean English Latin Gregorian ZIP Git
    """.split()  # noqa: SIM905 - a list of eighty strings reads worse
)

# Function words and the verbs that names leave out: they add nothing to a name's own words.
STOP_WORDS = frozenset(
    """
    a an the this that these those its it of for from to in into on onto at by with within and or as is
    are was be been being if whether when which given specified provided certain some any all each every
    new current corresponding associated appropriate particular return returns get gets set sets
    function method class module object value instance call do does perform execute handle implement
    define provide use used using make self helper utility simple base main based via
    """.split()  # noqa: SIM905
)

_STEM = 3  # letters that a stem has at least: shorter ones collide
# fmt: off
_SUFFIXES = (
    ("ies", "y"), ("sses", "ss"), ("ization", "iz"), ("isation", "iz"), ("izing", "iz"), ("ized", "iz"),
    ("izes", "iz"), ("ize", "iz"), ("ations", ""), ("ation", ""), ("ating", ""), ("ated", ""), ("ates", ""),
    ("ate", ""), ("ions", ""), ("ion", ""), ("ings", ""), ("ing", ""), ("ers", ""), ("ors", ""), ("er", ""),
    ("or", ""), ("ed", ""), ("es", ""), ("ment", ""), ("ly", ""), ("s", ""), ("e", ""),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Words:
    """Identifiers and text that a docstring's claims may refer to."""

    identifiers: frozenset[str]  # exactly as spelled
    parts: frozenset[str]  # lower-case pieces of identifiers: "getHTTPPage" has get, http, page
    text: str  # all of it

    @property
    def folded(self) -> str:
        """The text, lower-case and without separators inside names."""
        return self.text.lower()


def words_of(texts: Iterable[str]) -> Words:
    """Return the words of pieces of code, comments and string literals included."""
    text = "\n".join(texts)
    identifiers = frozenset(_IDENTIFIER.findall(text))
    parts = frozenset(part for name in identifiers for part in subwords(name))
    return Words(identifiers, parts, text)


def subwords(name: str) -> tuple[str, ...]:
    """Split an identifier into lower-case words: "parse_HTTPHeader2" -> parse, http, header, 2."""
    return tuple(part.lower() for part in _PART.findall(name))


def stem(word: str) -> str:
    """Return a crude stem, equal for most inflections of an English word ("parses", "parsing", "parser")."""
    word = word.lower()
    for suffix, rest in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) + len(rest) >= _STEM:
            word = word[: len(word) - len(suffix)] + rest
            break
    return word[:-1] if len(word) > _STEM and word[-1] == word[-2] and word[-1] not in "sl" else word
