"""An engine's URL, taken apart: hosts, path, options, and credentials that leave it here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PORTS", "Address", "parse", "redact"]

PORTS = {
    "triton+grpc": 8001,
    "triton+grpcs": 8001,
    "triton+http": 8000,
    "triton+https": 8000,
    "openai+http": 80,
    "openai+https": 443,
}
_NUMBERS = {"window", "inflight"}  # whole numbers, at least 1
_SECONDS = {"timeout", "deadline", "patience"}  # seconds, above 0
_WORDS = {"tokenizer", "family", "model", "stream", "endpoint", "plaintext"}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]+){3}|\[::1\]")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine is and what the URL says of it."""

    url: str  # as the user gave it, without credentials
    scheme: str
    hosts: tuple[str, ...]  # "name:port"
    path: str  # model of a Triton server, or path of an API
    options: Mapping[str, str]
    user: str = field(default="", repr=False)  # "name:password"

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme.endswith("s")

    @property
    def loopback(self) -> bool:
        """Whether every host is this machine."""
        return all(_LOOPBACK.fullmatch(host.rpartition(":")[0]) for host in self.hosts)

    def number(self, name: str, default: int) -> int:
        """Return a whole number among the options."""
        return int(self.options.get(name, default))

    def seconds(self, name: str, default: float) -> float:
        """Return a time among the options, in seconds."""
        return float(self.options.get(name, default))


def redact(url: str) -> str:
    """Return `url` without whatever stands between `//` and the last `@`, and without its options."""
    return re.sub(r"//[^?]*@", "//", url.partition("?")[0])


def parse(url: str) -> Address:
    """Take `SCHEME://[USER:PASSWORD@]HOST[:PORT][,HOST…]/PATH[?OPTION=VALUE&…]` apart.

    Raises:
        UsageError: It is not of that form; the message shows no credentials.
    """
    shown = redact(url)
    scheme, _, rest = url.partition("://")
    if scheme not in PORTS or not rest:
        raise UsageError(f"{shown!r} is not an engine's URL", hint=f"for example {_example(scheme)}")
    place, _, query = rest.partition("?")
    netloc, _, path = place.partition("/")
    user, hosts = "", []
    for part in netloc.split(","):
        before, at, host = part.rpartition("@")
        user = unquote(before) if at and not user else user
        hosts.append(_host(host, scheme, shown))
    if "@" in path:
        raise UsageError(f"{shown!r} has an @ in its path", hint="write / in a password as %2F and @ as %40")
    if not path.strip("/"):
        raise UsageError(f"{shown!r} names no model", hint=f"for example {_example(scheme)}")
    return Address(
        url=f"{scheme}://{','.join(hosts)}/{path.strip('/')}" + (f"?{query}" if query else ""),
        scheme=scheme,
        hosts=tuple(dict.fromkeys(hosts)),
        path=path.strip("/"),
        options=_options(query, shown),
        user=user,
    )


def _example(scheme: str) -> str:
    if scheme.startswith("openai"):
        return f"{scheme}://HOST:8000/v1?model=NAME&tokenizer=DIR"
    known = scheme if scheme in PORTS else "triton+grpc"
    return f"{known}://HOST:{PORTS[known]}/ensemble"


def _host(text: str, scheme: str, shown: str) -> str:
    found = _HOST.fullmatch(text)
    if found is None or not 0 < int(found[2] or 1) < 1 << 16:
        raise UsageError(f"{shown!r} has no host, or one that cannot be", hint=f"like {_example(scheme)}")
    return f"{found[1]}:{found[2] or PORTS[scheme]}"


def _options(query: str, shown: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(set(options) - _NUMBERS - _SECONDS - _WORDS):
        known = ", ".join(sorted(_NUMBERS | _SECONDS | _WORDS))
        raise UsageError(
            f"unknown engine option {', '.join(unknown)} in {shown!r}", hint=f"there are {known}"
        )
    for name, value in options.items():
        if name in _NUMBERS and not (value.isdecimal() and int(value) >= 1):
            raise UsageError(f"{name}={value} in {shown!r} is not a whole number, at least 1")
        if name in _SECONDS and not (re.fullmatch(r"\d+(\.\d+)?", value) and float(value) > 0):
            raise UsageError(f"{name}={value} in {shown!r} is not a number of seconds above 0")
        if name in _WORDS and not value:
            raise UsageError(f"{name}= in {shown!r} has no value")
    return options
