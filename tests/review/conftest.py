"""Suggestions to plan with."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from bot.data import LineRange, Verified
from bot.review.identity import finding
from bot.review.marks import Signer
from bot.review.plan import Seen
from bot.review.state import State
from bot.review.values import FileDiff, Finding
from tests.report.conftest import EVIDENCE, Maker

SIGNER = Signer.of("secret", 77, 1)


class Planner(Maker):
    """Makes findings and what was seen."""

    def finding(self, raw: bytes, start: int, end: int, text: str, **more: Any) -> Finding:  # noqa: ANN401
        change = self.change(more.pop("path", "a.py"), raw)
        symbol = more.get("symbol", "f")
        more.setdefault("id", hashlib.sha256(f"{change.path}{symbol}".encode()).hexdigest()[:12])
        return finding(
            Verified(self.suggestion(change, start, end, text, **{"symbol": symbol, **more}), EVIDENCE)
        )

    def seen(self, *files: FileDiff, **more: Any) -> Seen:  # noqa: ANN401
        values: dict[str, Any] = {"posted": (), "state": State(), "known": {}, "us": "bot"}
        tasks = frozenset({"docstring", "test", "fix"})
        return Seen(files={f.path: f for f in files}, tasks=tasks, **{**values, **more})


def diff(path: str = "a.py", *spans: tuple[int, int]) -> FileDiff:
    """Return a changed file with hunks."""
    return FileDiff(path, "M", spans=tuple(LineRange(a, b) for a, b in spans or ((1, 1000),)))


@pytest.fixture
def make() -> Planner:
    """Return a maker of findings."""
    return Planner()
