"""The inner model on vLLM's asynchronous engine: any causal language model of Hugging Face, on GPUs.

In-flight batching, paged and prefix-shared KV cache and tensor parallelism are vLLM's own; written for
0.22's `AsyncLLM`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aio import AsyncModel
from vllm import SamplingParams
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.sampling_params import RequestOutputKind
from vllm.v1.engine.async_llm import AsyncLLM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from inflight import Ask


class TritonPythonModel(AsyncModel):
    """Token ids in, token ids out."""

    async def open(self, settings: dict[str, str]) -> None:
        """Load the weights: `gpt_model_path` is a folder or a name, `engine_arguments` the rest, as JSON."""
        given = json.loads(settings.get("engine_arguments", "{}"))
        arguments = {"model": settings["gpt_model_path"], "enable_prefix_caching": True, **given}
        self._engine: Any = AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))

    async def generate(self, ask: Ask, name: str) -> AsyncIterator[tuple[list[int], list[float]]]:
        """Yield the new tokens of each step."""
        prompt = {"prompt_token_ids": ask.ids}
        async for output in self._engine.generate(prompt, self._sampling(ask), name):
            (answer,) = output.outputs
            ids = list(answer.token_ids)
            steps = answer.logprobs or []
            yield ids, [step[token].logprob for token, step in zip(ids, steps, strict=False)]

    async def abort(self, name: str) -> None:
        """End a request; one that is over already is no error."""
        await self._engine.abort(name)

    async def close(self) -> None:
        """Free the GPUs."""
        self._engine.shutdown()

    def _sampling(self, ask: Ask) -> Any:  # noqa: ANN401 - vLLM is not installed where this is checked
        return SamplingParams(
            n=1,
            max_tokens=ask.max_tokens,
            min_tokens=ask.min_tokens,
            temperature=ask.temperature if ask.sampled else 0.0,
            top_k=ask.top_k if ask.sampled and ask.top_k > 0 else -1,
            top_p=ask.top_p if ask.sampled and 0 < ask.top_p < 1 else 1.0,
            repetition_penalty=ask.repetition_penalty,
            presence_penalty=ask.presence_penalty,
            frequency_penalty=ask.frequency_penalty,
            seed=None if ask.seed is None else ask.seed % 2**63,
            stop_token_ids=[] if ask.end_id is None else [ask.end_id],
            bad_words=[self.decode(word) for word in ask.bad] or None,
            logprobs=0 if ask.logprobs else None,  # 0: the chosen token's only
            detokenize=False,
            output_kind=RequestOutputKind.DELTA,
        )
