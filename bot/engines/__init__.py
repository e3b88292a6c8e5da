"""Engines: what answers prompts. `open_engine` is the only way in; nothing heavy is imported before it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from bot.engines.cached import Store
    from bot.engines.embedded import EmbeddedEngine
    from bot.engines.remote.credentials import Access
    from bot.ports import Engine

__all__ = ["open_engine", "without_user"]

_REMOTE = ("triton+grpc", "triton+grpcs", "triton+http", "triton+https", "openai+http", "openai+https")
_HERE = "embedded:, embedded:DIR, replay:DIR, triton+grpc://HOST/MODEL, openai+http://HOST/v1"


def open_engine(
    url: str,
    *,
    jobs: int | None = None,
    record: Path | None = None,
    store: Store | None = None,
    access: Access | None = None,
    egress_log: Path | None = None,
) -> Engine:
    """Return the engine that `url` names; its weights are loaded when they are first needed.

    Args:
        url: `embedded:`, `embedded:DIR[?window=N&form=fim|chat]`, `replay:DIR`,
            `triton+grpc[s]|http[s]://HOST[:PORT][,HOST…]/MODEL[?OPTIONS]` or
            `openai+http[s]://HOST[:PORT]/v1?model=NAME[&OPTIONS]`.
        jobs: Requests side by side; by default one for each core this process may use, and on a server as
            many as it tolerates.
        record: Folder that every answer is also written to, for `replay:`.
        store: Where answers and scores are kept between runs; None asks the engine every time.
        access: Credentials for a server, None: those of the environment.
        egress_log: File that gets a line for every request that leaves for a server.

    Raises:
        UsageError: The URL or one of its options is wrong.
        EngineError: There is no such model, or the library that its protocol needs is not installed.
    """
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in {"embedded", "replay", *_REMOTE}:
        raise UsageError(f"unknown engine {without_user(url)!r}", hint=f"use one of {_HERE}")
    from bot.engines.cached import CachedEngine  # noqa: PLC0415 - see the module's docstring

    engine: Engine
    if scheme == "replay":
        from bot.engines.replay import ReplayEngine  # noqa: PLC0415 - likewise

        if not rest:
            raise UsageError("replay: needs a folder", hint="replay:DIR, where DIR was written by --record")
        engine = ReplayEngine(Path(rest), url=url)
    elif scheme in _REMOTE:
        engine = _remote(url, jobs, access, egress_log)
    else:
        engine = _embedded(url, rest, jobs, store)
    if record is not None:
        from bot.engines.replay import RecordingEngine  # noqa: PLC0415 - likewise

        engine = RecordingEngine(CachedEngine(engine, store) if store else engine, record)
    elif store is not None and scheme != "replay":  # a recording answers at once
        engine = CachedEngine(engine, store)
    return engine


def without_user(url: str) -> str:
    """Return a URL without what may be credentials."""
    head, slashes, rest = url.partition("//")
    return f"{head}//{rest.rpartition('@')[2]}" if slashes else url


def _remote(url: str, jobs: int | None, access: Access | None, egress_log: Path | None) -> Engine:
    from bot.engines.remote.address import parse  # noqa: PLC0415 - see the module's docstring
    from bot.engines.remote.credentials import credentials, from_environment  # noqa: PLC0415 - likewise
    from bot.engines.remote.egress import EgressLog  # noqa: PLC0415 - likewise
    from bot.engines.remote.engine import RemoteEngine  # noqa: PLC0415 - likewise
    from bot.engines.remote.masking import MaskingEngine  # noqa: PLC0415 - likewise
    from bot.engines.remote.secrets import check  # noqa: PLC0415 - likewise

    address = parse(url)
    secret = credentials(address, access or from_environment(os.environ))
    try:
        if address.scheme.startswith("triton"):
            from bot.engines.triton import connector  # noqa: PLC0415 - likewise

            connect = connector(address, secret)
        else:
            from bot.engines.openai import OpenAITransport  # noqa: PLC0415 - likewise

            connect = lambda host: OpenAITransport(host, address, secret)  # noqa: E731
        check()  # nothing leaves unmasked, so better to know now
    except ImportError as error:
        extra = address.scheme.partition("+")[0]
        hint = f"pip install 'codebot[{extra}]'"
        raise EngineError(f"{extra} engines need {error.name}, which is not installed", hint=hint) from error
    return MaskingEngine(
        lambda sent, scored: RemoteEngine(address, connect, jobs=jobs, sent=sent, scored=scored),
        EgressLog(egress_log) if egress_log is not None else None,
    )


def _embedded(url: str, rest: str, jobs: int | None, store: Store | None) -> EmbeddedEngine:
    from bot.engines.embedded import EmbeddedEngine  # noqa: PLC0415 - see the module's docstring
    from bot.engines.folder import ModelFolder, embedded_folder  # noqa: PLC0415 - likewise

    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    window, form = options.pop("window", None), options.pop("form", None)
    if options:
        unknown = ", ".join(sorted(options))
        raise UsageError(
            f"unknown engine option {unknown} in {url!r}", hint="there are window=N and form=fim|chat"
        )
    if window is not None and (not window.isdecimal() or int(window) < 1):
        raise UsageError(f"window={window} in {url!r} is not a number of tokens")
    if form not in {None, "fim", "chat"}:
        raise UsageError(f"form={form} in {url!r} is neither fim nor chat")
    wanted: Literal["fim", "chat"] | None = "fim" if form == "fim" else "chat" if form == "chat" else None
    path = Path(place) if place else embedded_folder()
    size = int(window) if window is not None else None
    return EmbeddedEngine(ModelFolder(path, url=url, window=size, form=wanted, store=store), jobs=jobs)
