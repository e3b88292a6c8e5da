"""Examples of what a student already knows, learnt on the side so that it does not forget."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from training.records import END, lines, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["Replay"]

_PROMPT, _ANSWER = 800, 120  # tokens that are learnt from at most


class Replay:
    """An endless shuffled stream of some kinds of examples, or of this process's share of them."""

    def __init__(
        self,
        files: Sequence[Path],
        kinds: Collection[str],
        tokenizer: Path,
        *,
        seed: int,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        mine = (parse(line) for n, line in enumerate(lines(files)) if n % world == rank)
        self._examples = [(e.prompt, e.answer) for e in mine if e.kind in kinds and e.prompt]
        if not self._examples:
            raise ValueError(f"no examples of the kinds {', '.join(kinds)} to replay")
        random.Random(seed).shuffle(self._examples)  # noqa: S311 - no secret
        self._prompts, self._answers = (Tokenizer.from_file(str(tokenizer)) for _ in range(2))
        self._answers.encode_special_tokens = True  # what code spells like a special token is plain text

    def take(self, at: int, count: int) -> tuple[list[list[int]], list[list[list[int]]]]:
        """Return token ids of prompts and of each one's only answer; too long prompts are left out."""
        chosen = [self._examples[(at + n) % len(self._examples)] for n in range(count)]
        prompts = self._prompts.encode_batch([p for p, _ in chosen], add_special_tokens=False)
        answers = self._answers.encode_batch([a for _, a in chosen], add_special_tokens=False)
        pairs = [
            (p.ids, [*a.ids, END][:_ANSWER])
            for p, a in zip(prompts, answers, strict=True)
            if p.ids and len(p.ids) <= _PROMPT
        ]
        pairs.sort(key=lambda pair: len(pair[0]))
        return [p for p, _ in pairs], [[a] for _, a in pairs]
