"""Docstrings that people wrote, hidden and asked for anew."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.commands.evaluating.compare import opened
from bot.commands.flows import flow_of
from bot.commands.learn import read_source
from bot.data import Change
from bot.errors import UsageError
from bot.measure.held_out import cases, sample, without
from bot.measure.tally import tally
from bot.pipeline import Work, run
from bot.report.evaluation.docstrings import as_chart, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from bot.commands.evaluating.compare import Arm
    from bot.commands.session import Run
    from bot.data import Skipped
    from bot.measure.held_out import Case
    from bot.measure.tally import Row

__all__ = ["Docstrings"]


class Docstrings:
    """The task."""

    task = "docstrings"

    def draw(self, runs: Sequence[Run], arm: Arm, _cancel: Event) -> list[dict[str, list[Case]]]:
        """Draw documented functions; one table for each repository, by path."""
        found: list[tuple[int, Case]] = []
        for number, base in enumerate(runs):
            base.observer.start("reading")
            for change in base.files():
                if isinstance(change, Change):
                    found += [(number, case) for case in cases(change)]
                    base.observer.advance(0, files=1)
            base.observer.finish()
        if not found:
            raise UsageError(
                "no documented functions to hold out here",
                hint="Public Python functions with a sentence of 3 to 25 words count; try another --repo.",
            )
        tables: list[dict[str, list[Case]]] = [{} for _ in runs]
        for number, case in sample(found, arm.flags["limit"], arm.flags["seed"]):
            tables[number].setdefault(case.path, []).append(case)
        return tables

    def row(
        self, runs: Sequence[Run], drawn: Sequence[Mapping[str, list[Case]]], arm: Arm, cancel: Event
    ) -> Row:
        """Ask one engine with one wording about every function."""
        outcomes = []
        chosen: list[Case] = []
        label, model, seconds = "", "", 0.0
        for base, table in zip(runs, drawn, strict=True):
            if not table:
                continue
            with ExitStack() as stack:
                one = _held_out(opened(base, arm, stack), table)
                review = one.blank()
                flow = flow_of("docstrings", one, review)
                began = time.perf_counter()
                outcomes += list(run(flow, Work(one.files(), one.observer, cancel)))
                seconds += time.perf_counter() - began
                one.observer.finish()
                label, model = review.engine.url, review.engine.model
            chosen += [case for several in table.values() for case in several]
        return tally(chosen, outcomes, engine=label, model=model, wording=arm.wording, seconds=seconds)

    def as_text(self, rows: Sequence[Row], _drawn: object, where: str) -> str:
        """Return the rows for a terminal."""
        return as_text(rows, where)

    def as_json(self, rows: Sequence[Row], _drawn: object, where: Sequence[str], seed: int) -> str:
        """Return the rows for programs."""
        return as_json(rows, where, seed)

    def as_chart(self, rows: Sequence[Row], where: str) -> str:
        """Return the rows as SVG."""
        return as_chart(rows, where)


def _held_out(run: Run, table: Mapping[str, list[Case]]) -> Run:
    """Return a run that sees the repository without what is held out, and is asked for just that."""
    hidden = {
        change.path: without(change, table[change.path])
        for change in run.tree()
        if isinstance(change, Change) and change.path in table
    }

    def tree() -> Iterator[Change | Skipped]:
        for change in run.tree():
            yield hidden.get(change.path, change)

    def source(root: Path, path: str) -> bytes:
        return hidden[path].source if path in hidden else read_source(root, path)

    return replace(run, tree=tree, files=lambda: iter(hidden.values()), source=source)
