"""The inner model on TensorRT-LLM's PyTorch path (its LLM API): StarCoder2, and what later releases support.

`model.yaml` beside it has the arguments of `tensorrt_llm.LLM`, and `triton_config`, which only the stock
model reads; the variable LLM_CONFIG_PATH names another file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from aio import AsyncModel
from inflight import Refused
from tensorrt_llm import LLM, SamplingParams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from inflight import Ask


class TritonPythonModel(AsyncModel):
    """Token ids in, token ids out."""

    async def open(self, settings: dict[str, str]) -> None:  # noqa: ARG002 - they are in model.yaml
        """Load the weights."""
        self._engine: Any = LLM(**_arguments())
        self._results: dict[str, Any] = {}

    async def generate(self, ask: Ask, name: str) -> AsyncIterator[tuple[list[int], list[float]]]:
        """Yield the new tokens of each step."""
        if ask.bad:
            raise Refused("bad_words is not supported by this model")
        prompt = {"prompt_token_ids": ask.ids}
        result = self._engine.generate_async(prompt, self._sampling(ask), streaming=True)
        self._results[name] = result
        try:
            async for output in result:
                (answer,) = output.outputs
                ids = list(answer.token_ids_diff)
                steps = list(answer.logprobs_diff or []) if ask.logprobs else []
                yield ids, [_logprob(step, token) for token, step in zip(ids, steps, strict=False)]
        finally:
            self._results.pop(name, None)

    async def abort(self, name: str) -> None:
        """End a request; one that is over already is no error."""
        if (result := self._results.get(name)) is not None:
            result.abort()

    async def close(self) -> None:
        """Free the GPUs."""
        self._engine.shutdown()

    def _sampling(self, ask: Ask) -> Any:  # noqa: ANN401 - TensorRT-LLM is not installed where this is checked
        return SamplingParams(
            end_id=ask.end_id,
            pad_id=ask.end_id,
            max_tokens=ask.max_tokens,
            min_tokens=ask.min_tokens or None,
            temperature=ask.temperature if ask.sampled else None,
            top_k=(ask.top_k or None) if ask.sampled else 1,
            top_p=ask.top_p if ask.sampled and 0 < ask.top_p < 1 else None,
            repetition_penalty=ask.repetition_penalty,
            presence_penalty=ask.presence_penalty,
            frequency_penalty=ask.frequency_penalty,
            seed=ask.seed,
            logprobs=1 if ask.logprobs else None,
            detokenize=False,
        )


def _arguments() -> dict[str, Any]:
    file = Path(os.environ.get("LLM_CONFIG_PATH") or Path(__file__).with_name("model.yaml"))
    arguments: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    arguments.pop("triton_config", None)
    return arguments


def _logprob(step: Any, token: int) -> float:  # noqa: ANN401 - a number, or a table by token
    found = step.get(token) if isinstance(step, dict) else step
    return float(getattr(found, "logprob", found or 0.0))
