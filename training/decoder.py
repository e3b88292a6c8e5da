"""A Llama or Qwen2 decoder in plain PyTorch, whose rows are a prompt with several answers branching off it.

The prompt is computed once for all of its answers, in scoring, sampling and learning alike; a prefix that all
rows share (instructions, worked examples) once for everything. Transformers' own models expand the prompt for
each answer instead.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Branches", "Cache", "Decoder", "Shape", "branched", "opened"]

HEAD = "lm_head.weight"  # where it is not tied to the embedding
Cache = list[tuple[torch.Tensor, torch.Tensor]]  # keys and values of each layer: (rows, heads, tokens, size)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a checkpoint's configuration says that its tensors do not."""

    layers: int
    heads: int
    grouped: int  # key-value heads
    theta: float = 10_000.0  # of the rotary embedding
    epsilon: float = 1e-5

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Shape:
        """Return the shape of a Hugging Face `config.json`.

        Raises:
            ValueError: It is another kind of model, or one with something that is not computed here.
        """
        rope = config.get("rope_parameters") or {}
        heads = config.get("num_attention_heads", 1)
        size = config.get("head_dim") or config.get("hidden_size", 0) // heads
        if (
            config.get("model_type") not in {"llama", "qwen2"}
            or rope.get("rope_type", "default") != "default"
            or size * heads != config["hidden_size"]
            or config.get("use_sliding_window")
        ):
            raise ValueError(f"a {config.get('model_type')} of this shape is not known here: {dict(config)}")
        return cls(
            config["num_hidden_layers"],
            heads,
            config.get("num_key_value_heads") or heads,
            float(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0),
            float(config.get("rms_norm_eps", 1e-5)),
        )


class Decoder(nn.Module):
    """The decoder; its parameters have the names they have in the checkpoint, without dots.

    It computes in the type of its tensors; change that before, not with `to`: frequencies stay what they are.
    """

    def __init__(self, shape: Shape, tensors: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        self.shape = shape
        for name, tensor in tensors.items():
            if not name.endswith("rotary_emb.inv_freq"):
                self.register_parameter(_flat(name), nn.Parameter(tensor))
        width = self.get("embed_tokens.weight").shape[1]
        size = width // shape.heads
        frequencies = 1.0 / shape.theta ** (torch.arange(0, size, 2, dtype=torch.float32) / size)
        self.register_buffer("frequencies", frequencies, persistent=False)

    @classmethod
    def of(cls, model: Any) -> Decoder:  # noqa: ANN401 - any causal model
        """Return what computes the same as a model of transformers, with its tensors."""
        tensors = {name: value.detach() for name, value in model.named_parameters()}  # a tied one once
        return cls(Shape.read(model.config.to_dict()), tensors)

    def get(self, name: str) -> torch.Tensor:
        """Return a tensor by its name below `model.`."""
        found: torch.Tensor = getattr(self, _flat(f"model.{name}"))
        return found

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the parameters by their checkpoint's names."""
        return {name.replace("/", "."): value for name, value in self.named_parameters()}

    def forward(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        attend: torch.Tensor | None,
        past: Cache | None = None,
        *,
        keep: bool = False,
        room: int | None = None,
    ) -> tuple[torch.Tensor, Cache]:
        """Return the last hidden states (rows, tokens, width), and the new keys and values to keep.

        Args:
            ids: (rows, tokens).
            positions: (rows, tokens), for the rotary embedding.
            attend: (rows or 1, 1, tokens, past + tokens), True where one sees another; None: all before it.
            past: Keys and values of what precedes; those of one row are every row's.
            keep: Return this call's keys and values too.
            room: `past` is memory for more than there is yet: this many of its tokens count, and this call's
                keys and values are written behind them.
        """
        hidden = functional.embedding(ids, self.get("embed_tokens.weight"))
        turn = self._turn(positions, hidden.dtype)
        kept: Cache = []
        for n in range(self.shape.layers):
            hidden, pair = self._layer(n, hidden, turn, attend, past[n] if past else None, room)
            if keep:
                kept.append(pair)
        return self._norm(hidden, "norm.weight"), kept

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the scores of every token of the vocabulary, in the type of `hidden`."""
        head = getattr(self, _flat(HEAD), None)
        return functional.linear(hidden, self.get("embed_tokens.weight") if head is None else head)

    def _turn(self, positions: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        angles = positions[..., None].float() * self.frequencies
        turn = torch.cat([angles, angles], -1)[:, None]
        return turn.cos().to(dtype), turn.sin().to(dtype)

    def _layer(  # noqa: PLR0917 - what the loop above has at hand
        self,
        n: int,
        hidden: torch.Tensor,
        turn: tuple[torch.Tensor, torch.Tensor],
        attend: torch.Tensor | None,
        past: tuple[torch.Tensor, torch.Tensor] | None,
        room: int | None,
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        at, shape = f"layers.{n}.", self.shape
        normal = self._norm(hidden, f"{at}input_layernorm.weight")
        rows, tokens, _ = hidden.shape
        q, k, v = (
            self._linear(normal, f"{at}self_attn.{part}_proj").view(rows, tokens, heads, -1).transpose(1, 2)
            for part, heads in (("q", shape.heads), ("k", shape.grouped), ("v", shape.grouped))
        )
        q, k = _turned(q, *turn), _turned(k, *turn)
        pair = (k, v)
        if past is not None and room is not None:
            for p, new in zip(past, pair, strict=True):
                p[:, :, room : room + tokens] = new
            k, v = (p[:, :, : room + tokens] for p in past)
        elif past is not None:
            k, v = (
                torch.cat([p.expand(rows, -1, -1, -1), new], 2) for p, new in zip(past, pair, strict=True)
            )
        mixed = self._attention(q, k, v, attend)
        hidden = hidden + self._linear(
            mixed.transpose(1, 2).reshape(rows, tokens, -1), f"{at}self_attn.o_proj"
        )
        normal = self._norm(hidden, f"{at}post_attention_layernorm.weight")
        inner = functional.silu(self._linear(normal, f"{at}mlp.gate_proj")) * self._linear(
            normal, f"{at}mlp.up_proj"
        )
        return hidden + self._linear(inner, f"{at}mlp.down_proj"), pair

    def _attention(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, attend: torch.Tensor | None
    ) -> torch.Tensor:
        if attend is None:
            return functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        # the kernels that take masks want as many keys as queries: queries that share keys become more tokens
        rows, heads, tokens, size = q.shape
        times = heads // k.shape[1]
        folded = q.reshape(rows, k.shape[1], times * tokens, size)
        mixed = functional.scaled_dot_product_attention(folded, k, v, attn_mask=attend.repeat(1, 1, times, 1))
        return mixed.reshape(rows, heads, tokens, size)

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        bias = getattr(self, _flat(f"model.{name}.bias"), None)
        return functional.linear(x, self.get(f"{name}.weight"), bias)

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return functional.rms_norm(x, x.shape[-1:], self.get(name).to(x.dtype), self.shape.epsilon)


def opened(folder: Path) -> tuple[Shape, dict[str, torch.Tensor]]:
    """Return the shape and, in single precision, the tensors of a Hugging Face folder.

    Raises:
        ValueError: It is of a shape that is not computed here.
    """
    shape = Shape.read(json.loads((folder / "config.json").read_text("utf-8")))
    return shape, {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}


def _flat(name: str) -> str:
    return name.replace(".", "/")


def _turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


@dataclass(frozen=True, slots=True)
class Branches:
    """Prompts with their answers as rows: (rows, tokens) but for `attend`."""

    ids: torch.Tensor
    positions: torch.Tensor
    attend: torch.Tensor  # (rows, 1, tokens, past + tokens)
    sources: torch.Tensor  # (answers' tokens, 2): row and place of the state that predicts each of them
    targets: torch.Tensor  # (answers' tokens,)
    owners: torch.Tensor  # (answers' tokens,): which answer, counted over all rows


def branched(
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Sequence[Sequence[int]]],
    *,
    past: int = 0,
    device: torch.device | str = "cpu",
) -> Branches:
    """Lay out each prompt once, followed by its answers, none of which sees another.

    Args:
        prompts: Token ids; none is empty.
        answers: Token ids of each prompt's answers, their end tokens included.
        past: Tokens that precede every row and that all of it sees.
        device: Where the result is wanted.
    """
    rows = len(prompts)
    width = max(len(p) + sum(map(len, several)) for p, several in zip(prompts, answers, strict=True))
    width = math.ceil(width / 8) * 8
    ids = torch.zeros(rows, width, dtype=torch.long)
    positions = torch.zeros(rows, width, dtype=torch.long)
    branch = torch.full((rows, width), -1, dtype=torch.int32)  # 0: the prompt
    sources: list[tuple[int, int]] = []
    targets: list[int] = []
    owners: list[int] = []
    count = 0
    for row, (prompt, several) in enumerate(zip(prompts, answers, strict=True)):
        given = len(prompt)
        ids[row, :given] = torch.tensor(prompt)
        positions[row, :given] = torch.arange(past, past + given)
        branch[row, :given] = 0
        at = given
        for number, answer in enumerate(several, 1):
            here = slice(at, at + len(answer))
            ids[row, here] = torch.tensor(answer)
            positions[row, here] = torch.arange(past + given, past + given + len(answer))
            branch[row, here] = number
            sources += [(row, given - 1), *((row, n) for n in range(at, at + len(answer) - 1))]
            targets += answer
            owners += [count] * len(answer)
            count, at = count + 1, at + len(answer)
    branch = branch.to(device)
    before = torch.ones(width, width, dtype=torch.bool, device=device).tril()
    own = (branch[:, :, None] == branch[:, None, :]) | (branch[:, None, :] == 0)
    attend = own & before
    if past:
        attend = torch.cat([attend.new_ones(rows, width, past), attend], 2)
    return Branches(
        ids.to(device),
        positions.to(device),
        attend[:, None],
        torch.tensor(sources, dtype=torch.long, device=device).view(-1, 2),
        torch.tensor(targets, dtype=torch.long, device=device),
        torch.tensor(owners, dtype=torch.long, device=device),
    )
