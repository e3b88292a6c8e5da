"""The log of a run: a line for people, JSON lines for programs, a chart of the losses."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Journal", "chart", "report"]

_COLORS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#9d755d", "#bab0ac")
_WIDE, _HIGH, _LEFT, _BELOW, _RIGHT = 640, 300, 50, 40, 150  # of the chart, in pixels


class Journal:
    """Appends records to a file of JSON lines; those after `step`, which a broken run left, are dropped."""

    def __init__(self, file: Path, step: int) -> None:
        self._file = file
        self.records = [r for r in _read(file) if r["step"] <= step]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(r) + "\n" for r in self.records), "utf-8")

    def add(self, record: dict[str, Any]) -> None:
        """Write a record, and print it as a line."""
        self.records.append(record)
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
        print(_line(record), flush=True)  # noqa: T201 - a run's only voice


def report(folder: Path, done: dict[str, Any], settings: Any) -> None:  # noqa: ANN401 - a step's
    """Write how a run went, and with which settings (a dataclass), beside what it made."""
    told = {**done, "settings": asdict(settings)}
    (folder / "report.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _read(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    found = []
    for line in file.read_text("utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:  # cut short when the run was killed
            break
    return found


def _line(record: dict[str, Any]) -> str:
    head = f"step {record['step']:6d}  {record['progress']:4.0%}"
    if "validation" in record:
        losses = "  ".join(f"{kind} {loss:.4f}" for kind, loss in record["validation"].items())
        name = "mean of weights" if record.get("averaged") else "validation"
        return f"{head}  {name}: {losses}{'  best' if record.get('best') else ''}"
    if "reward" in record:
        return (
            f"{head}  reward {record['reward']:.4f}  passed {record['passed']:.1%}  KL {record['kl']:.4f}  "
            f"verdict {record['verdict']:.3f}  replay {record['replay']:.3f}  rate {record['rate']:.2e}  "
            f"norm {record['norm']:.2f}  {record['answers_per_second']:7,.0f} answers/s  "
            f"{record['seconds']:.0f} s"
        )
    return (
        f"{head}  loss {record['loss']:.4f}  rate {record['rate']:.2e}  norm {record['norm']:.2f}  "
        f"{record['tokens_per_second']:9,.0f} tokens/s  MFU {record['mfu']:.1%}  {record['seconds']:.0f} s"
    )


def chart(records: list[dict[str, Any]]) -> str:
    """Return an SVG of training and validation losses over the steps."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for record in records:
        if "loss" in record:
            lines.setdefault("training", []).append((record["step"], record["loss"]))
        tail = ", mean" if record.get("averaged") else ""
        for kind, loss in record.get("validation", {}).items():
            lines.setdefault(f"{kind}{tail}", []).append((record["step"], loss))
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    last = max(x for x, _ in points) or 1
    ordered = sorted(y for _, y in points)
    low, high = (
        ordered[0],
        ordered[int(len(ordered) * 0.98)],
    )  # the first steps' losses would squeeze the rest
    span = (high - low) or 1

    def place(x: float, y: float) -> str:
        down = _HIGH * (1 - (min(y, high) - low) / span)
        return f"{_LEFT + _WIDE * x / last:.1f},{10 + down:.1f}"

    wide, tall = _LEFT + _WIDE + _RIGHT, 10 + _HIGH + _BELOW
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" font-family="sans-serif"',
        ' font-size="12">',
        f'<rect width="{wide}" height="{tall}" fill="white"/>',
    ]
    for n in range(5):
        value, y = low + span * n / 4, 10 + _HIGH * (1 - n / 4)
        out.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + _WIDE}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>')
        x = _LEFT + _WIDE * n / 4
        out.append(f'<text x="{x:.1f}" y="{_HIGH + 28}" text-anchor="middle">{last * n / 4:.0f}</text>')
    for n, (name, line) in enumerate(sorted(lines.items())):
        color = _COLORS[n % len(_COLORS)]
        path = " ".join(place(x, y) for x, y in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>')
        out.append(
            f'<text x="{_LEFT + _WIDE + 10}" y="{24 + 18 * n}" fill="{color}">{name} {line[-1][1]:.3f}</text>'
        )
    return "\n".join([*out, "</svg>", ""])
