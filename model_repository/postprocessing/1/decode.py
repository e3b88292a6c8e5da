"""Token ids to text. Each part of a stream is decoded by itself, and loses neither spaces nor characters.

Some tokenizers drop the space in front of a text's first word: an anchor token in front keeps it. A part
that ends inside a character is the inner model's to avoid; ours do, and for others there is the BLS model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Decoder:
    """Decodes parts of answers with the tokenizer of a folder."""

    def __init__(self, folder: Path, *, skip_special: bool) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._skip = skip_special
        anchors = self._tokenizer.encode("a", add_special_tokens=False).ids
        self._anchor = anchors[-1:] if self._strips(anchors[-1:]) else []
        self._before = len(self._decode(self._anchor)) if self._anchor else 0

    def text(self, ids: Iterable[int]) -> str:
        """Return the text of one part."""
        return self._decode([*self._anchor, *(int(i) for i in ids)])[self._before :]

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=self._skip)
        return text

    def _strips(self, token: list[int]) -> bool:
        """Whether a second word at the start of a text comes without its space."""
        word = self._tokenizer.encode("a a", add_special_tokens=False).ids[-1:]
        return len(self._decode([*token, *word])) != len(self._decode(token)) + len(self._decode(word))
