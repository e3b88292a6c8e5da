"""The model's own tokenizer, from its `tokenizer.json` (only `tokenizers`)."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.errors import EngineError
from bot.prompt.family import Family, detect_family, specials_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import tokenizers

__all__ = ["FileTokenizer"]

_CHARACTERS = 8  # a token is seldom longer: how much text to look at first for `head` and `tail`


class FileTokenizer:
    """Counts, cuts, encodes and decodes as the model does; special tokens in a text are parsed as such.

    The file is read at once, the `tokenizers` library is imported when the first text is measured.
    """

    def __init__(self, path: Path) -> None:
        """Read `path`.

        Raises:
            EngineError: It is missing or is no tokenizer.
        """
        self.path = path
        try:
            self.raw = path.read_bytes()
            self._json: dict[str, Any] = json.loads(self.raw)
        except OSError as error:
            hint = "a model folder holds model.bin, config.json, the vocabulary and tokenizer.json"
            raise EngineError(f"no tokenizer at {path}", hint=hint) from error
        except ValueError as error:
            raise EngineError(f"{path} is not a tokenizer.json: {error}") from error

    @cached_property
    def sha256(self) -> str:
        """Hash of the file."""
        return hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def specials(self) -> tuple[str, ...]:
        """Every spelling of a special token."""
        return specials_of(self._json)

    @cached_property
    def family(self) -> Family:
        """The model family that the added tokens tell."""
        rows = self._json.get("added_tokens") or []
        return detect_family(str(row.get("content", "")) for row in rows)

    @cached_property
    def _library(self) -> tokenizers.Tokenizer:
        from tokenizers import Tokenizer  # noqa: PLC0415 - 30 ms that a run with nothing to ask saves

        try:
            loaded: tokenizers.Tokenizer = Tokenizer.from_buffer(self.raw)
        except Exception as error:  # the library raises plain Exception
            raise EngineError(f"{self.path} is not a tokenizer: {error}") from error
        loaded.no_truncation()
        loaded.no_padding()
        return loaded

    def vocabulary(self) -> dict[str, int]:
        """Return token spelling -> id, special tokens included."""
        found: dict[str, int] = self._library.get_vocab(with_added_tokens=True)
        return found

    def encode(self, text: str) -> list[str]:
        """Return the tokens of `text` as the vocabulary spells them."""
        tokens: list[str] = self._library.encode(text, add_special_tokens=False).tokens
        return tokens

    def ids(self, text: str) -> list[int]:
        """Return the ids of the tokens of `text`."""
        ids: list[int] = self._library.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`; special tokens are spelt out."""
        text: str = self._library.decode(list(ids), skip_special_tokens=False)
        return text

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return len(self.ids(text))

    def head(self, text: str, tokens: int) -> str:
        """Return a prefix of `text`, the longest give or take a token, of at most `tokens` tokens."""
        if tokens <= 0:
            return ""
        size = max(64, tokens * _CHARACTERS)
        while True:
            spans = self._spans(text[:size])
            if len(spans) > tokens:
                break
            if size >= len(text):
                return text
            size *= 4
        end = spans[tokens - 1][1]
        while end and self.count(text[:end]) > tokens:
            tokens -= 1
            end = spans[tokens - 1][1] if tokens else 0
        return text[:end]

    def tail(self, text: str, tokens: int) -> str:
        """Return a suffix of `text`, the longest give or take a token, of at most `tokens` tokens."""
        if tokens <= 0:
            return ""
        size = max(64, tokens * _CHARACTERS)
        while True:
            part = text[-size:]
            spans = self._spans(part)
            if len(spans) > tokens:
                break
            if size >= len(text):
                return text
            size *= 4
        start = spans[-tokens][0]
        while start < len(part) and self.count(part[start:]) > tokens:
            tokens -= 1
            start = spans[-tokens][0] if tokens else len(part)
        return part[start:]

    def _spans(self, text: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = self._library.encode(text, add_special_tokens=False).offsets
        return spans
