"""A vocabulary cut down to what code uses still spells everything, and the same way where it can."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from tokenizers import Tokenizer

from bot.engines.folder import embedded_folder
from bot.prompt.family import detect_family
from training.records import SPECIALS
from training.vocabulary import from_gguf, pruned, trained

TABLE: dict[str, Any] = json.loads((embedded_folder() / "tokenizer.json").read_text("utf-8"))
CODE = 'def mean(values: list[float]) -> float:\n    """Return it."""\n    return sum(values) / len(values)\n'


def counted(text: str) -> Counter[int]:
    return Counter(Tokenizer.from_str(json.dumps(TABLE)).encode(text, add_special_tokens=False).ids)


def test_what_is_used_is_kept_and_the_rest_is_spelt_in_pieces() -> None:
    table, origins = pruned(TABLE, counted(CODE), 600)
    full, small = Tokenizer.from_str(json.dumps(TABLE)), Tokenizer.from_str(json.dumps(table))
    assert small.get_vocab_size() == len(origins) == 600
    assert small.encode(CODE).tokens == full.encode(CODE).tokens
    for text in ("naïve ☃ \t\x00 antidisestablishmentarianism", CODE * 3):
        assert small.decode(small.encode(text).ids) == text
    for n, origin in enumerate(origins):
        if n >= len(SPECIALS) and origin is not None:
            assert small.id_to_token(n) == full.id_to_token(origin)


def test_special_tokens_stand_where_the_product_looks_for_them() -> None:
    """Those the source lacks are new, and have no row there."""
    bare = {**TABLE, "added_tokens": [], "model": {**TABLE["model"], "vocab": dict(TABLE["model"]["vocab"])}}
    del bare["model"]["vocab"]["<fim_pad>"]
    table, origins = pruned(bare, {}, 600)
    assert [row["content"] for row in table["added_tokens"]] == list(SPECIALS)
    assert detect_family(row["content"] for row in table["added_tokens"]).name == "starcoder"
    assert origins[SPECIALS.index("<fim_pad>")] is None
    prompt = "<fim_prefix>a<fim_suffix>b<fim_middle>"
    assert Tokenizer.from_str(json.dumps(table)).encode(prompt).ids[::2] == [1, 3, 2]


def test_too_small_a_vocabulary_is_an_error() -> None:
    with pytest.raises(ValueError, match="the least"):
        pruned(TABLE, {}, 200)


def test_a_tokenizer_learnt_from_code_knows_indentation() -> None:
    table = trained([CODE * 50], 400)
    tokens = Tokenizer.from_str(json.dumps(table)).encode(CODE).tokens
    assert "ĊĠĠĠĠ" in tokens
    assert [row["content"] for row in table["added_tokens"]] == list(SPECIALS)


def test_a_gguf_file_s_tokenizer_is_the_published_one_or_none() -> None:
    vocabulary = sorted(TABLE["model"]["vocab"], key=TABLE["model"]["vocab"].__getitem__)
    kinds = [3 if token in SPECIALS else 1 for token in vocabulary]
    fields = {
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": [" ".join(merge) for merge in TABLE["model"]["merges"]],
    }
    tokenizer = Tokenizer.from_str(json.dumps(from_gguf(fields)))
    assert tokenizer.encode("x = 123<fim_pad>").tokens == ["x", "Ġ=", "Ġ", "1", "2", "3", "<fim_pad>"]
    with pytest.raises(ValueError, match="'llama3'"):
        from_gguf({**fields, "tokenizer.ggml.pre": "llama3"})
