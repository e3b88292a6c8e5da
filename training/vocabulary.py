"""Byte-level BPE tokenizers as `tokenizer.json` tables: one pruned to what a language uses, or a new one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training.records import SPECIALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["byte_alphabet", "from_gguf", "pruned", "trained"]

# Words with one character in front | single digits | punctuation | line end with indentation | white space
_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\n[ ]*(?=\S)|\s*[\r\n]+|\s+(?!\S)|\s+"
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


def byte_alphabet() -> list[str]:
    """Return the 256 characters that stand for bytes in a byte-level vocabulary."""
    from tokenizers import pre_tokenizers  # noqa: PLC0415 - the rest is tables

    return sorted(pre_tokenizers.ByteLevel.alphabet())


def from_gguf(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `tokenizer.json` of a GGUF file's fields.

    Raises:
        ValueError: It splits text in another way than SmolLM, whose digits stand alone.
    """
    if (way := fields.get("tokenizer.ggml.pre")) not in {"smollm", "starcoder", "refact", "command-r"}:
        raise ValueError(f"a tokenizer that splits text as {way!r} is not known here")
    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    control = [n for n, kind in enumerate(fields["tokenizer.ggml.token_type"]) if kind == 3]
    digits = {"type": "Digits", "individual_digits": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(n, tokens[n]) for n in control],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, _BYTES]},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {token: n for n, token in enumerate(tokens)},
            "merges": [merge.split(" ") for merge in fields["tokenizer.ggml.merges"]],
        },
    }


def pruned(
    table: dict[str, Any], counts: Mapping[int, int], size: int
) -> tuple[dict[str, Any], list[int | None]]:
    """Return a tokenizer of `size` tokens, and for each where `table` had it (None: it is new).

    StarCoder's special tokens come first and the bytes next; then what `counts` (id -> uses) says is used
    most, each with the tokens it is merged from, so that whatever is kept is still reached.

    Raises:
        ValueError: `size` does not hold special tokens and bytes.
    """
    model = table["model"]
    old: dict[str, int] = model["vocab"]
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    special = {row["content"] for row in table["added_tokens"]} | set(SPECIALS)
    made_of: dict[str, tuple[str, str]] = {}
    for left, right in merges:
        made_of.setdefault(left + right, (left, right))
    kept = dict.fromkeys([*SPECIALS, *byte_alphabet()])
    if len(kept) > size:
        raise ValueError(f"{len(kept)} tokens are the least a vocabulary has; {size} are asked for")
    by_use = sorted((-count, n) for n, count in counts.items())
    spelling = {n: token for token, n in old.items()}
    for _, n in by_use:
        if n in spelling and spelling[n] not in special:
            needed = [t for t in _ancestry(spelling[n], made_of) if t not in kept]
            if len(kept) + len(needed) <= size:
                kept.update(dict.fromkeys(needed))
    # what is left over goes to the tokens learnt first, which are the most frequent in general
    for token in (left + right for left, right in merges):
        if len(kept) == size:
            break
        if token not in kept and token not in special and all(t in kept for t in made_of[token]):
            kept[token] = None
    head = len(SPECIALS)
    order = [*SPECIALS, *sorted(list(kept)[head:], key=lambda t: old.get(t, -1))]
    new = {
        **table,
        "added_tokens": [_added(n, token) for n, token in enumerate(SPECIALS)],
        "model": {
            **model,
            "vocab": {token: n for n, token in enumerate(order)},
            "merges": [[a, b] for a, b in merges if a in kept and b in kept and a + b in kept],
        },
    }
    return json.loads(json.dumps(new)), [old.get(token) for token in order]


def _ancestry(token: str, made_of: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for part in made_of.get(token, ()):
        yield from _ancestry(part, made_of)
    yield token


def trained(texts: Iterable[str], size: int) -> dict[str, Any]:
    """Return a tokenizer of `size` tokens learnt from `texts`; a line end and indentation are one token."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415 - as above

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(_WORDS), behavior="isolated")
    spelt = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, spelt])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIALS),
        initial_alphabet=byte_alphabet(),
        min_frequency=2,
        show_progress=False,
        max_token_length=32,
    )
    tokenizer.train_from_iterator(texts, trainer=trainer)
    found: dict[str, Any] = json.loads(tokenizer.to_str())
    return found


def _added(n: int, token: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": n, "content": token, **flags, "special": True}
