"""Reviews to render, made of real values."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chunk.encoding import blob_id, decode
from bot.data import Change, Chunk, Completion, Evidence, Prompt, Skipped, Suggestion, Symbol, Verified
from bot.ledger import Ledger, Review
from bot.ports import EngineInfo

ENGINE = EngineInfo("embedded:", "codebot-mini", "sha256:" + "ab" * 32, "starcoder", 2048)
EVIDENCE = (
    Evidence("parses", passed=True, detail="the edited file parses"),
    Evidence("tree-unchanged", passed=True, detail="identical without the docstring"),
    Evidence("signature", passed=True),
    Evidence("grounding", passed=True),
    Evidence("confidence", passed=True, detail="0.83 ≥ 0.70"),
)


class Maker:
    """Makes the values of a run from a file's bytes and the lines to replace."""

    def change(self, path: str, raw: bytes, *, mode: int = 0o100644) -> Change:
        decoded = decode(path, raw)
        assert not isinstance(decoded, Skipped), decoded
        source, encoding = decoded
        return Change(path, raw, source, encoding, blob=blob_id(raw), mode=mode)

    def chunk(self, change: Change, line: int = 1, symbol: str = "Class.method") -> Chunk:
        end = len(change.source)
        row = Symbol(
            symbol.rsplit(".", maxsplit=1)[-1], symbol, "method", 0, end, 0, 0, line, line, line, line
        )
        return Chunk(change, "python", "function", 0, end, line, line, row)

    def suggestion(self, change: Change, start: int, end: int, text: str, **more: Any) -> Suggestion:  # noqa: ANN401
        chunk = self.chunk(change, start, more.pop("symbol", "Class.method"))
        prompt = Prompt(chunk, "docstrings", "summary", "…", "fim", 100, 64)
        answer = Completion(prompt, "Do it.", "stop", 100, 4, 0.5)
        values = {
            "id": f"{start:04x}beef",
            "task": "docstring",
            "message": "Add a docstring",
            "completions": (answer,),
        }
        return Suggestion(chunk=chunk, start_line=start, end_line=end, replacement=text, **{**values, **more})

    def review(self, *outcomes: Any, files: int = 1, **more: Any) -> Review:  # noqa: ANN401
        review = Review(ENGINE, Ledger(files=files), seconds=2.0, **more)
        review.take(Verified(o, EVIDENCE) if isinstance(o, Suggestion) else o for o in outcomes)
        review.sort()
        return review


@pytest.fixture
def make() -> Maker:
    """Return a maker of reviews."""
    return Maker()
