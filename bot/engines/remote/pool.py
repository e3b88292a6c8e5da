"""The servers behind one URL, opened: who answers, what they serve, and what codebot makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.engines.remote.balance import Balancer, Host
from bot.engines.remote.exchange import Exchange
from bot.engines.remote.measure import Measure, at_hand
from bot.engines.remote.transport import Served, Transport, Trouble
from bot.engines.remote.window import Window
from bot.errors import EngineError
from bot.ports import EngineInfo, Prompting

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.engines.remote.address import Address

__all__ = ["Pool", "describe", "open_pool"]

_TIMEOUT, _PATIENCE = 120.0, 10.0  # seconds
_WINDOW = 2_048  # positions that any of today's models has


@dataclass(frozen=True, slots=True)
class Pool:
    """What is served, and the way to it."""

    served: Served
    balancer: Balancer
    exchange: Exchange

    async def close(self) -> None:
        """Close every connection."""
        await self.balancer.close()
        closing = [host.transport.close() for host in self.balancer.hosts]
        await asyncio.gather(*closing, return_exceptions=True)


async def open_pool(address: Address, connect: Callable[[str], Transport], jobs: int | None) -> Pool:
    """Ask every host what it serves; one that does not answer now gets its chance later.

    Raises:
        EngineError: No host answers, or they serve different models.
    """
    patience = address.seconds("patience", _PATIENCE)
    ceiling = min(address.number("inflight", 1 << 16), jobs or 1 << 16)
    transports = [connect(host) for host in address.hosts]
    replies = await asyncio.gather(*(_ask(t, patience) for t in transports))
    answers = [served for served in replies if isinstance(served, Served)]
    if not answers or len({served.build for served in answers}) > 1:
        await asyncio.gather(*(t.close() for t in transports), return_exceptions=True)
    if not answers:
        pairs = zip(transports, replies, strict=True)
        detail = "; ".join(f"{t.host}: {reply}" for t, reply in pairs)
        hint = f"is it running? look with: codebot doctor --engine {address.url}"
        raise EngineError(f"no answer from {address.url.partition('?')[0]}: {detail}", hint=hint)
    if len(builds := {served.build for served in answers}) > 1:
        raise EngineError(f"the hosts of {address.url} serve different models: {', '.join(sorted(builds))}")
    first = answers[0]
    hosts = [Host(t, Window(min(first.start, ceiling), min(first.most, ceiling))) for t in transports]
    balancer = Balancer(hosts, patience=patience)
    for host, reply in zip(hosts, replies, strict=True):
        if isinstance(reply, str):
            balancer.lost(host, reply)
    deadline = address.seconds("deadline", 0.0) or None
    exchange = Exchange(balancer, timeout=address.seconds("timeout", _TIMEOUT), deadline=deadline)
    return Pool(first, balancer, exchange)


async def _ask(transport: Transport, patience: float) -> Served | str:
    try:
        return await asyncio.wait_for(transport.describe(), patience)
    except Trouble as trouble:
        return str(trouble)
    except (asyncio.TimeoutError, TimeoutError):
        return f"no answer within {patience:g} s"


def describe(address: Address, served: Served, known: Measure) -> EngineInfo:
    """Put together what the URL, the server and the tokenizer say.

    Raises:
        EngineError: The model cannot be asked to fill in the middle.
    """
    window = address.number("window", int(served.facts.get("window") or known.family.window or _WINDOW))
    if "tokenizer" not in address.options and (folder := at_hand(address, served)) is not None:
        window = address.number("window", int(served.facts.get("window") or folder.info.window))
        return replace(folder.info, window=window, logprobs=served.scores)
    if not known.family.fim:
        hint = "name a family that has fill-in-the-middle tokens: ?family=starcoder"
        raise EngineError(f"{served.model} cannot fill in the middle", hint=hint)
    return EngineInfo(
        url=address.url,
        model=served.model,
        build=served.build,
        family=known.family.name,
        window=window,
        logprobs=served.scores,
        prompting=Prompting(specials=known.specials, eos=known.family.eos),
    )
