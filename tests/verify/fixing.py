"""Fixes made by hand: from code, a rule and an edit to what the gate takes, with the real ruff."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chunk.edit import line_starts
from bot.data import Change, Rejected
from bot.findings.locate import Located, locate
from bot.tasks.fixes import suggest
from bot.verify.fix import Fix, Standing, prove
from bot.verify.ruff import Ruff

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Case", "gate"]


@dataclass(frozen=True, slots=True)
class Case:
    """An edit of one file that claims to fix the first finding of a rule."""

    code: str
    rule: str
    edits: tuple[tuple[str, str], ...]  # (what stands there once, what takes its place)
    path: str = "pkg/module.py"
    encoding: str = "utf-8"
    written: bool = True  # by a model
    imported: str = ""  # a name that another file imports from here

    @property
    def source(self) -> str:
        return textwrap.dedent(self.code).lstrip("\n")

    @property
    def edited(self) -> str:
        text = self.source
        for old, new in self.edits:
            assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
            text = text.replace(old, new)
        return text


def gate(case: Case, root: Path, select: str) -> Standing | Rejected:
    """Take an edit through the static steps, in a repository whose ruff checks `select`."""
    (root / "ruff.toml").write_text(f'lint.select = [{select}]\ntarget-version = "py310"\n', encoding="utf-8")
    ruff = Ruff(root)

    def found(source: bytes, *, rooms: bool = False) -> list[Located]:
        change = Change(case.path, source.decode().encode(case.encoding), source, case.encoding)
        return locate(change, "python", ruff.check(case.path, source), rooms=rooms)[0]

    before = found(case.source.encode(), rooms=True)
    wanted = next((one for one in before if one.finding.rule == case.rule), None)
    assert wanted is not None, f"no {case.rule} in {case.source}: {[one.finding for one in before]}"
    old, new = (text.splitlines(keepends=True) for text in (case.source, case.edited))
    head = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    shorter = min(len(old), len(new)) - head
    tail = next((i for i in range(shorter) if old[-1 - i] != new[-1 - i]), shorter)
    if old == new or head == len(old):
        head, tail = max(head - 1, 0), 0
    starts = line_starts(case.source.encode())
    edit = (starts[head], starts[len(old) - tail], "".join(new[head : len(new) - tail]))
    fix = Fix(suggest([wanted], [edit], "an edit"), (wanted,), written=case.written)
    importers = lambda _path, name: "pkg/other.py" if name == case.imported else ""  # noqa: E731
    return prove(fix, before, found, importers)
