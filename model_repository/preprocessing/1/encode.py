"""Text to token ids, with the model's own tokenizer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Tensors = Callable[[str], Any]  # name -> the array of that input, or None

_END = "<|endoftext|>"  # where the model's files name none


class Encoder:
    """Encodes the prompt, the stop words and the bad words: preprocessing's inputs to its outputs."""

    def __init__(self, folder: Path, *, special: bool) -> None:
        self._special = special
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._end = _end_of(folder, self._tokenizer)

    def encode(self, given: Tensors) -> dict[str, Any]:
        """Return every output for the inputs that `given` has.

        Raises:
            ValueError: They contradict one another.
        """
        prompts = [self._ids(text) for text in _texts(given, "QUERY")]
        rows = len(prompts)
        decoder = [self._ids(text) for text in _texts(given, "DECODER_QUERY")] or [[0]] * rows
        scored = [self._ids(text) for text in _texts(given, "SCORE_TEXT")]
        end = _ints(given, "END_ID", self._end, rows)
        pad = _ints(given, "PAD_ID", self._end, rows)
        return {
            "INPUT_ID": _padded(prompts, pad),
            "REQUEST_INPUT_LEN": _column([len(p) for p in prompts]),
            "DECODER_INPUT_ID": _padded(decoder, pad),
            "REQUEST_DECODER_INPUT_LEN": _column([len(d) for d in decoder]),
            "BAD_WORDS_IDS": self._words(given, "BAD_WORDS_DICT", rows),
            "STOP_WORDS_IDS": self._words(given, "STOP_WORDS_DICT", rows),
            "EMBEDDING_BIAS": self._bias(given, rows),
            "REQUEST_OUTPUT_LEN": given("REQUEST_OUTPUT_LEN").astype(np.int32),
            "OUT_END_ID": _column(end),
            "OUT_PAD_ID": _column(pad),
            "OUT_PROMPT_TABLE_EXTRA_IDS": np.zeros((rows, 0), np.uint64),
            "SCORE_IDS": _padded(scored or [[]] * rows, pad),
        }

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=self._special).ids
        return ids

    def _words(self, given: Tensors, name: str, rows: int) -> np.ndarray:
        """Return [rows, 2, n]: the ids of all words in a row; under them where each word ends, then -1."""
        array = given(name)
        lists = [] if array is None else [[_text(w) for w in row] for row in array.reshape(rows, -1)]
        tables = []
        for words in lists or [[]] * rows:
            ids = [self._tokenizer.encode(w, add_special_tokens=False).ids for w in words if w]
            tables.append(([i for word in ids for i in word], list(np.cumsum([len(w) for w in ids]))))
        width = max(1, *(len(flat) for flat, _ in tables))
        result = np.zeros((rows, 2, width), np.int32)
        result[:, 1] = -1
        for row, (flat, ends) in zip(result, tables, strict=True):
            row[0, : len(flat)], row[1, : len(ends)] = flat, ends
        return result

    def _bias(self, given: Tensors, rows: int) -> np.ndarray:
        words, weights = given("EMBEDDING_BIAS_WORDS"), given("EMBEDDING_BIAS_WEIGHTS")
        if words is None and weights is None:
            return np.zeros((rows, 0), np.float32)
        if words is None or weights is None or words.shape != weights.shape:
            raise ValueError("embedding_bias_words and embedding_bias_weights go together, one for one")
        bias = np.zeros((rows, self._tokenizer.get_vocab_size(with_added_tokens=True)), np.float32)
        for row, (texts, values) in enumerate(
            zip(words.reshape(rows, -1), weights.reshape(rows, -1), strict=True)
        ):
            for text, value in zip(texts, values, strict=True):
                bias[row, self._tokenizer.encode(_text(text), add_special_tokens=False).ids] += value
        return bias


def _text(value: Any) -> str:  # noqa: ANN401 - bytes, or text on some paths
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _texts(given: Tensors, name: str) -> list[str]:
    array = given(name)
    return [] if array is None else [_text(value) for value in array.reshape(-1)]


def _ints(given: Tensors, name: str, default: int, rows: int) -> list[int]:
    array = given(name)
    return [default] * rows if array is None else [int(value) for value in array.reshape(-1)]


def _column(values: Sequence[int]) -> np.ndarray:
    return np.array([[value] for value in values], np.int32)


def _padded(rows: Sequence[Sequence[int]], pad: Sequence[int]) -> np.ndarray:
    width = max(len(row) for row in rows)
    return np.array([[*row, *[p] * (width - len(row))] for row, p in zip(rows, pad, strict=True)], np.int32)


def _end_of(folder: Path, tokenizer: Tokenizer) -> int:
    """Return the id that ends an answer, from the first of the model's files that names it."""
    for name in ("config.json", "tokenizer_config.json"):
        if not (folder / name).is_file():
            continue
        found = json.loads((folder / name).read_text("utf-8"))
        if isinstance(found.get("eos_token_id"), int):
            return int(found["eos_token_id"])
        token = found.get("eos_token")
        token = token.get("content") if isinstance(token, dict) else token
        if token and (at := tokenizer.token_to_id(token)) is not None:
            return int(at)
    at = tokenizer.token_to_id(_END)
    return -1 if at is None else int(at)
