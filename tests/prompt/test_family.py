"""Families are read from tokenizers; user text never reaches a special token."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engines.tokenizer import FileTokenizer
from bot.prompt.family import FAMILIES, NONE, detect_family, neutralise, restore, specials_of
from tests.prompt.source import tokenizer_of

NAMES = ("embedded", "starcoder", "starcoder2")
QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>")


@pytest.mark.parametrize(
    ("name", "family"), [("embedded", "starcoder"), ("starcoder", "starcoder"), ("starcoder2", "starcoder2")]
)
def test_a_real_tokenizer_tells_its_family(name: str, family: str) -> None:
    assert tokenizer_of(name).family.name == family


def test_every_family_is_found_by_its_own_spellings_and_plain_vocabularies_are_none() -> None:
    for family in FAMILIES.values():
        spelt = {family.prefix, family.suffix, family.middle, family.eos, family.bos, family.pad}
        assert detect_family({*spelt, family.repo, family.file} - {""}).name == family.name
    assert detect_family(["<s>", "</s>"]) is NONE


def test_added_tokens_that_are_ordinary_text_are_not_special() -> None:
    """Gemma adds HTML tags and runs of blanks, DeepSeek letters; Qwen's own markup is not marked special."""
    rows = [
        {"content": "<table>", "special": False},
        {"content": "  ", "special": False},
        {"content": "ø", "special": False},
        {"content": "<|fim_prefix|>", "special": False},
        {"content": "<tool_call>", "special": False},
        {"content": "</s>", "special": True},
    ]
    assert set(specials_of({"added_tokens": rows})) == {"<|fim_prefix|>", "<tool_call>", "</s>"}


def _planted(specials: tuple[str, ...]) -> st.SearchStrategy[str]:
    part = st.one_of(
        st.sampled_from(specials),
        st.sampled_from(specials).flatmap(lambda s: st.integers(0, len(s)).map(lambda i: s[:i])),
        st.sampled_from(specials).map(lambda s: s[0] + "\u2060" + s[1:]),
        st.text(max_size=8),
        st.sampled_from(["<", ">", "|", "\u2060", "_", "\n", "def f(): pass"]),
    )
    return st.lists(part, max_size=12).map("".join)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_a_user_becomes_a_special_token(name: str) -> None:
    tokenizer = tokenizer_of(name)
    special_ids = {tokenizer.vocabulary()[s] for s in tokenizer.specials}

    @settings(derandomize=True, deadline=None, max_examples=150)
    @given(_planted(tokenizer.specials))
    def holds(text: str) -> None:
        safe = neutralise(text, tokenizer.specials)
        assert not special_ids & set(tokenizer.ids(safe))
        assert restore(safe, tokenizer.specials) == text

    holds()


@pytest.mark.parametrize("name", NAMES)
def test_unneutralised_text_would_have_been_special(name: str) -> None:
    tokenizer = tokenizer_of(name)
    assert tokenizer.ids("a<fim_prefix>b").count(tokenizer.vocabulary()["<fim_prefix>"]) == 1


def test_text_without_special_tokens_stays_as_it_is() -> None:
    text = "a < b and c <d> e <fim_prefi"
    assert neutralise(text, ("<fim_prefix>", "<|endoftext|>")) == text


def test_a_tokenizer_file_lists_its_specials(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("t") / "tokenizer.json"
    path.write_text(
        json.dumps({"added_tokens": [{"content": t, "special": True} for t in (*QWEN, "<|endoftext|>")]})
    )
    assert FileTokenizer(path).family.name == "qwen2.5-coder"
