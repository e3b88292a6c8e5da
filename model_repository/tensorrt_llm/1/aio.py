"""An inner model around an asynchronous engine that batches in flight by itself: for vLLM and the LLM API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inflight import Ask, Intake, Refused, Reply, queue_limit, read, tensors_of
from reader import Reader
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    Part = tuple[list[int], list[float]]  # new token ids, and their log-probabilities where asked for


class AsyncModel:
    """Runs the engine's event loop in a thread. A subclass opens the engine, and asks it."""

    async def open(self, settings: dict[str, str]) -> None:
        """Load the weights."""
        raise NotImplementedError

    def generate(self, ask: Ask, name: str) -> AsyncIterator[Part]:
        """Yield what is new, as it comes."""
        raise NotImplementedError

    async def abort(self, name: str) -> None:
        """End the request of this name."""
        raise NotImplementedError

    async def close(self) -> None:
        """Free the weights."""

    def initialize(self, args: dict[str, str]) -> None:
        """Start the loop and open the engine; Triton reports an exception as the model's state."""
        config = json.loads(args["model_config"])
        settings = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        self._exclude = settings.get("exclude_input_in_output", "false").lower() == "true"
        self._period = int(settings.get("cancellation_check_period_ms", 100)) / 1000
        self.tokenizer = Tokenizer.from_file(str(Path(settings["tokenizer_dir"]) / "tokenizer.json"))
        self._intake = Intake(queue_limit(config, int(config["max_batch_size"])))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.open(settings), self._loop).result()

    def execute(self, requests: list[Any]) -> None:
        """Hand each request to the engine; answers go out from the loop's thread."""
        for ask, reply in self._intake.admit(requests, self.reply, self.read):
            asyncio.run_coroutine_threadsafe(self._serve(ask, reply), self._loop)

    def read(self, request: Any) -> Ask:  # noqa: ANN401 - Triton's types exist in its stub only
        """Read a request; raises `Refused`."""
        return read(tensors_of(request), request.request_id(), exclude_input=self._exclude)

    def reply(self, request: Any) -> Reply:  # noqa: ANN401 - as above
        """Return what sends a request's answer."""
        return Reply(request, arrived=time.time_ns(), period=self._period)

    def finalize(self) -> None:
        """Stop what runs, and the engine."""
        self._intake.stop()
        asyncio.run_coroutine_threadsafe(self.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def decode(self, ids: list[int]) -> str:
        """Return the text of `ids`; special tokens are spelt out."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=False)
        return text

    async def _serve(self, ask: Ask, reply: Reply) -> None:
        name = uuid.uuid4().hex
        watch = asyncio.ensure_future(self._watch(reply, name))
        try:
            reply.started()
            await self._answer(ask, reply, name)
        except Refused as refusal:
            reply.refuse(str(refusal))
        except Exception as error:  # noqa: BLE001 - whatever the engine raises ends this request only
            reply.fail(f"{type(error).__name__}: {error}")
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            self._intake.leave(ask)

    async def _answer(self, ask: Ask, reply: Reply, name: str) -> None:
        reader = Reader(self.decode, [self.decode(word) for word in ask.stop])
        finish = ""
        parts = self.generate(ask, name)
        async for ids, logprobs in parts:
            for at, token in enumerate(ids):
                logprob = logprobs[at] if at < len(logprobs) else 0.0
                if token == ask.end_id:
                    reader.log(logprob)
                    finish = "stop"
                elif reader.push(token, logprob):
                    finish = "stop"
                    await self.abort(name)
                if finish:
                    break
            if finish or reply.cancelled():
                break
            if ask.streaming and (part := reader.ready()):
                reply.part(ask, *part)
        if reply.cancelled():
            await self.abort(name)
            reply.end()
        else:
            reply.part(ask, *reader.rest(), finish=finish or "length")

    async def _watch(self, reply: Reply, name: str) -> None:
        """End a request that nobody wants any more, also while it waits for its first token."""
        while not reply.cancelled():  # noqa: ASYNC110 - Triton has to be asked, it tells nobody
            await asyncio.sleep(self._period)
        await self.abort(name)
