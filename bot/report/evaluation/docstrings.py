"""`codebot eval`: engines and wordings side by side, as text, JSON or a chart."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING

from bot.measure.scores import Figure, figure
from bot.reasons import FAILURES, REJECTIONS, SKIPS
from bot.report.escape import utf8, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.measure.tally import Row

__all__ = ["as_chart", "as_json", "as_text"]

_REASONS = {**SKIPS, **REJECTIONS, **FAILURES}
_SHOWN = 6  # reasons a row
_BARS = (("bleu", "BLEU-4", "#4c78a8"), ("rouge", "ROUGE-L", "#72b7b2"), ("shown", "shown, %", "#f58518"))
_LEFT, _WIDE, _BAR, _GAP = 250, 420, 16, 22  # of the chart, in pixels


def as_text(rows: Sequence[Row], where: str) -> str:
    """Return a table for a terminal, what was rejected under it, and how to read it."""
    lines = [f"{rows[0].asked} functions that people documented, from {visible(where)}", ""]
    names = [_name(row) for row in rows]
    wide = max([len("engine"), *map(len, names)])
    lines.append(f"{'engine':{wide}}  {'BLEU-4':>18}  {'ROUGE-L':>18}  {'shown, %':>18}  {'tokens/s':>8}")
    for name, row in zip(names, rows, strict=True):
        speed = f"{row.tokens / row.seconds:.0f}" if row.tokens and row.seconds else "cached"
        cells = "  ".join(f"{_cell(each):>18}" for each in (row.bleu, row.rouge, row.shown))
        lines.append(f"{name:{wide}}  {cells}  {speed:>8}")
    if len(rows) > 1:
        lines += ["", f"BLEU-4 against {names[0]}, on the same functions:"]
        for name, row in list(zip(names, rows, strict=True))[1:]:
            gains = [a - b for a, b in zip(row.scores, rows[0].scores, strict=True)]
            lines.append(f"  {name:{wide}}  {_signed(figure(gains))}")
    for name, row in zip(names, rows, strict=True):
        lines += ["", f"{name}", f"  {row.shown.value:3.0f} %  shown"]
        lines += _reasons(row)
    lines += [
        "",
        "In brackets: 95 % of bootstrap samples. Agreement with people's words is no measure of truth;",
        "it compares models and prompts on the same functions. Read what is shown before you decide.",
    ]
    return "\n".join(lines) + "\n"


def as_json(rows: Sequence[Row], where: Sequence[str], seed: int) -> str:
    """Return everything, with the score of each function in order."""
    found = {
        "version": 1,
        "task": "docstrings",
        "repositories": [utf8(each) for each in where],
        "seed": seed,
        "rows": [{**asdict(row), "engine": utf8(row.engine), "model": utf8(row.model)} for row in rows],
    }
    return json.dumps(found, indent=2, ensure_ascii=True) + "\n"


def as_chart(rows: Sequence[Row], where: str) -> str:
    """Return a chart as SVG that needs nothing else: a bar for each figure, a whisker for its interval."""
    high = 60 + len(rows) * (len(_BARS) * _GAP + 18) + 40
    full = _LEFT + _WIDE + 90
    most = max([30.0, *(getattr(row, name).high for row in rows for name, _, _ in _BARS)])
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {high}" width="{full}" '
            f'height="{high}" role="img" font-family="system-ui, sans-serif" font-size="13">'
        ),
        (
            "<style>:root{color-scheme:light dark}text{fill:#222}.s{fill:#666}.w{stroke:#222}"
            "@media (prefers-color-scheme:dark){text{fill:#eee}.s{fill:#aaa}.w{stroke:#eee}}</style>"
        ),
        (
            f'<text x="16" y="26" font-size="15" font-weight="600">{rows[0].asked} functions from '
            f"{escape(visible(where))}</text>"
        ),
    ]
    y = 50
    for row in rows:
        for number, (name, label, colour) in enumerate(_BARS):
            each: Figure = getattr(row, name)
            if not number:
                parts.append(f'<text x="16" y="{y + 13}" font-weight="600">{escape(_name(row)[:30])}</text>')
            x, w = _LEFT, _WIDE * each.value / most
            low, top = (_LEFT + _WIDE * edge / most for edge in (each.low, each.high))
            middle = y + _BAR / 2
            parts += [
                f'<text class="s" x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{label}</text>',
                (
                    f'<rect x="{x}" y="{y}" width="{w:.1f}" height="{_BAR}" fill="{colour}" rx="2">'
                    f"<title>{escape(_name(row))}: {label} {_cell(each)}</title></rect>"
                ),
                f'<line class="w" x1="{low:.1f}" x2="{top:.1f}" y1="{middle}" y2="{middle}"/>',
                f'<text x="{_LEFT + _WIDE * each.high / most + 8:.1f}" y="{y + 13}">{each.value:.1f}</text>',
            ]
            y += _GAP
        y += 18
    parts.append(
        f'<text class="s" x="16" y="{y + 14}">'
        "Whiskers: 95 % of bootstrap samples. Agreement is not truth.</text>"
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _name(row: Row) -> str:
    wording = f" ({visible(row.wording)})" if row.wording else ""
    return f"{visible(row.engine)}{wording}"


def _cell(each: Figure) -> str:
    return f"{each.value:.1f} [{each.low:.1f}, {each.high:.1f}]"


def _signed(each: Figure) -> str:
    return f"{each.value:+.1f} [{each.low:+.1f}, {each.high:+.1f}]"


def _reasons(row: Row) -> Iterator[str]:
    every = [*row.rejected.items(), *row.skipped.items(), *row.failed.items()]
    every.sort(key=lambda item: (-item[1], item[0]))
    for reason, count in every[:_SHOWN]:
        yield f"  {100 * count / max(row.asked, 1):3.0f} %  {_REASONS.get(reason, reason)}"
    if left := sum(count for _, count in every[_SHOWN:]):
        yield f"  {100 * left / max(row.asked, 1):3.0f} %  for other reasons"
