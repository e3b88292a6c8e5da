"""HTTP for engines (the only module that imports httpx2): one client a host, errors as `Trouble`.

httpx2 is what huggingface_hub, and through it tokenizers, installs anyway; it speaks asyncio, streams bodies
and takes an `ssl.SSLContext`. No proxy, netrc or redirect is followed: an engine's address is explicit.
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

import httpx2

from bot.engines.remote.transport import Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.engines.remote.address import Address
    from bot.engines.remote.credentials import Credentials

__all__ = ["Reply", "Wire"]

_QUICK = 5.0  # seconds for what is no generation
_BUSY = {429, 503}
_GONE = {502, 504}
_LONGEST = 500  # characters of an error that are shown


class Reply:
    """A response whose status and headers are there, and whose body is read as it comes."""

    def __init__(self, response: httpx2.Response, secret: Credentials) -> None:
        self._response, self._secret = response, secret
        self.status = response.status_code
        self.streams = "event-stream" in response.headers.get("content-type", "")

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the JSON objects of an event stream, or the one of a plain body.

        Raises:
            Trouble: The body is no JSON, says it is an error, or the status does.
        """
        if not self.streams:
            text = (await self._response.aread()).decode("utf-8", "replace")
            if text.strip() or self.status >= 400:  # noqa: PLR2004 - HTTP's errors begin there
                yield self._read(text)
            return
        async for line in self._response.aiter_lines():
            if line.startswith("data:"):
                text = line[5:].strip()
                if text == "[DONE]":
                    return
                yield self._read(text)

    def _read(self, text: str) -> dict[str, Any]:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        error = found.get("error") if isinstance(found, dict) else None
        if error is None and self.status < 400 and isinstance(found, dict):  # noqa: PLR2004 - as above
            return found
        if isinstance(error, dict):  # OpenAI's servers wrap it
            error = error.get("message")
        detail = str(error or f"HTTP {self.status}: {text.strip()}")[:_LONGEST]
        raise Trouble(_kind(self.status, detail), self._secret.scrub(detail))


class Wire:
    """Requests to one host."""

    def __init__(self, host: str, address: Address, secret: Credentials) -> None:
        self._secret = secret
        scheme = "https" if address.tls else "http"
        self._client = httpx2.AsyncClient(
            base_url=f"{scheme}://{host}",
            headers=dict(secret.headers),
            verify=secret.context() if address.tls else True,
            trust_env=False,
            timeout=httpx2.Timeout(None, connect=_QUICK),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
        )

    async def get(self, path: str) -> dict[str, Any]:
        """Return the JSON object at `path`; an empty one for an empty body.

        Raises:
            Trouble: There is none.
        """
        with _troubles(self._secret):
            response = await self._client.get(path, timeout=_QUICK)
            reply = Reply(response, self._secret)
            async for found in reply.events():
                return found
        return {}

    @asynccontextmanager
    async def post(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[Reply]:
        """Send `body` as JSON; leaving the block early drops the connection, and with it the request.

        Raises:
            Trouble: The connection cannot be made, or breaks.
        """
        with _troubles(self._secret):
            async with self._client.stream("POST", path, json=body) as response:
                yield Reply(response, self._secret)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


class _troubles:  # noqa: N801 - used like a function
    """Turns the library's errors into `Trouble`."""

    def __init__(self, secret: Credentials) -> None:
        self._secret = secret

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpx2.TransportError):
            detail = self._secret.scrub(str(error) or type(error).__name__)
            raise Trouble("lost", detail[:_LONGEST]) from None


def _kind(status: int, detail: str) -> Literal["busy", "lost", "refused", "broken"]:
    if status in _BUSY or "maximum queue size" in detail.lower():
        return "busy"
    if status in _GONE:
        return "lost"
    return "refused" if 400 <= status < 500 else "broken"  # noqa: PLR2004 - the client's fault
