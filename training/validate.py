"""How good a model is on held-out projects while it learns: losses, and answers to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed as dist

from training.model import greedy
from training.rows import documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from training.model import Learner
    from training.rows import Rows

__all__ = ["losses", "samples"]


@torch.no_grad()
def losses(
    learner: Learner, sets: Mapping[str, Rows], *, most: int, at_once: int, rank: int, world: int
) -> dict[str, float]:
    """Return the mean loss of an answer's token for each kind, on at most `most` rows of each.

    Every process takes its share and all return the same. Not compiled: that would take longer than it saves.
    """
    device = learner.weights.device
    learner.eval()
    found: dict[str, float] = {}
    for kind, rows in sets.items():
        sums = torch.zeros(2, device=device, dtype=torch.float64)
        mine = np.arange(min(most, len(rows)))[rank::world]
        for at in range(0, len(mine), at_once):
            ids, codes = (torch.from_numpy(a).to(device) for a in rows.take(mine[at : at + at_once]))
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                sums += learner(ids, codes)[1]
        if world > 1:
            dist.all_reduce(sums)
        if sums[1]:
            found[kind] = (sums[0] / sums[1]).item()
    learner.train()
    return found


def samples(model: Any, rows: Rows, tokenizer: Path, count: int, most: int = 64) -> Iterator[str]:  # noqa: ANN401 - any causal model
    """Yield texts to read: the end of a prompt, what the model answers, and what people wrote."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - only where something is printed

    known = Tokenizer.from_file(str(tokenizer))
    model.eval()
    for row in np.linspace(0, len(rows) - 1, count):
        prompt, wanted = next(documents(rows, int(row)), ([], []))
        if not prompt:
            continue
        given = greedy(model, prompt, most)
        shown = known.decode(prompt, skip_special_tokens=False)[-160:]
        yield f"… {shown!r}\n  model:  {known.decode(given)!r}\n  people: {known.decode(wanted)!r}"
    model.train()
