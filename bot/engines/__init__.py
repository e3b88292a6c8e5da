"""Engines: what answers prompts. `open_engine` is the only way in; nothing heavy is imported before it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from bot.engines.cached import Store
    from bot.engines.embedded import EmbeddedEngine
    from bot.ports import Engine

__all__ = ["open_engine"]

_LATER = ("triton+grpc", "triton+http", "openai+http", "openai+https")
_HERE = "embedded:, embedded:DIR, replay:DIR"


def open_engine(
    url: str, *, jobs: int | None = None, record: Path | None = None, store: Store | None = None
) -> Engine:
    """Return the engine that `url` names; its weights are loaded when they are first needed.

    Args:
        url: `embedded:`, `embedded:DIR[?window=N&form=fim|chat]` or `replay:DIR`.
        jobs: Requests side by side; by default one for each core this process may use.
        record: Folder that every answer is also written to, for `replay:`.
        store: Where answers and scores are kept between runs; None asks the engine every time.

    Raises:
        UsageError: The URL or one of its options is wrong.
        EngineError: There is no such model, or no such kind of engine yet.
    """
    scheme, colon, rest = url.partition(":")
    if scheme in _LATER:
        raise EngineError(f"{scheme} engines are not available in this version", hint=f"use one of {_HERE}")
    if not colon or scheme not in {"embedded", "replay"}:
        raise UsageError(f"unknown engine {url!r}", hint=f"use one of {_HERE}")
    from bot.engines.cached import CachedEngine  # noqa: PLC0415 - see the module's docstring

    engine: Engine
    if scheme == "replay":
        from bot.engines.replay import ReplayEngine  # noqa: PLC0415 - likewise

        if not rest:
            raise UsageError("replay: needs a folder", hint="replay:DIR, where DIR was written by --record")
        engine = ReplayEngine(Path(rest), url=url)
    else:
        engine = _embedded(url, rest, jobs, store)
    if record is not None:
        from bot.engines.replay import RecordingEngine  # noqa: PLC0415 - likewise

        engine = RecordingEngine(CachedEngine(engine, store) if store else engine, record)
    elif store is not None and scheme != "replay":  # a recording answers at once
        engine = CachedEngine(engine, store)
    return engine


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
