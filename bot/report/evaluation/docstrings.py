"""`codebot eval docstrings`: agreement with people's words, and what is shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from bot.report.escape import utf8, visible
from bot.report.evaluation.parts import cell, chart, document, gains, name, reasons, speed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.measure.tally import Row

__all__ = ["as_chart", "as_json", "as_text"]

_BARS = (("bleu", "BLEU-4", "#4c78a8"), ("rouge", "ROUGE-L", "#72b7b2"), ("shown", "shown, %", "#f58518"))


def as_text(rows: Sequence[Row], where: str) -> str:
    """Return a table for a terminal, what was rejected under it, and how to read it."""
    lines = [f"{rows[0].asked} functions that people documented, from {visible(where)}", ""]
    names = [name(row) for row in rows]
    wide = max([len("engine"), *map(len, names)])
    lines.append(f"{'engine':{wide}}  {'BLEU-4':>18}  {'ROUGE-L':>18}  {'shown, %':>18}  {'tokens/s':>8}")
    for one, row in zip(names, rows, strict=True):
        cells = "  ".join(f"{cell(each):>18}" for each in (row.bleu, row.rouge, row.shown))
        lines.append(f"{one:{wide}}  {cells}  {speed(row):>8}")
    if len(rows) > 1:
        lines += ["", f"BLEU-4 against {names[0]}, on the same functions:"]
        lines += gains(names, [row.scores for row in rows], wide)
    for one, row in zip(names, rows, strict=True):
        lines += ["", f"{one}", f"  {row.shown.value:3.0f} %  shown"]
        lines += reasons(row)
    lines += [
        "",
        "In brackets: 95 % of bootstrap samples. Agreement with people's words is no measure of truth;",
        "it compares models and prompts on the same functions. Read what is shown before you decide.",
    ]
    return "\n".join(lines) + "\n"


def as_json(rows: Sequence[Row], where: Sequence[str], seed: int) -> str:
    """Return everything, with the score of each function in order."""
    told = [{**asdict(row), "engine": utf8(row.engine), "model": utf8(row.model)} for row in rows]
    return document("docstrings", where, seed, told)


def as_chart(rows: Sequence[Row], where: str) -> str:
    """Return a chart as SVG."""
    title = f"{rows[0].asked} functions from {visible(where)}"
    return chart(rows, _BARS, title, "Agreement is not truth.")
