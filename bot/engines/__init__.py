"""Engines: what answers prompts. `open_engine` is the only way in; nothing heavy is imported before it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from bot.engines.cached import Store
    from bot.engines.embedded import EmbeddedEngine

__all__ = ["open_engine"]

_LATER = ("triton+grpc", "triton+http", "openai+http", "openai+https")
_HERE = "embedded:, embedded:DIR, replay:DIR"


def open_engine(
    url: str, *, jobs: int | None = None, record: Path | None = None, store: Store | None = None
) -> EmbeddedEngine:
    """Return the engine that `url` names; its weights are loaded when they are first needed.

    Raises:
        UsageError: The URL or one of its options is wrong.
        EngineError: There is no such model, or no such kind of engine yet.
    """
    del record
    scheme, _, rest = url.partition(":")
    if scheme in _LATER:
        raise EngineError(f"{scheme} engines are not available in this version", hint=f"use one of {_HERE}")
    if scheme != "embedded":
        raise UsageError(f"unknown engine {url!r}", hint=f"use one of {_HERE}")
    from bot.engines.embedded import EmbeddedEngine  # noqa: PLC0415 - see the module's docstring
    from bot.engines.folder import ModelFolder, embedded_folder  # noqa: PLC0415 - likewise

    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query))
    path = Path(place) if place else embedded_folder()
    folder = ModelFolder(path, url=url, window=int(options.get("window", 0)) or None, store=store)
    return EmbeddedEngine(folder, jobs=jobs)
