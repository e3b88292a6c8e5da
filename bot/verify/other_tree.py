"""Any language with a grammar: the same proof through tree-sitter, for what `ast` cannot read."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bot.verify.subject import Problem, Subject
from bot.verify.words import words_of

if TYPE_CHECKING:
    from bot.data import Suggestion, Symbol

__all__ = ["doc_text", "subject_of"]

# What opens, continues and closes a comment or docstring in some language of the table.
_OPENING = re.compile(
    r"""^\s*(?:[rRuU]?(?:\"{3}|'{3})|/\*[*!]?|///?!?|//!|--\[\[|---?|\#+|=begin|<!--|\*(?!/)|!)[ \t]?"""
)
_CLOSING = re.compile(r"""\s*(?:\"{3}|'{3}|\*+/|\]\]|=end|-->)\s*$""")


def subject_of(suggestion: Suggestion, symbol: Symbol, after: bytes) -> Subject | Problem:
    """Return what the other checks look at, or the problem if more than doc comments changed."""
    from bot.chunk import tree  # noqa: PLC0415 - loads tree-sitter

    chunk = suggestion.chunk
    before = chunk.change.source
    if not tree.strip_equal(chunk.language, before, after):
        return Problem("tree-changed", "the syntax tree differs without doc comments")
    lines = before.splitlines(keepends=True)[suggestion.start_line - 1 : suggestion.end_line]
    doc = doc_text(b"".join(lines).decode("utf-8", "replace"), suggestion.replacement)
    if not doc:
        return Problem("tree-changed", "no doc comment was added")
    code = before[symbol.start : symbol.end].decode("utf-8", "replace")
    context = (s.text for c in suggestion.completions for s in c.prompt.context.included)
    words = words_of((code, symbol.qualname, suggestion.path, *context))
    return Subject(suggestion, symbol, doc, code, words)


def doc_text(before: str, after: str) -> str:
    """Return the text of the lines that `after` has and `before` has not, without comment markers."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[str] = []
    for tag, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag in {"insert", "replace"}:
            lines.extend(line for line in new[start:end] if line not in old)
    texts = [_CLOSING.sub("", _OPENING.sub("", line)).strip() for line in lines]
    return "\n".join(texts).strip()
