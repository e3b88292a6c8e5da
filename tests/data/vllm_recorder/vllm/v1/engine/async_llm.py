"""The engine: one token a step, a step every millisecond."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.sampling_params import SamplingParams


class AsyncLLM:
    """Answers with the prompt's own ids."""

    def __init__(self, args: AsyncEngineArgs) -> None:
        self._aborted: set[str] = set()
        self._note({"event": "open", **asdict(args)})

    @classmethod
    def from_engine_args(cls, args: AsyncEngineArgs) -> AsyncLLM:
        """As vLLM's."""
        return cls(args)

    async def generate(
        self, prompt: dict[str, list[int]], params: SamplingParams, request_id: str
    ) -> AsyncIterator[Any]:
        """Yield one token a step."""
        asked = asdict(params)
        self._note({"event": "generate", "id": request_id, **asked, "output_kind": params.output_kind.name})
        ids = prompt["prompt_token_ids"]
        for step in range(params.max_tokens or 16):
            if request_id in self._aborted:
                return
            await asyncio.sleep(0.001)
            token = ids[step % len(ids)]
            logprobs = None if params.logprobs is None else [{token: SimpleNamespace(logprob=-0.5)}]
            over = token in params.stop_token_ids
            yield SimpleNamespace(outputs=[SimpleNamespace(token_ids=[token], logprobs=logprobs)])
            if over:
                return

    async def abort(self, request_id: str) -> None:
        """As vLLM's."""
        self._aborted.add(request_id)
        self._note({"event": "abort", "id": request_id})

    def shutdown(self) -> None:
        """As vLLM's."""
        self._note({"event": "shutdown"})

    @staticmethod
    def _note(event: dict[str, Any]) -> None:
        if file := os.environ.get("VLLM_RECORD"):
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(event) + "\n")
