"""The figures by which engines are compared, against published values and their own bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.measure.scores import bleu, figure, rouge

SENTENCES = st.text(alphabet="abc .", max_size=40)


def test_the_same_sentence_scores_all_there_is() -> None:
    said = "Return the number of bytes that were read."
    assert bleu(said, said) == pytest.approx(100)
    assert rouge(said, said.upper()) == pytest.approx(100)


def test_bleu_is_that_of_codexglue() -> None:
    """Worked out by hand: precisions 3/4, 2/3+, 1/2+, 1/1+ with one added from bigrams on, same length."""
    expected = 100 * (3 / 4 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert bleu("read the whole file", "read the whole thing") == pytest.approx(expected)


def test_rouge_follows_the_longest_common_subsequence() -> None:
    """Lin 2004: two of three words in order on both sides."""
    assert rouge("police kill gunman", "police killed gunman") == pytest.approx(200 / 3)
    assert rouge("", "something") == 0


@given(SENTENCES, SENTENCES)
def test_scores_keep_to_their_range(said: str, meant: str) -> None:
    assert 0 <= bleu(said, meant) <= 100.0001
    assert 0 <= rouge(said, meant) <= 100.0001


def test_an_interval_holds_its_figure_and_is_the_same_twice() -> None:
    found = figure([1.0, 2.0, 3.0, 10.0] * 5)
    assert found.low < found.value == 4.0 < found.high
    assert figure([1.0, 2.0, 3.0, 10.0] * 5) == found
    assert figure([]).value == 0
