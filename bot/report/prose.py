"""Words of a text report, without colour: evidence in a line, paragraphs wrapped at words."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from bot.report.escape import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Evidence

__all__ = ["evidence", "wrapped"]

CHECKS = {  # what a check that passed means, in words; the others are counted, and shown by `explain`
    "tree-unchanged": "syntax tree unchanged",
    "signature": "matches signature",
    "grounding": "grounded",
    "convention": "follows the convention",
    "confidence": "confidence",
    "signatures": "signatures unchanged",
}
_DOCSTRING = ("parses", "safe-text", "raises", "returns", "examples", "text", "contradiction", "worth")
USUAL = frozenset({*_DOCSTRING, "applies", "inside", "not-silenced", "checks-kept", "not-banned", "asserts"})
LABELS = frozenset({"untested", "examples-cut"})  # evidence that something was not run
TOGETHER = 30  # characters
TOLD = frozenset(
    {"tests", "untested", "passes", "reaches", "catches", "pins", "examples-run", "examples-cut"}
)  # whose detail says it all


def evidence(found: tuple[Evidence, ...]) -> Iterator[str]:
    """Yield the checks in words, the most telling ones by name and the others as a count."""
    rest = 0
    for e in found:
        if e.passed and e.check in USUAL:
            rest += 1
            continue
        words = (
            visible(e.detail) if e.check in TOLD else CHECKS.get(e.check, visible(e.check.replace("-", " ")))
        )
        said = (
            visible(e.detail).removeprefix("confidence ")
            if e.check == "confidence" or (not e.passed and e.check not in TOLD)
            else ""
        )
        detail = f" {said}" if said else ""
        mark = "○" if e.check in LABELS else "✓" if e.passed else "✗"
        # a check stays on one line where it is short enough
        yield f"{mark}\xa0{words.replace(' ', chr(0xA0)) if len(words) <= TOGETHER else words}{detail}"
    if rest:
        yield f"{rest}\xa0more\xa0check{'s' * (rest != 1)}"


def wrapped(text: str, indent: int, width: int, *, whole: bool = False) -> list[str]:
    """Return `text` wrapped at words, or `whole` on one line, which a reader can copy."""
    margin = " " * indent
    lines = (
        [margin + text]
        if whole
        else textwrap.wrap(
            text,
            width,
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    # no break at "\xa0", which `visible` leaves nowhere else
    return [line.replace("\xa0", " ") for line in lines or [""]]
