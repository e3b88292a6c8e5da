"""Triton over HTTP: the generate extension, and the v2 protocol's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.engines.remote.transport import Answer, Ask, Load, Served, Trouble
from bot.engines.remote.wire import Wire
from bot.engines.triton.contract import Contract, Pieces, detect
from bot.engines.triton.served import load, served, steps, with_policy

if TYPE_CHECKING:
    from bot.engines.remote.address import Address
    from bot.engines.remote.credentials import Credentials

__all__ = ["HttpTransport"]


class HttpTransport:
    """One host. `/generate_stream` also for answers in one piece: only there does dropping it end it."""

    def __init__(self, host: str, address: Address, secret: Credentials) -> None:
        self.host = host
        self._path = f"/v2/models/{quote(address.path)}"
        self._stream = address.options.get("stream") in {"yes", "true", "1"}
        self._endpoint = address.options.get("endpoint", "generate_stream")
        self._wire = Wire(host, address, secret)
        self._contract: Contract | None = None
        self._steps: list[str] = []  # models that an ensemble is made of

    async def describe(self) -> Served:
        """Read metadata and configuration.

        Raises:
            Trouble: The server is not there, has no such model, or it is of an unknown kind.
        """
        metadata = await self._wire.get(self._path)
        config = await self._wire.get(f"{self._path}/config")
        self._steps = steps(config)
        inner = [await self._wire.get(f"/v2/models/{quote(name)}/config") for name in self._steps]
        self._contract = detect(metadata, with_policy(config, inner))
        return served(self._contract, metadata, config, inner)

    async def ready(self) -> bool:
        """Ask whether the model is ready."""
        try:
            await self._wire.get(f"{self._path}/ready")
            if self._contract is None:
                await self.describe()
        except Trouble:
            return False
        return True

    async def load(self) -> Load | None:
        """Read the model's statistics."""
        try:
            own = await self._wire.get(f"{self._path}/stats")
            inner = [await self._wire.get(f"/v2/models/{quote(name)}/stats") for name in self._steps]
        except Trouble:
            return None
        return load(own, inner)

    async def ask(self, ask: Ask) -> Answer:
        """Send one request and take its events."""
        if self._contract is None:
            await self.describe()
        contract = self._contract
        assert contract is not None  # noqa: S101 - `describe` sets or raises
        pieces = Pieces(contract, ask)
        body: dict[str, Any] = {t.name: t.json for t in contract.tensors(ask, stream=self._stream)}
        async with self._wire.post(f"{self._path}/{self._endpoint}", {"id": ask.id, **body}) as reply:
            async for event in reply.events():
                pieces.add(event)
                if self._stream and any(stop in pieces.text for stop in ask.stop):
                    break
        return pieces.answer()

    async def close(self) -> None:
        """Close every connection."""
        await self._wire.close()
