"""The model while it learns: causal attention without masks, dropout, and its loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModelForCausalLM
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from training.pack import CONTEXT
from training.records import END

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Learner", "flops_per_token", "greedy", "open_model"]


def _causal(  # noqa: PLR0917 - the library's signature
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - as above
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,  # noqa: ANN401 - as above
) -> tuple[torch.Tensor, None]:
    """Attend to all that precedes, other documents of the row too.

    The library's own function is given a mask once positions are not 0, 1, 2 …, and while it is compiled in
    any case; with a mask the fast kernels are out.
    """
    grouped = query.shape[1] != key.shape[1]
    found = functional.scaled_dot_product_attention(
        query,
        key,
        value,
        is_causal=True,
        scale=scaling,
        dropout_p=dropout if module.training else 0.0,
        enable_gqa=grouped,
    )
    return found.transpose(1, 2).contiguous(), None


ALL_ATTENTION_FUNCTIONS.register("causal", _causal)  # without a mask function of that name, none is made


class _Dropping(nn.Linear):
    """A linear layer whose output is dropped out: a class given to layers that are there already."""

    share: float

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - the name in the base class
        return functional.dropout(super().forward(input), self.share, self.training)


def open_model(folder: Path, *, dropout: float = 0.0) -> Any:  # noqa: ANN401 - any causal model
    """Return the model of a folder in single precision; `dropout` is of what its blocks add."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="causal")
    model.config.use_cache = False
    if dropout:
        for name, layer in model.named_modules():
            if name.rpartition(".")[2] in {"o_proj", "down_proj", "c_proj"} and isinstance(layer, nn.Linear):
                layer.__class__ = _Dropping
                layer.share = dropout
    return model


class Learner(nn.Module):
    """A causal model and its loss, as one module for the compiler."""

    def __init__(self, model: Any, weights: torch.Tensor) -> None:  # noqa: ANN401 - as above
        super().__init__()
        self.model = model
        self.register_buffer("weights", weights, persistent=False)
        # where positions are learnt, a document starts at 0 as it will; rotary ones are relative
        self.absolute = hasattr(getattr(model, "transformer", None), "wpe")

    def forward(self, ids: torch.Tensor, codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the weighted sum of losses, and (sum, number) of the answers' tokens without weights.

        `ids` and `codes` are (rows, length). What weighs nothing adds nothing: padding, first tokens.
        """
        targets, counted = ids.roll(-1, 1), codes.roll(-1, 1).long()
        counted[:, -1] = 0
        positions = _positions(ids) if self.absolute else None
        logits = self.model(input_ids=ids, position_ids=positions, use_cache=False).logits
        each = functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten().long(), reduction="none"
        ).view_as(counted)
        answers = (counted > CONTEXT).float()
        sums = torch.stack([(each.detach() * answers).sum(), answers.sum()])
        return (each * self.weights[counted]).sum(), sums


def _positions(ids: torch.Tensor) -> torch.Tensor:
    """Return each token's place in its document; documents end with the end token."""
    at = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    begins = torch.zeros_like(at)
    begins[:, 1:] = torch.where(ids[:, :-1] == END, at[:, 1:], 0)
    return at - begins.cummax(1).values


def flops_per_token(model: Any, length: int) -> int:  # noqa: ANN401 - as above
    """Return the floating-point operations that training takes for a token (forward, and twice backward).

    Two a weight that multiplies (the embedding does only as the output's), and half of full attention.
    """
    config = model.config
    matrices = sum(p.numel() for n, p in model.named_parameters() if p.ndim == 2 and "wpe" not in n)
    if not config.tie_word_embeddings:
        matrices -= model.get_input_embeddings().weight.numel()
    width = config.hidden_size
    return 6 * matrices + 6 * config.num_hidden_layers * width * length


@torch.no_grad()
def greedy(model: Any, ids: list[int], most: int) -> list[int]:  # noqa: ANN401 - as above
    """Return the likeliest continuation of `ids`, up to the end token. Slow: nothing is remembered."""
    found: list[int] = []
    device = next(model.parameters()).device
    while len(found) < most:
        logits = model(input_ids=torch.tensor([ids + found], device=device), use_cache=False).logits
        token = int(logits[0, -1].argmax())
        if token == END:
            break
        found.append(token)
    return found
