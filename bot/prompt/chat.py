"""The chat form, for instruction-tuned models: their own template, with worked examples (only jinja2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Snippet
    from bot.ports import EngineInfo, Tokenizer
    from bot.prompt.fim import Asked
    from bot.prompt.pieces import Pieces
    from bot.prompt.template import Wording

__all__ = ["fit"]


def fit(
    pieces: Pieces,
    purpose: str,
    snippets: Sequence[Snippet],
    examples: Sequence[Snippet],
    info: EngineInfo,
    tokenizer: Tokenizer,
    wording: Wording,
    *,
    room: int,
    summary: str,
) -> Asked | None:
    raise NotImplementedError
