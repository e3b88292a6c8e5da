"""Engines on a Triton Inference Server, over gRPC or HTTP, whichever of three contracts its model speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.engines.remote.address import Address
    from bot.engines.remote.credentials import Credentials
    from bot.engines.remote.transport import Transport

__all__ = ["connector"]


def connector(address: Address, secret: Credentials) -> Callable[[str], Transport]:
    """Return what makes the transport for a host.

    Raises:
        ImportError: The protocol's library is not installed.
    """
    if address.scheme.startswith("triton+grpc"):
        from bot.engines.triton.grpc import GrpcTransport  # noqa: PLC0415 - 0.3 s and an extra

        return lambda host: GrpcTransport(host, address, secret)
    from bot.engines.triton.http import HttpTransport  # noqa: PLC0415 - an extra

    return lambda host: HttpTransport(host, address, secret)
