"""What came of cases whose answers are proven by running them: functions without tests, and findings."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.data import Completion, Failed, Rejected, Skipped, Verified
from bot.measure.scores import Figure, figure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bot.data import Outcome

__all__ = ["SHOWN", "End", "ProofRow", "Spent", "ended", "mutants", "proof_row"]

SHOWN = "shown"  # what a case ends with that has something to show; every other end is a reason
_KILLS = re.compile(r"kills (\d+) of (\d+)")


@dataclass(slots=True)
class Spent:
    """What a row cost."""

    questions: int = 0
    unanswered: int = 0  # of them: the engine failed
    cached: int = 0  # of them: known from an earlier run
    tokens: int = 0  # written in this run; answers from the cache cost none
    seconds: float = 0.0  # wall time that the engine was waited for
    sandbox: float = 0.0  # wall time of runs in the sandbox, summed where several run at once

    def answer(self, each: Completion | Failed) -> None:
        """Count what came back for one question."""
        self.questions += 1
        if isinstance(each, Completion):
            self.cached += each.cached
            self.tokens += 0 if each.cached else each.completion_tokens
        else:
            self.unanswered += 1


@dataclass(frozen=True, slots=True)
class End:
    """How one case ended."""

    name: str  # of the case, for people: "src/a.py Reader.close"
    end: str  # SHOWN, or a key of the tables in `bot.reasons`
    kind: str = "rejected"  # or "skipped", "failed", "shown"
    marks: frozenset[str] = frozenset()  # what else is true of it: "held", "fault", "restored"


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One engine and wording: what the proofs let through. Figures are percent of cases."""

    engine: str
    model: str
    wording: str
    asked: int  # cases, the same for all rows
    shown: Figure
    held: Figure | None = None  # tests: the engine wrote one that held when it was first tried
    findings: Figure | None = None  # fixes: shown, of the linters' findings
    faults: Figure | None = None  # fixes: shown, of the seeded faults
    restored: Figure | None = None  # fixes: the file is what it was before the fault, of the seeded faults
    rejected: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    mutants: int | None = None  # tests: tried on what is shown
    caught: int | None = None  # of them
    questions: int = 0
    unanswered: int = 0  # of them: the engine failed
    cached: int = 0  # of them: known from an earlier run
    tokens: int = 0
    seconds: float = 0.0  # that the engine was waited for
    sandbox_seconds: float = 0.0  # a case
    ends: tuple[End, ...] = ()  # of each case, in order, for paired comparison

    @property
    def scores(self) -> list[float]:
        """What is shown, of each case: 0 or 100."""
        return _percent(self.ends, SHOWN)


def ended(name: str, outcome: Outcome | None, marks: Collection[str] = ()) -> End:
    """Return how a case ended.

    Args:
        name: Of the case.
        outcome: What came of it; None where it was not reached any more.
        marks: What else is true of it.
    """
    if isinstance(outcome, Verified):
        return End(name, SHOWN, SHOWN, frozenset(marks))
    if outcome is None:
        return End(name, "interrupted", "skipped", frozenset(marks))
    kinds = {Rejected: "rejected", Skipped: "skipped", Failed: "failed"}
    return End(name, outcome.reason, kinds[type(outcome)], frozenset(marks))


def proof_row(
    ends: Sequence[End],
    spent: Spent,
    *,
    engine: str,
    model: str,
    wording: str,
    figures: Sequence[str],
    caught: tuple[int, int] | None = None,
) -> ProofRow:
    """Return a row.

    Args:
        ends: Of every case, in the order that all rows have.
        spent: On all of them together.
        engine: Its address.
        model: What it says it is.
        wording: The name of the wording's folder.
        figures: Which of "held", "findings", "faults" and "restored" this task has.
        caught: How many mutants, and of how many.
    """
    faults = [each for each in ends if "fault" in each.marks]
    findings = [each for each in ends if "fault" not in each.marks]
    every = {
        "held": (ends, "held"),
        "findings": (findings, SHOWN),
        "faults": (faults, SHOWN),
        "restored": (faults, "restored"),
    }
    shares: dict[str, Figure | None] = {
        name: figure(_percent(*every[name])) if every[name][0] else None for name in figures
    }
    counts = {kind: Counter[str]() for kind in ("rejected", "skipped", "failed")}
    for each in ends:
        if each.end != SHOWN:
            counts[each.kind][each.end] += 1
    return ProofRow(
        engine=engine,
        model=model,
        wording=wording,
        asked=len(ends),
        shown=figure(_percent(ends, SHOWN)),
        held=shares.get("held"),
        findings=shares.get("findings"),
        faults=shares.get("faults"),
        restored=shares.get("restored"),
        rejected=dict(counts["rejected"].most_common()),
        skipped=dict(counts["skipped"].most_common()),
        failed=dict(counts["failed"].most_common()),
        caught=caught[0] if caught else None,
        mutants=caught[1] if caught else None,
        questions=spent.questions,
        unanswered=spent.unanswered,
        cached=spent.cached,
        tokens=spent.tokens,
        seconds=spent.seconds,
        sandbox_seconds=spent.sandbox / max(len(ends), 1),
        ends=tuple(ends),
    )


def mutants(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """Return how many mutants the shown tests caught, and how many were tried on them."""
    caught = tried = 0
    for each in outcomes:
        for told in each.evidence if isinstance(each, Verified) else ():
            if told.check == "catches" and (found := _KILLS.match(told.detail)):
                caught += int(found[1])
                tried += int(found[2])
    return caught, tried


def _percent(ends: Iterable[End], mark: str) -> list[float]:
    return [100.0 * (each.end == mark or mark in each.marks) for each in ends]
