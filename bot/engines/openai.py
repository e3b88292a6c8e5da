"""Engines behind `/v1/completions`: trtllm-serve, vLLM, Triton's OpenAI front end; prompts go raw.

Servers differ in what they take: an optional field that one refuses by name is left out from then on.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

from bot.engines.remote.transport import Answer, Ask, Load, Served, Trouble
from bot.engines.remote.wire import Wire

if TYPE_CHECKING:
    from bot.engines.remote.address import Address
    from bot.engines.remote.credentials import Credentials

__all__ = ["OpenAITransport"]

_START, _MOST = 8, 64  # requests in flight: these servers tell nothing of their queues
_STOPS = 4  # sequences that OpenAI's own definition allows


class OpenAITransport:
    """One host's completions; with `stream` an answer ends here at its stop sequence."""

    def __init__(self, host: str, address: Address, secret: Credentials) -> None:
        self.host = host
        self._path = f"/{address.path}"
        self._model = address.options.get("model", "")
        self._stream = address.options.get("stream") in {"yes", "true", "1"}
        self._wire = Wire(host, address, secret)
        self._refused: set[str] = set()

    async def describe(self) -> Served:
        """Read the list of models.

        Raises:
            Trouble: The server is not there, has no such model, or several and none was named.
        """
        listed = (await self._wire.get(f"{self._path}/models")).get("data") or []
        models = {str(row.get("id")): row for row in listed if isinstance(row, dict)}
        if not self._model and len(models) == 1:
            self._model = next(iter(models))
        if self._model not in models:
            wanted = f"no model {self._model!r}" if self._model else "several models: name one by ?model="
            raise Trouble("refused", f"{wanted}; there are {', '.join(sorted(models)) or 'none'}")
        row = models[self._model]
        length = row.get("max_model_len")
        stamp = json.dumps([self._model, row.get("root"), row.get("owned_by"), length], sort_keys=True)
        return Served(
            contract="OpenAI completions",
            model=self._model,
            build=f"openai:{hashlib.sha256(stamp.encode()).hexdigest()}",
            start=_START,
            most=_MOST,
            facts={"window": int(length)} if length else {},
        )

    async def ready(self) -> bool:
        """Ask whether the server lists the model."""
        try:
            await self.describe()
        except Trouble:
            return False
        return True

    async def load(self) -> Load | None:
        """There are no counters in this interface."""
        return None

    async def ask(self, ask: Ask) -> Answer:
        """Send one request, once more for each optional field that the server refuses."""
        while True:
            try:
                return await self._ask(ask)
            except Trouble as trouble:
                named = {name for name in ("logprobs", "seed", "stop") if name in str(trouble).lower()}
                if trouble.kind != "refused" or not named - self._refused:
                    raise
                self._refused |= named

    async def close(self) -> None:
        """Close every connection."""
        await self._wire.close()

    async def _ask(self, ask: Ask) -> Answer:
        body: dict[str, Any] = {
            "model": self._model,
            "prompt": ask.text,
            "max_tokens": ask.max_tokens,
            "temperature": 0,
            "stream": self._stream,
            "logprobs": 0,  # of the token that was taken
            "seed": 0,
            "stop": list(ask.stop),
        }
        for name in self._refused - {"stop"}:
            del body[name]
        if "stop" in self._refused:
            body["stop"] = body["stop"][:_STOPS]
        read = _Reader()
        async with self._wire.post(f"{self._path}/completions", body) as reply:
            async for event in reply.events():
                read.add(event)
                if self._stream and any(stop in read.text for stop in ask.stop):
                    return Answer(read.text, tuple(read.logprobs) or None, read.tokens, "stop")
        if not read.finish:
            kind: Literal["lost", "broken"] = "lost" if read.text or self._stream else "broken"
            raise Trouble(kind, "the answer ended before its finish_reason")
        finish: Literal["stop", "length"] = "length" if read.finish == "length" else "stop"
        return Answer(read.text, tuple(read.logprobs) or None, read.tokens, finish)


class _Reader:
    """The parts of one answer, put together."""

    def __init__(self) -> None:
        self.text, self.finish = "", ""
        self.logprobs: list[float] = []
        self._usage: int | None = None

    @property
    def tokens(self) -> int | None:
        """Tokens that were generated, where the server tells."""
        return self._usage if self._usage is not None else len(self.logprobs) or None

    def add(self, event: dict[str, Any]) -> None:
        """Take one event, or the whole answer.

        Raises:
            Trouble: It is no completion.
        """
        try:
            if usage := event.get("usage"):
                self._usage = int(usage["completion_tokens"])
            for choice in (event.get("choices") or [])[:1]:
                self.text += str(choice["text"] or "")
                self.finish = str(choice.get("finish_reason") or "") or self.finish
                found = (choice.get("logprobs") or {}).get("token_logprobs") or []
                self.logprobs += [float(value) for value in found if value is not None]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Trouble("broken", f"no completion: {error!r} in the answer") from error
