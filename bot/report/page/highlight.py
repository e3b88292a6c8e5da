"""Code in a few colours: each line as pieces of text and what they are."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Keyword, Name, Number, String
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

__all__ = ["LEXERS", "Piece", "highlight"]

Piece = tuple[str, str]  # what it is (a class of the page's style, or ""), text
LEXERS = {"c_sharp": "csharp", "csharp": "csharp", "text": "text"}  # where Pygments has another name
KINDS = (  # the first that fits
    (String, "s"),
    (Comment, "c"),
    (Keyword, "k"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Number, "n"),
)


def highlight(lines: list[str], language: str) -> list[list[Piece]]:
    """Return the pieces of each line; their text is the line's, whatever the lexer makes of it."""
    found: list[list[Piece]] = [[]]
    for token, text in _lexer(language).get_tokens("\n".join(lines)):
        kind = _kind(token)
        for number, part in enumerate(text.split("\n")):
            if number:
                found.append([])
            if part and found[-1] and found[-1][-1][0] == kind:
                found[-1][-1] = (kind, found[-1][-1][1] + part)
            elif part:
                found[-1].append((kind, part))
    found = found[: len(lines)]
    if ["".join(text for _, text in line) for line in found] != lines:
        return [[("", line)] for line in lines]
    return found


@lru_cache(maxsize=512)
def _kind(token: _TokenType) -> str:
    return next((name for parent, name in KINDS if token in parent), "")


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer:
    try:
        return get_lexer_by_name(LEXERS.get(language, language), stripnl=False, ensurenl=True)
    except ClassNotFound:
        return TextLexer(stripnl=False, ensurenl=True)
