"""Which of a teacher's answers are worth learning from: those that it was sure of and that stand the proofs.

A teacher is wrong too. What decides is what the product itself checks of a docstring (names without ground in
the code, words without support, a restated name), and how likely the teacher found its own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.verify.grounding import ungrounded
from bot.verify.support import unsupported
from bot.verify.text import restates
from bot.verify.words import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bar", "refused"]

_OPENING = re.compile(
    r"(?:This|The function|A function|Function|The code|The class|Class|The method|Method)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Bar:
    """How sure a teacher must have been, in natural logarithms of probabilities."""

    mean: float = -0.85  # over the answer's tokens, its end included
    least: float = -3.2  # of every token
    loose_words: int = 1  # content words that the code does not bear out
    words: tuple[int, int] = (3, 22)
    characters: int = 140


def refused(answer: str, logprobs: Sequence[float], name: str, code: str, bar: Bar | None = None) -> str:
    """Return why an answer is not learned from, "" if it is.

    Args:
        answer: One line.
        logprobs: Of its tokens and of the end token.
        name: Dotted name of what it describes.
        code: All that the teacher was shown.
        bar: What to ask of it.
    """
    bar = bar or Bar()
    few, many = bar.words
    in_form = few <= len(answer.split()) <= many and len(answer) <= bar.characters and answer.endswith(".")
    if not in_form or not answer.isascii() or '"' in answer or "```" in answer:
        return "form"
    if _OPENING.match(answer):
        return "opening"
    if not logprobs or sum(logprobs) / len(logprobs) < bar.mean or min(logprobs) < bar.least:
        return "unsure"
    if next(ungrounded(answer, words_of([code])), None):
        return "ungrounded"
    if len(unsupported(answer, code)) > bar.loose_words:
        return "unsupported"
    return "restates" if restates(answer, name) else ""
