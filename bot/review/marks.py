"""Hidden, signed markers: the reviewer's memory, kept in its own comments.

A marker is `<!-- codebot:1:PAYLOAD:SIGNATURE -->`. The payload is JSON, compressed, in base64 without padding
(which cannot spell the end of an HTML comment). The signature is HMAC-SHA-256 of version, scope and payload,
cut to 128 bits. The scope is the repository's number and the pull request's, so that a marker copied to
another one is void.

The key is HMAC-SHA-256 of `codebot marker key 1` under a secret: CODEBOT_SIGNING_KEY, else the engine's
token. Without either it follows from public facts, and only the author's name protects a marker.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from dataclasses import dataclass

from bot.review.values import Mark

__all__ = ["Signer", "strip"]

_MARKER = re.compile(r"<!-- codebot:1:([A-Za-z0-9+/]+):([A-Za-z0-9+/]{22}) -->")
_MOST = 1 << 20  # bytes that a payload may unpack to


@dataclass(frozen=True, slots=True)
class Signer:
    """Writes and reads the markers of one pull request."""

    key: bytes
    scope: str

    @classmethod
    def of(cls, secret: str, repository_id: int, number: int) -> Signer:
        """Return the signer of a pull request; `secret` may be empty, see the module."""
        key = hmac.digest(secret.encode() or b"no secret", b"codebot marker key 1", hashlib.sha256)
        return cls(key, f"{repository_id}#{number}")

    def write(self, mark: Mark) -> str:
        """Return the marker that says `mark`."""
        text = json.dumps([mark.kind, dict(mark.data)], separators=(",", ":"), sort_keys=True)
        payload = _encode(zlib.compress(text.encode(), 9))
        return f"<!-- codebot:1:{payload}:{self._sign(payload)} -->"

    def read(self, body: str) -> Mark | None:
        """Return what the last genuine marker of a comment says; forged and broken ones count as text.

        The last, because ours is written at the end, behind whatever a comment quotes.
        """
        for payload, signature in reversed(_MARKER.findall(body)):
            if hmac.compare_digest(self._sign(payload), signature):
                return _parse(payload)
        return None

    def _sign(self, payload: str) -> str:
        text = f"codebot:1\0{self.scope}\0{payload}".encode()
        return _encode(hmac.digest(self.key, text, hashlib.sha256)[:16])


def strip(body: str) -> str:
    """Return a comment without anything that has a marker's form."""
    return _MARKER.sub("", body)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _parse(payload: str) -> Mark | None:
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(base64.b64decode(payload + "=" * (-len(payload) % 4)), _MOST)
        kind, data = json.loads(text)
    except (binascii.Error, zlib.error, ValueError, TypeError):
        return None
    return Mark(kind, data) if isinstance(kind, str) and isinstance(data, dict) else None
