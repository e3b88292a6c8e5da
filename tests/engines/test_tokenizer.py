"""Counting and cutting in true tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engines.tokenizer import FileTokenizer
from bot.errors import EngineError
from tests.prompt.source import tokenizer_of

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.lists(
    st.one_of(st.text(max_size=20), st.sampled_from(["    ", "\n", "é", "\U0001f600", "x" * 90]))
).map("".join)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(TEXT, st.integers(0, 60))
def test_head_and_tail_are_ends_of_the_text_within_the_budget(text: str, tokens: int) -> None:
    tokenizer = tokenizer_of("embedded")
    head, tail = tokenizer.head(text, tokens), tokenizer.tail(text, tokens)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert max(tokenizer.count(head), tokenizer.count(tail)) <= tokens
    if tokenizer.count(text) <= tokens:
        assert head == tail == text


def test_head_of_a_huge_text_reads_only_its_beginning() -> None:
    tokenizer = tokenizer_of("embedded")
    head = tokenizer.head("value = compute(1)\n" * 500_000, 100)
    assert 95 <= tokenizer.count(head) <= 100


def test_decoding_gives_encoded_text_back() -> None:
    tokenizer = tokenizer_of("embedded")
    text = "def f(x):\n    return 'é\U0001f600'  # <fim_prefix>\n"
    assert tokenizer.decode(tokenizer.ids(text)) == text


@pytest.mark.parametrize("content", [None, "{", '{"model": {}}'])
def test_a_file_that_is_no_tokenizer_is_an_engine_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EngineError, match=r"tokenizer"):
        FileTokenizer(path).count("x")
