"""`codebot eval tests` and `codebot eval fixes`: what the proofs let through."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from bot.report.escape import utf8, visible
from bot.report.evaluation.parts import cell, chart, document, gains, name, reasons, speed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.measure.proofs import ProofRow
    from bot.report.evaluation.parts import Bar

__all__ = ["as_chart", "as_json", "as_text"]

_ASKED = {"tests": ("function", "functions", " without a test"), "fixes": ("case", "cases", " to fix")}
# the first is of all cases; a row has the others where its task does
_BARS: tuple[Bar, ...] = (
    ("shown", "shown, %", "#f58518"),
    ("held", "engine's, %", "#4c78a8"),
    ("findings", "findings, %", "#4c78a8"),
    ("faults", "faults, %", "#72b7b2"),
    ("restored", "restored, %", "#54a24b"),
)
_READ = {
    "tests": (
        "In brackets: 95 % of bootstrap samples. Shown: a test would be posted, by the engine or by what",
        "your code tells without one. Engine's: it wrote a test that passes and fails on a mutant. What a",
        "test pins is what the code does today: read it before you decide.",
    ),
    "fixes": (
        "In brackets: 95 % of bootstrap samples. Findings: what your linter reports and no safe fix of its",
        "own settles. Faults: mistakes made in tested functions, in memory. Restored: the file reads as it",
        "did before the fault; another fix that passes the tests may be right too.",
    ),
}


def as_text(task: str, rows: Sequence[ProofRow], notes: Sequence[str], where: str) -> str:
    """Return a table for a terminal, what was rejected under it, and how to read it."""
    lines = [_title(task, rows, where), ""]
    names = [name(row) for row in rows]
    wide = max([len("engine"), *map(len, names)])
    bars = _bars(rows)
    mutants = rows[0].mutants is not None
    heads = [f"{label:>19}" for _, label, _ in bars] + [f"{'mutants':>9}"] * mutants
    lines.append("  ".join([f"{'engine':{wide}}", *heads, f"{'tokens/s':>8}", f"{'sandbox, s':>10}"]))
    for one, row in zip(names, rows, strict=True):
        cells = [f"{cell(each) if (each := getattr(row, bar)) else '':>19}" for bar, _, _ in bars]
        cells += [f"{f'{row.caught}/{row.mutants}':>9}"] * mutants
        lines.append(
            "  ".join([f"{one:{wide}}", *cells, f"{_speed(row):>8}", f"{row.sandbox_seconds:>10.1f}"])
        )
    if len(rows) > 1:
        lines += ["", f"Shown, against {names[0]}, on the same cases:"]
        lines += gains(names, [row.scores for row in rows], wide)
    for one, row in zip(names, rows, strict=True):
        lines += ["", f"{one}", f"  {row.shown.value:3.0f} %  shown"]
        lines += reasons(row)
        if row.unanswered:
            lines.append(f"  The engine had no answer to {row.unanswered} of {row.questions} questions.")
    lines += ["", *(visible(note) for note in notes), *[""] * bool(notes), *_READ[task]]
    return "\n".join(lines) + "\n"


def as_json(
    task: str, rows: Sequence[ProofRow], notes: Sequence[str], where: Sequence[str], seed: int
) -> str:
    """Return everything, with how each case ended."""
    return document(task, where, seed, [_row(row) for row in rows], notes=[utf8(each) for each in notes])


def as_chart(task: str, rows: Sequence[ProofRow], where: str) -> str:
    """Return a chart as SVG."""
    return chart(rows, _bars(rows), _title(task, rows, where), "Proven is not right: read it.")


def _bars(rows: Sequence[ProofRow]) -> list[Bar]:
    """Return the figures to show: where all cases are of one kind, its share is that of all."""
    known = [bar for bar in _BARS if any(getattr(row, bar[0]) is not None for row in rows)]
    kinds = {"findings", "faults"}
    both = kinds <= {name for name, _, _ in known}
    return [bar for bar in known if both or bar[0] not in kinds]


def _title(task: str, rows: Sequence[ProofRow], where: str) -> str:
    one, several, rest = _ASKED[task]
    count = rows[0].asked
    return f"{count} {one if count == 1 else several}{rest}, from {visible(where)}"


def _speed(row: ProofRow) -> str:
    return speed(row) if row.tokens or row.cached else "-"


def _row(row: ProofRow) -> dict[str, object]:
    ends = [
        {"case": utf8(each.name), "end": each.end, **dict.fromkeys(sorted(each.marks), True)}
        for each in row.ends
    ]
    told = {key: value for key, value in asdict(row).items() if value is not None}
    return {**told, "engine": utf8(row.engine), "model": utf8(row.model), "ends": ends}
