"""A model's answer becomes one clean sentence, or is refused with a reason."""

from __future__ import annotations

import ast
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reasons import REJECTIONS
from bot.tasks.layout_python import quoted
from bot.tasks.reading import Refusal, phrase, summary
from bot.tasks.style import HouseStyle
from tests.tasks.conftest import answer, only_target

CHUNK = only_target("def f(a):\n    b = a\n    return b * 2\n").chunk


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Return the total.", "Return the total."),
        ("return the total", "Return the total."),
        ("  Return\n    the   total,", "Return the total."),
        ('"""Return the total."""', "Return the total."),
        ('r"""Return the total.\n\nArgs:\n    a: x\n"""\n    b = a', "Return the total."),
        ("```python\nReturn the total.\n```\nHope this helps!", "Return the total."),
        ("- Return the total. And more.", "Return the total."),
        ("1. Return the total", "Return the total."),
        ("Docstring: Return the total", "Return the total."),
        ("Return the total\nArgs:\n    a: the first", "Return the total."),
        ("Return the total\n:param a: the first", "Return the total."),
        ("Return the total, e.g. The sum. Nothing else.", "Return the total, e.g. The sum."),
        ("Return version 3.11 of it! Really.", "Return version 3.11 of it!"),
        ("`items` are added", "`items` are added."),
        ("iOS style", "iOS style."),
        ("load_all the things", "load_all the things."),
        ('say "hello."', 'Say "hello".'),
        ("'Return the total'", "Return the total."),
        ("Is it empty?", "Is it empty?"),
        (
            "Read options, i.e. flags, etc. from a file. Then stop.",
            "Read options, i.e. flags, etc. from a file.",
        ),
        ("Parse the options, e.g.", "Parse the options."),
        ("Parse the options (e.g.", "Parse the options."),
        ("Parse the options, such as", "Parse the options."),
        ("This method is used to close the stream.", "Close the stream."),
        ("This function is used for setting the time.", "Set the time."),
        ("This function is responsible for storing it", "Store it."),
        ("The function will load it", "Load it."),
        ("This method closes the stream.", "Closes the stream."),
        ("This class represents a stream.", "Represents a stream."),
        ("This method is deprecated.", "This method is deprecated."),
        ("This function is used to frobnicate.", "This function is used to frobnicate."),
    ],
)
def test_a_summary_is_read_out_of_what_models_write(said: str, read: str) -> None:
    assert summary(answer(CHUNK, said)) == read


@pytest.mark.parametrize(
    ("said", "finish", "reason"),
    [
        ("", "stop", "no-answer"),
        ("  \n ", "stop", "no-answer"),
        ('"""', "stop", "no-answer"),
        ("...", "stop", "no-answer"),
        ("Return the total of all", "length", "cut-short"),
        ("Return the following:", "stop", "cut-short"),
        ("e.g.", "stop", "cut-short"),
        ('Return """ + evil + """ here', "stop", "unsafe-text"),
        ("Return \x1b[31m red", "stop", "unsafe-text"),
        ("Return \u202e reversed", "stop", "unsafe-text"),
        ("Return \ud800 half", "stop", "unsafe-text"),
    ],
)
def test_what_cannot_be_used_is_refused(said: str, finish: Literal["stop", "length"], reason: str) -> None:
    read = summary(answer(CHUNK, said, finish=finish))
    assert isinstance(read, Refusal)
    assert read.reason == reason
    assert read.reason in REJECTIONS


def test_a_sentence_that_ended_before_the_limit_is_whole() -> None:
    assert summary(answer(CHUNK, "Return it. Then the oth", finish="length")) == "Return it."


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Returns it", "Return it."),
        ("Applies it", "Apply it."),
        ("Does it", "Do it."),
        ("News of it", "News of it."),
        ("This method closes the stream.", "Close the stream."),
    ],
)
def test_the_mood_follows_the_convention(said: str, read: str) -> None:
    assert summary(answer(CHUNK, said), imperative=True) == read


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("the price", "The price."),
        ("price (int): the price", "The price."),
        ("`price` - the price", "The price."),
    ],
)
def test_a_description_does_not_repeat_its_name(said: str, read: str) -> None:
    assert phrase(answer(CHUNK, said), name="price") == read


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=80) | st.text(alphabet="aB.\"'\\ \n`:-#*{}u0", max_size=40))
def test_whatever_a_model_says_stays_inside_its_quotes(said: str) -> None:
    read = summary(answer(CHUNK, said))
    if isinstance(read, Refusal):
        return
    assert "\n" not in read
    assert read == read.strip()
    literal = quoted([read], HouseStyle(), 100)
    if literal is not None:
        assert ast.literal_eval("\n".join(literal)).strip() == read
