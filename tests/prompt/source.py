"""Chunks of real source, and what the prompt builder needs to know of an engine."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from bot.chunk.symbols import symbols
from bot.data import Change, Chunk
from bot.engines.folder import EMBEDDED
from bot.engines.tokenizer import FileTokenizer
from bot.ports import EngineInfo, Prompting

ROOT = Path(__file__).resolve().parents[2]
TOKENIZERS = Path(os.environ.get("CODEBOT_TEST_TOKENIZERS", ROOT.parent / "shared" / "tokenizers"))


def chunks_of(source: str | bytes, language: str = "python", path: str = "pkg/module.py") -> list[Chunk]:
    """Return a chunk for each symbol of `source` but the module's, in order."""
    raw = source.encode() if isinstance(source, str) else source
    change = Change(path=path, raw=raw, source=raw)
    return [
        Chunk(
            change,
            language,
            "class" if s.kind == "class" else "function",
            s.start,
            s.end,
            s.start_line,
            s.end_line,
            s,
        )
        for s in symbols(language, raw)
        if s.kind != "module"
    ]


def chunk_of(source: str | bytes, name: str, language: str = "python", path: str = "pkg/module.py") -> Chunk:
    """Return the chunk of the symbol that is called `name`."""
    return next(c for c in chunks_of(source, language, path) if c.symbol and c.symbol.qualname == name)


@lru_cache
def tokenizer_of(name: str) -> FileTokenizer:
    """Return the embedded model's tokenizer, or StarCoder's where it is at hand."""
    if name == "embedded":
        return FileTokenizer(ROOT / EMBEDDED / "tokenizer.json")
    if not (TOKENIZERS / name / "tokenizer.json").is_file():
        pytest.skip(f"no {name} tokenizer in {TOKENIZERS} (CODEBOT_TEST_TOKENIZERS)")
    return FileTokenizer(TOKENIZERS / name / "tokenizer.json")


def info_of(tokenizer: FileTokenizer, window: int = 0, **prompting: Any) -> EngineInfo:  # noqa: ANN401
    """Return what an engine with this tokenizer would say of itself."""
    shape = Prompting(specials=tokenizer.specials, **prompting)
    return EngineInfo(
        url="test:",
        model="test",
        build="sha256:0",
        family=tokenizer.family.name,
        window=window or tokenizer.family.window,
        chat=bool(shape.chat_template),
        prompting=shape,
    )


EMBEDDED_SHAPE: dict[str, Any] = {"wording": "fim", "fim_limits": (320, 448)}
