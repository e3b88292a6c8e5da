"""What the comparisons of all tasks look like: names, cells, reasons and the chart."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from bot.measure.scores import Figure, figure
from bot.reasons import FAILURES, REJECTIONS, SKIPS
from bot.report.escape import utf8, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Bar", "Compared", "cell", "chart", "document", "gains", "name", "reasons", "speed"]

Bar = tuple[str, str, str]  # attribute of a row, words for it, colour

_REASONS = {**SKIPS, **REJECTIONS, **FAILURES}
_SHOWN = 6  # reasons a row
_LEFT, _WIDE, _BAR, _GAP = 250, 420, 16, 22  # of the chart, in pixels


class Compared(Protocol):
    """A row: one engine and wording."""

    @property
    def engine(self) -> str:
        """Its address."""
        ...

    @property
    def wording(self) -> str:
        """The name of the wording's folder; "" for the packaged ones."""
        ...

    @property
    def asked(self) -> int:
        """How many functions or findings it is about."""
        ...

    @property
    def rejected(self) -> Mapping[str, int]:
        """What failed a check, by reason."""
        ...

    @property
    def skipped(self) -> Mapping[str, int]:
        """What was not asked about, by reason."""
        ...

    @property
    def failed(self) -> Mapping[str, int]:
        """What the engine broke on, by reason."""
        ...

    @property
    def tokens(self) -> int:
        """How many were written in this run."""
        ...

    @property
    def seconds(self) -> float:
        """How long that took, on the wall."""
        ...


def name(row: Compared) -> str:
    """Return what a row is called."""
    wording = f" ({visible(row.wording)})" if row.wording else ""
    return f"{visible(row.engine)}{wording}"


def cell(each: Figure) -> str:
    """Return a figure with its interval."""
    return f"{each.value:.1f} [{each.low:.1f}, {each.high:.1f}]"


def speed(row: Compared) -> str:
    """Return tokens a second; "cached" where all answers were known."""
    return f"{row.tokens / row.seconds:.0f}" if row.tokens and row.seconds else "cached"


def gains(names: Sequence[str], scores: Sequence[Sequence[float]], wide: int) -> Iterator[str]:
    """Yield how each row does against the first, case by case, so that hard cases count for both."""
    for one, own in list(zip(names, scores, strict=True))[1:]:
        each = figure([a - b for a, b in zip(own, scores[0], strict=True)])
        yield f"  {one:{wide}}  {each.value:+.1f} [{each.low:+.1f}, {each.high:+.1f}]"


def document(task: str, where: Sequence[str], seed: int, rows: Sequence[object], **more: object) -> str:
    """Return a comparison as JSON.

    Args:
        task: What was compared.
        where: The repositories' folders.
        seed: What cases were drawn with.
        rows: Each what `json` can write.
        more: What else this task tells.
    """
    found = {"version": 1, "task": task, "repositories": [utf8(each) for each in where], "seed": seed}
    return json.dumps({**found, **more, "rows": rows}, indent=2, ensure_ascii=True) + "\n"


def reasons(row: Compared) -> Iterator[str]:
    """Yield why cases of a row have nothing to show, the most frequent first, in percent of all."""
    every = [*row.rejected.items(), *row.skipped.items(), *row.failed.items()]
    every.sort(key=lambda item: (-item[1], item[0]))
    for reason, count in every[:_SHOWN]:
        yield f"  {100 * count / max(row.asked, 1):3.0f} %  {_REASONS.get(reason, reason)}"
    if left := sum(count for _, count in every[_SHOWN:]):
        yield f"  {100 * left / max(row.asked, 1):3.0f} %  for other reasons"


def chart(rows: Sequence[Any], bars: Sequence[Bar], title: str, foot: str) -> str:
    """Return a chart as SVG that needs nothing else: a bar for each figure, a whisker for its interval.

    Args:
        rows: Each a `Compared` that has the figures of `bars` as attributes; None: it has no such bar.
        bars: In order, from the top.
        title: One line above.
        foot: One line below, after what the whiskers are.
    """
    shown = [
        (row, [(bar, each) for bar in bars if (each := getattr(row, bar[0])) is not None]) for row in rows
    ]
    high = 60 + sum(len(own) * _GAP + 18 for _, own in shown) + 40
    full = _LEFT + _WIDE + 90
    most = max([30.0, *(each.high for _, own in shown for _, each in own)])
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {high}" width="{full}" '
            f'height="{high}" role="img" font-family="system-ui, sans-serif" font-size="13">'
        ),
        (
            "<style>:root{color-scheme:light dark}text{fill:#222}.s{fill:#666}.w{stroke:#222}"
            "@media (prefers-color-scheme:dark){text{fill:#eee}.s{fill:#aaa}.w{stroke:#eee}}</style>"
        ),
        f'<text x="16" y="26" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    y = 50
    for row, own in shown:
        for number, ((_, label, colour), each) in enumerate(own):
            if not number:
                parts.append(f'<text x="16" y="{y + 13}" font-weight="600">{escape(name(row)[:30])}</text>')
            x, w = _LEFT, _WIDE * each.value / most
            low, top = (_LEFT + _WIDE * edge / most for edge in (each.low, each.high))
            middle = y + _BAR / 2
            parts += [
                f'<text class="s" x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{label}</text>',
                (
                    f'<rect x="{x}" y="{y}" width="{w:.1f}" height="{_BAR}" fill="{colour}" rx="2">'
                    f"<title>{escape(name(row))}: {label} {cell(each)}</title></rect>"
                ),
                f'<line class="w" x1="{low:.1f}" x2="{top:.1f}" y1="{middle}" y2="{middle}"/>',
                f'<text x="{_LEFT + _WIDE * each.high / most + 8:.1f}" y="{y + 13}">{each.value:.1f}</text>',
            ]
            y += _GAP
        y += 18
    parts.append(
        f'<text class="s" x="16" y="{y + 14}">Whiskers: 95 % of bootstrap samples. {escape(foot)}</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"
