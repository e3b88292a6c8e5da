"""Model families: how each spells fill-in-the-middle, read from a tokenizer and never from a model's name.

Spellings: bigcode/starcoder and starcoder2 (the published tokenizers), bigcode/santacoder (model card),
Qwen2.5-Coder and DeepSeek-Coder (their READMEs), CodeGemma (ai.google.dev/gemma/docs/codegemma). A
family whose exact spelling in running text is not certain is left out: a wrong one is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FAMILIES", "NONE", "Family", "detect_family", "neutralise", "restore", "specials_of"]

_JOINER = "\u2060"  # word joiner: invisible, survives NFC, and occurs in no special token


@dataclass(frozen=True, slots=True)
class Family:
    """How to spell a fill-in-the-middle request, in prefix, suffix, middle order."""

    name: str
    prefix: str = ""
    suffix: str = ""
    middle: str = ""
    eos: str = ""
    bos: str = ""  # in front of everything, where the model was trained with one
    pad: str = ""
    repo: str = ""  # repository-level form: name of the repository …
    file: str = ""  # … and what separates its files
    window: int = 0  # positions, where the model's files do not say; 0: unknown

    @property
    def fim(self) -> bool:
        """Whether the family fills in the middle."""
        return bool(self.middle)

    @property
    def stops(self) -> tuple[str, ...]:
        """Spellings at which an answer is over; matched on text, since servers differ in what they hide."""
        return tuple(s for s in (self.eos, self.file, self.prefix, self.suffix, self.middle, self.pad) if s)

    def fill(self, before: str, after: str, context: str = "") -> str:
        """Return the request text; `before` and `after` must be neutralised, `context` must come from us."""
        return f"{self.bos}{context}{self.prefix}{before}{self.suffix}{after}{self.middle}"


_EOT = "<|endoftext|>"
# The order matters: a later row's spellings may be a part of an earlier row's.
_ROWS = (
    Family(
        "starcoder2",
        "<fim_prefix>",
        "<fim_suffix>",
        "<fim_middle>",
        _EOT,
        pad="<fim_pad>",
        repo="<repo_name>",
        file="<file_sep>",
        window=16_384,
    ),
    Family("starcoder", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", _EOT, pad="<fim_pad>", window=8_192),
    Family("santacoder", "<fim-prefix>", "<fim-suffix>", "<fim-middle>", _EOT, pad="<fim-pad>", window=2_048),
    Family(
        "qwen2.5-coder",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        _EOT,
        pad="<|fim_pad|>",
        repo="<|repo_name|>",
        file="<|file_sep|>",
        window=32_768,
    ),
    Family(
        "codegemma",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        "<eos>",
        bos="<bos>",
        file="<|file_separator|>",
        window=8_192,
    ),
    Family(
        "deepseek-coder",
        "<｜fim▁begin｜>",  # noqa: RUF001 - the model's own spelling has a full-width bar
        "<｜fim▁hole｜>",  # noqa: RUF001 - likewise
        "<｜fim▁end｜>",  # noqa: RUF001 - likewise
        "<｜end▁of▁sentence｜>",  # noqa: RUF001 - likewise
        bos="<｜begin▁of▁sentence｜>",  # noqa: RUF001 - likewise
        window=16_384,
    ),
)
NONE = Family("none")
FAMILIES: dict[str, Family] = {row.name: row for row in (*_ROWS, NONE)}

# Added tokens that are not marked special yet mean something to the model; not, say, Gemma's "<table>".
_MARKUP = re.compile(r"<[|｜].+[|｜]>|</?[a-z]+[_-][a-z_-]+>|\[/?[A-Z]{3,}\]")  # noqa: RUF001 - DeepSeek's bar


def detect_family(added: Iterable[str]) -> Family:
    """Return the first family whose every spelling is among a tokenizer's added tokens, `NONE` if none is."""
    known = frozenset(added)
    for row in _ROWS:
        parts = (row.prefix, row.suffix, row.middle, row.eos, row.bos, row.pad, row.repo, row.file)
        if all(part in known for part in parts if part):
            return row
    return NONE


def specials_of(tokenizer: Mapping[str, object]) -> tuple[str, ...]:
    """Return every spelling that a `tokenizer.json` (parsed) turns into a special token."""
    rows = tokenizer.get("added_tokens")
    found = []
    for row in rows if isinstance(rows, list) else []:
        text = str(row.get("content", ""))
        if len(text) > 1 and text.strip() and (row.get("special") or _MARKUP.fullmatch(text)):
            found.append(text)
    return tuple(sorted(found))


@lru_cache(maxsize=8)
def _pattern(specials: tuple[str, ...]) -> re.Pattern[str] | None:
    if not specials:
        return None
    longest = sorted(specials, key=lambda s: (-len(s), s))
    return re.compile("|".join(f"{re.escape(s[0])}{_JOINER}*{re.escape(s[1:])}" for s in longest))


def neutralise(text: str, specials: tuple[str, ...]) -> str:
    """Return `text` with an invisible word joiner inside whatever spells one of `specials`.

    The result tokenises to no special token. A text that has the joiner there already gets one more, so
    that `restore` gives every text back exactly.
    """
    pattern = _pattern(specials)
    return pattern.sub(lambda m: m[0][0] + _JOINER + m[0][1:], text) if pattern else text


def restore(text: str, specials: tuple[str, ...]) -> str:
    """Undo `neutralise`, in an answer that copies user text too."""
    pattern = _pattern(specials)
    return pattern.sub(lambda m: m[0].replace(_JOINER, "", 1), text) if pattern else text
