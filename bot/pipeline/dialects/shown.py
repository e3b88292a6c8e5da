"""How tests that were proven together are shown, whatever their language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.data import Change, Chunk, Completion, Evidence, Suggestion, Verified
from bot.tasks.identity import symbol_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.pipeline.dialects.base import Subject
    from bot.tasks.tests.file import Page

__all__ = ["shown"]

_NAMED = 4  # functions that a message names


def shown(  # noqa: PLR0917 - what a suggestion is made of
    page: Page,
    language: str,
    count: int,
    kept: Sequence[Subject],
    old: Change | None,
    evidence: Sequence[Evidence],
    answers: tuple[Completion, ...],
) -> Verified:
    """Return the suggestion of a test file.

    Args:
        page: The file with its new tests.
        language: Its language.
        count: How many tests are new.
        kept: The functions that got one; at least one.
        old: The file as it is; None for a new one.
        evidence: What was proven.
        answers: Of the engine, about those functions.
    """
    change = old or Change(page.path, b"", b"")
    chunk = Chunk(change, language, "module", 0, len(change.source), 1, page.end_line)
    more = f" and {len(kept) - _NAMED} more" if len(kept) > _NAMED else ""
    named = ", ".join(one.qualname for one in kept[:_NAMED]) + more
    first = kept[0].chunk
    assert first.symbol is not None  # noqa: S101 - a subject is a function
    suggestion = Suggestion(
        id=symbol_id("test", first.change, first.symbol, page.path),
        task="test",
        chunk=chunk,
        start_line=page.start_line,
        end_line=page.end_line,
        replacement=page.replacement,
        message=f"{count} test{'s' * (count != 1)} of {named}, pinning today's behaviour",
        completions=answers,
        new_file=old is None,
        covers=tuple(one.chunk for one in kept),
    )
    pins = Evidence("pins", passed=True, detail="pins today's behaviour")
    return Verified(suggestion, (*evidence, pins))
