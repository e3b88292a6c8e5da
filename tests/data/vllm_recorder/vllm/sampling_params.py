"""What a request may set: exactly these names, as vLLM's are."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class RequestOutputKind(Enum):
    """How much each step returns."""

    CUMULATIVE = 0
    DELTA = 1
    FINAL_ONLY = 2


@dataclass
class SamplingParams:
    """The fields used here, with vLLM's own checks of them."""

    n: int = 1
    max_tokens: int | None = 16
    min_tokens: int = 0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int | None = None
    stop_token_ids: list[int] = field(default_factory=list)
    bad_words: list[str] | None = None
    logprobs: int | None = None
    detokenize: bool = True
    output_kind: RequestOutputKind = RequestOutputKind.CUMULATIVE

    def __post_init__(self) -> None:
        """Refuse what vLLM refuses."""
        assert self.max_tokens is None or self.max_tokens >= 1
        assert self.temperature >= 0
        assert 0 < self.top_p <= 1
        assert self.top_k >= -1
        assert self.repetition_penalty > 0
        assert -2 <= self.presence_penalty <= 2
