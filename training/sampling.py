"""Several answers to each of many prompts at once, drawn from a `Decoder`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.decoder import Cache, Decoder

__all__ = ["sampled"]


@torch.no_grad()
def sampled(
    model: Decoder,
    prompts: Sequence[Sequence[int]],
    *,
    count: int,
    most: int,
    ends: Sequence[int],
    temperature: float = 1.0,
    past: Cache | None = None,
) -> list[list[list[int]]]:
    """Return `count` answers to each prompt, the end token included where there is one.

    Args:
        model: Whose answers.
        prompts: Token ids; none is empty.
        count: Answers a prompt; they are computed as branches of one row.
        most: Tokens of an answer.
        ends: Tokens that end one.
        temperature: 0 takes the likeliest token (then more than one answer is a waste).
        past: Keys and values of a prefix that precedes all prompts.
    """
    weights = next(model.parameters())
    device, rows = weights.device, len(prompts)
    before = past[0][0].shape[2] if past else 0
    lengths = torch.tensor([len(p) for p in prompts], device=device)
    width = math.ceil(max(map(len, prompts)) / 8) * 8
    ids = torch.zeros(rows, width, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
    places = torch.arange(width, device=device)
    causal = (places[:, None] >= places)[None, None].expand(rows, -1, -1, -1)
    attend = torch.cat([causal.new_ones(rows, 1, width, before), causal], 3)
    hidden, kept = model(ids.to(device), before + places.expand(rows, -1), attend, past, keep=True)
    room = before + width
    store: Cache = []
    for n, pair in enumerate(kept):
        layer = []
        for which, new in enumerate(pair):
            memory = new.new_empty(rows, new.shape[1], room + most * count, new.shape[3])
            if past:
                memory[:, :, :before] = past[n][which]
            memory[:, :, before:room] = new
            layer.append(memory)
        store.append((layer[0], layer[1]))
    del kept
    given = torch.cat([places.new_ones(rows, before, dtype=torch.bool), places < lengths[:, None]], 1)
    given = given[:, None].expand(-1, count, -1)
    own = torch.eye(count, dtype=torch.bool, device=device)[None].expand(rows, -1, -1)
    last = hidden[torch.arange(rows, device=device), lengths - 1][:, None].expand(-1, count, -1)
    stops = torch.tensor(list(ends), device=device)
    done = torch.zeros(rows, count, dtype=torch.bool, device=device)
    found = torch.full((rows, count, most), int(stops[0]), device=device)
    for step in range(most):
        logits = model.logits(last).float()
        if temperature:
            # the largest of logits and Gumbel noise is a draw from their softmax
            noise = torch.empty_like(logits).exponential_().log_()
            token = (logits / temperature - noise).argmax(-1)
        else:
            token = logits.argmax(-1)
        found[:, :, step] = torch.where(done, stops[0], token)
        done |= torch.isin(token, stops)
        if step == most - 1 or (step % 4 == 3 and bool(done.all())):
            break
        attend = torch.cat([given, own.repeat(1, 1, step + 1)], 2)[:, None]
        positions = (before + lengths + step)[:, None].expand(-1, count)
        last, _ = model(token, positions, attend, store, room=room + step * count)
    return [[_ended(answer, set(ends)) for answer in several] for several in found.tolist()]


def _ended(answer: list[int], ends: set[int]) -> list[int]:
    at = next((n for n, token in enumerate(answer) if token in ends), len(answer))
    return answer[: at + 1]
