"""Weights on the grid that CTranslate2's int8 has, rounded so that what comes out of a layer changes least.

Rounding each weight to the nearest step loses what a fine-tuning moved by less than half a step: all of it
where it began from weights that lie on the grid already. GPTQ (Frantar et al., 2022, arXiv:2210.17323) rounds
column by column and lets the columns that are left make up for each error, as seen by what the layer is fed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from training.decoder import Decoder, branched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Rounding", "gptq"]

_TOP = 127  # a row's largest weight becomes this; CTranslate2 scales each row by it
_DAMPING = 0.01  # of the mean diagonal
_TIED = 0.3  # for the embedding: its rows are looked up too, so each stays near its own
_ANSWER = 16.0  # what an answer's token counts for, a prompt's being 1


def gptq(weight: torch.Tensor, gram: torch.Tensor, damping: float = _DAMPING) -> torch.Tensor:
    """Return `weight` with every row on its int8 grid.

    Args:
        weight: (outputs, inputs), single precision.
        gram: (inputs, inputs), the sum of x xT over the inputs x that the layer is fed.
        damping: Share of the mean diagonal added to it: with much of it, each weight is rounded alone.
    """
    left = weight.clone()
    top, at = left.abs().max(1)
    scale = _TOP / top.clamp(min=1e-12)
    size = len(gram)
    damped = (
        gram.double() + torch.eye(size, dtype=torch.float64) * (damping * gram.diagonal().mean()).double()
    )
    upper = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(damped)), upper=True).float()
    found = torch.empty_like(left)
    for n in range(size):
        steps = (left[:, n] * scale).round().clamp(-_TOP, _TOP)
        # the largest stays what it is, or the converter would choose another grid
        steps = torch.where(at == n, weight[:, n].sign() * _TOP, steps)
        found[:, n] = steps / scale
        error = (left[:, n] - found[:, n]) / upper[n, n]
        left[:, n:] -= error[:, None] * upper[n, n:]
    return found


class Rounding(Decoder):
    """A decoder that sees what its matrices are fed."""

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        if self._grams is not None:
            gram = _gram(x, self._counts)
            known = self._grams.get(name)
            self._grams[name] = gram if known is None else known + gram
        return super()._linear(x, name)

    _grams: dict[str, torch.Tensor] | None = None
    _counts: torch.Tensor  # (rows, tokens, 1): what each token counts for

    @torch.no_grad()
    def round(
        self,
        documents: Sequence[tuple[Sequence[int], Sequence[int]]],
        *,
        at_once: int = 8,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Round all matrices in place, first layer first, each layer fed by those already rounded.

        Args:
            documents: (prompt, answer) as token ids, as the model will see them: some 50,000 tokens.
            at_once: Documents computed together.
            tell: Is told of each layer.
        """
        order = sorted(documents, key=lambda d: len(d[0]) + len(d[1]))
        groups = [order[at : at + at_once] for at in range(0, len(order), at_once)]
        laid = [branched([p for p, _ in group], [[a] for _, a in group]) for group in groups]
        counts = [_counted(group, b.ids.shape[1]) for group, b in zip(groups, laid, strict=True)]
        hidden = [functional.embedding(b.ids, self.get("embed_tokens.weight")) for b in laid]
        turns = [self._turn(b.positions, torch.float32) for b in laid]

        def through(n: int) -> list[torch.Tensor]:
            found = []
            for h, turn, b, self._counts in zip(hidden, turns, laid, counts, strict=True):
                found.append(self._layer(n, h, turn, b.attend, None, None)[0])
            return found

        for n in range(self.shape.layers):
            self._grams = {}
            through(n)
            grams, self._grams = self._grams, None
            for name, gram in grams.items():
                weight = self.get(f"{name}.weight")
                weight.copy_(gptq(weight, gram))
            hidden = through(n)
            tell(f"layer {n + 1} of {self.shape.layers} rounded")
        last = (self._norm(h, "norm.weight") for h in hidden)
        final = torch.stack([_gram(x, count) for x, count in zip(last, counts, strict=True)]).sum(0)
        weight = self.get("embed_tokens.weight")
        weight.copy_(gptq(weight, final, _TIED))


def _gram(x: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    flat = (x * counts.sqrt()).flatten(0, 1)
    return flat.T @ flat


def _counted(group: Sequence[tuple[Sequence[int], Sequence[int]]], width: int) -> torch.Tensor:
    """Return what each token counts for: (rows, width, 1); padding nothing."""
    found = torch.zeros(len(group), width, 1)
    for row, (prompt, answer) in enumerate(group):
        found[row, : len(prompt)] = 1.0
        found[row, len(prompt) - 1 : len(prompt) + len(answer)] = _ANSWER
    return found
