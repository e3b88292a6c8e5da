"""What opens a server: certificates, a bearer token, further headers. None of it is ever shown."""

from __future__ import annotations

import base64
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.engines.remote.address import Address

__all__ = ["TOKEN", "Access", "Credentials", "credentials", "from_environment"]

TOKEN = "CODEBOT_ENGINE_TOKEN"  # noqa: S105 - the variable's name
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True)
class Access:
    """Where credentials are: what settings and the environment say."""

    ca: Path | None = None  # PEM certificates of the authority to trust in place of the system's
    certificate: Path | None = None  # PEM certificate of this client
    key: Path | None = None  # PEM key of `certificate`
    headers: Path | None = None  # file of "Name: value" lines
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials that were read; printing them shows nothing."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case
    ca: bytes | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    files: tuple[str, str] | None = None  # paths of certificate and key, as `ssl` wants them

    def scrub(self, text: str) -> str:
        """Return `text` without any credential that a server or library put into it."""
        for value in self.headers.values():
            for part in (value, value.partition(" ")[2]):
                text = text.replace(part, "***") if part else text
        return text

    def context(self) -> ssl.SSLContext:
        """Return how HTTP is encrypted.

        Raises:
            EngineError: A file holds no certificate or key.
        """
        try:
            made = ssl.create_default_context(cadata=self.ca.decode("ascii") if self.ca else None)
            if self.files:
                made.load_cert_chain(*self.files)
        except (ssl.SSLError, OSError, ValueError) as error:
            raise EngineError(f"the engine's certificates cannot be used: {error}") from error
        return made


def from_environment(environ: Mapping[str, str]) -> Access:
    """Return what `CODEBOT_ENGINE_TOKEN`, `…_CA`, `…_CERT`, `…_KEY` and `…_HEADERS` name."""

    def path(name: str) -> Path | None:
        value = environ.get(f"CODEBOT_ENGINE_{name}")
        return Path(value).expanduser() if value else None

    return Access(path("CA"), path("CERT"), path("KEY"), path("HEADERS"), environ.get(TOKEN, ""))


def credentials(address: Address, access: Access) -> Credentials:
    """Read what `access` names.

    Raises:
        UsageError: A file is missing or broken, or credentials would travel unencrypted to another machine.
    """
    headers = _headers(access.headers) if access.headers else {}
    if address.user:
        headers["authorization"] = "Basic " + base64.b64encode(address.user.encode()).decode()
    if access.token:
        if not access.token.isascii() or not access.token.isprintable():
            raise UsageError(f"{TOKEN} holds characters that no token has")
        headers["authorization"] = f"Bearer {access.token}"
    if headers and not address.tls and not address.loopback and "plaintext" not in address.options:
        hint = f"use {address.scheme}s://, or add ?plaintext=yes where the network itself is protected"
        raise UsageError(f"credentials would travel unencrypted to {', '.join(address.hosts)}", hint=hint)
    if bool(access.certificate) != bool(access.key):
        raise UsageError("a client certificate needs its key, and a key its certificate")
    certificate = _read(access.certificate) if access.certificate else None
    return Credentials(
        headers=headers,
        ca=_read(access.ca) if access.ca else None,
        certificate=certificate,
        key=_read(access.key) if access.key else None,
        files=(str(access.certificate), str(access.key)) if certificate else None,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _headers(path: Path) -> dict[str, str]:
    """Read "Name: value" lines; empty lines and those that start with # are left out."""
    found = {}
    for number, line in enumerate(_read(path).decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        value = value.strip()
        if not colon or not _NAME.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise UsageError(f"{path}, line {number}: not a header", hint='write "Name: value"')
        found[name.lower()] = value
    return found
