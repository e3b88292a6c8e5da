"""Cutting text by whole lines to true tokens."""

from __future__ import annotations

import inspect
import textwrap

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.prompt.fit import choose, take_lines
from tests.prompt.source import tokenizer_of

BODY = inspect.getsource(textwrap)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(-1, 3000), st.integers(0, 400))
def test_what_is_kept_is_whole_lines_within_the_budget(budget: int, skip: int) -> None:
    tokenizer = tokenizer_of("embedded")
    text = "".join(BODY.splitlines(keepends=True)[skip:])
    kept = take_lines(text, budget, tokenizer)
    assert not kept or tokenizer.count(kept) <= budget
    assert text.startswith(kept.rstrip())
    rest = text[len(kept.rstrip()) :]
    assert not kept or rest == "" or rest.startswith("\n")


def test_at_most_the_next_line_would_have_fitted_too() -> None:
    tokenizer = tokenizer_of("embedded")
    kept = take_lines(BODY, 500, tokenizer)
    assert 450 <= tokenizer.count(kept) <= 500


def test_text_that_fits_is_untouched() -> None:
    assert take_lines("a = 1\n", 50, tokenizer_of("embedded")) == "a = 1\n"


def test_a_large_item_is_left_out_and_smaller_ones_behind_it_stay() -> None:
    assert choose(["aa", "b" * 9, "c"], lambda kept: sum(map(len, kept)) <= 4) == [0, 2]
