"""Docstring coverage: counted over what should have a docstring, and never prettier than it is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from bot.data import Failed, Rejected, Skipped, Suggestion
from bot.ledger import Coverage
from bot.report.shares import in_words, percent, total

if TYPE_CHECKING:
    from tests.report.conftest import Maker

SOURCE = b"def a():\n    return 1\n"
EDIT = (1, 1, 'def a():\n    """Give one."""\n')


def corrected(suggestion: Suggestion) -> Suggestion:
    symbol = dataclasses.replace(suggestion.chunk.symbol, doc=(9, 20))  # type: ignore[type-var]
    return dataclasses.replace(suggestion, chunk=dataclasses.replace(suggestion.chunk, symbol=symbol))


def test_every_outcome_counts_where_a_reader_would_count_it(make: Maker) -> None:
    one = make.suggestion(make.change("a.py", SOURCE), *EDIT)
    other = corrected(make.suggestion(make.change("b.py", SOURCE), *EDIT))
    chunk = one.chunk
    review = make.review(
        one,
        other,  # its docstring was there before, and is corrected
        Rejected(chunk, "unconfident"),
        Rejected(other.chunk, "unconfident"),
        Failed(chunk, "engine"),
        *(Skipped("a.py", reason, chunk=chunk) for reason in ("documented", "limit", "language")),
        *(
            Skipped("a.py", reason, chunk=chunk)
            for reason in ("not-public", "trivial", "test-code", "unchanged")
        ),
        Skipped("c.bin", "binary"),
    )
    assert review.coverage == {"a.py": Coverage(1, 1, 4), "b.py": Coverage(2, 0, 0)}
    assert total(review) == Coverage(3, 1, 4)


def test_tests_and_fixes_are_no_docstrings(make: Maker) -> None:
    review = make.review()
    review.take([Skipped("a.py", "documented", chunk=make.chunk(make.change("a.py", SOURCE)))], "fix")
    assert review.coverage == {}


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 9, "0 %"), (9, 9, "100 %"), (1, 1000, "1 %"), (999, 1000, "99 %"), (1, 3, "33 %"), (0, 0, "0 %")],
)
def test_nothing_is_rounded_to_all_or_nothing(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Coverage(), "nothing to document"),
        (Coverage(1, 0, 0), "1 of 1 symbol has a docstring (100 %)"),
        (Coverage(2, 1, 1), "2 of 4 symbols have a docstring (50 %), 3 with these suggestions (75 %)"),
        (
            Coverage(464, 2, 33),
            "464 of 499 symbols have a docstring (93.0 %), 466 with these suggestions (93.4 %)",
        ),
    ],
)
def test_in_words(found: Coverage, words: str) -> None:
    assert in_words(found) == words
