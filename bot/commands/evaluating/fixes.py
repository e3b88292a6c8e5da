"""What linters report and no tool fixes, and mistakes that a test notices: engines are asked for fixes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.chunk.edit import edited_source
from bot.commands.evaluating.compare import opened
from bot.commands.evaluating.faults import faults
from bot.commands.evaluating.proven import Proven
from bot.commands.evaluating.watched import watched
from bot.commands.flows import flow_of
from bot.data import Change, LineRange, Rejected, Verified
from bot.errors import UsageError
from bot.measure.held_out import sample
from bot.measure.proofs import SHOWN, End, Spent, ended, proof_row
from bot.pipeline import Work, run
from bot.tasks.fixes import fix_id
from bot.verify.checker import Tools
from bot.verify.trials import NoTrials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from threading import Event

    from bot.commands.evaluating.compare import Arm
    from bot.commands.evaluating.faults import Fault
    from bot.commands.session import Run
    from bot.data import Suggestion
    from bot.findings.locate import Located
    from bot.measure.proofs import ProofRow
    from bot.pipeline.fixes import Fixes as Flow
    from bot.pipeline.fixes import Offer

__all__ = ["Fixes"]


@dataclass(slots=True)
class Drawn:
    """What was drawn, of each repository."""

    findings: list[list[Located]]
    faults: list[list[Fault]]
    notes: dict[str, None] = field(default_factory=dict)  # what the user should know, a sentence each


class Fixes(Proven):
    """The task."""

    task = "fixes"

    def draw(self, runs: Sequence[Run], arm: Arm, cancel: Event) -> Drawn:
        """Draw findings that an engine would be asked about, and make mistakes; no engine is asked."""
        drawn = Drawn([[] for _ in runs], [[] for _ in runs])
        found: list[tuple[int, Located]] = []
        for number, base in enumerate(runs):
            with ExitStack() as stack:
                one = opened(base, arm, stack)
                review = one.blank()
                flow: Flow = flow_of("fixes", one, review)  # type: ignore[assignment] # that of this task
                asked = _Asked()
                # Tests need not run to know what is left for an engine, except after a tool's own fix that
                # breaks one: such findings are few, and are not drawn.
                quick = replace(flow, offer=asked, trials=NoTrials(""), limit=None)
                for _ in run(quick, Work(one.files(), one.observer, cancel)):
                    pass
                one.observer.finish()
                found += [(number, each) for each in asked.found]
                drawn.notes |= dict.fromkeys(review.notes)
        for number, each in sample(found, arm.flags["limit"], arm.flags["seed"]):
            drawn.findings[number].append(each)
        self._make(runs, arm, drawn, cancel)
        if not any([*drawn.findings, *drawn.faults]) and not cancel.is_set():
            raise UsageError(
                "nothing to fix here: ruff reports nothing that it has no safe fix for, and no function that "
                "tests reach could be given a mistake",
                hint=" ".join(drawn.notes) or "Try another --repo, or another --seed.",
            )
        return drawn

    def _make(self, runs: Sequence[Run], arm: Arm, drawn: Drawn, cancel: Event) -> None:
        """Make mistakes, as many in each repository as the next."""
        left = arm.flags["faults"]
        for number, base in enumerate(runs):
            share = left // (len(runs) - number)
            try:
                drawn.faults[number] = list(faults(base, share, arm.flags["seed"], cancel)) if share else []
            except UsageError as error:
                drawn.notes[f"No mistakes were made to be fixed: {error}. {error.hint}".strip()] = None
                return
            left -= len(drawn.faults[number])

    def row(self, runs: Sequence[Run], drawn: Drawn, arm: Arm, cancel: Event) -> ProofRow:
        """Ask one engine with one wording about every case, and prove what it offers."""
        spent = Spent()
        ends: list[End] = []
        label, model = "", ""
        for base, findings, made in zip(runs, drawn.findings, drawn.faults, strict=True):
            if not findings and not made:
                continue
            with ExitStack() as stack:
                one = watched(opened(base, arm, stack), spent)
                info = one.engine().info  # the flow goes on without an engine that cannot be opened
                label, model = info.url, info.model
                review = one.blank()
                flow: Flow = flow_of("fixes", one, review)  # type: ignore[assignment] # that of this task
                ends += _findings(flow, one, findings, cancel)
                one.observer.start("fixing mistakes", len(made))
                for fault in made:
                    ends.append(_fault(flow, fault, cancel))
                    one.observer.advance()
                one.observer.finish()
                drawn.notes |= dict.fromkeys(review.notes)
        figures = ["findings", "faults", "restored"] if any(drawn.faults) else []
        return proof_row(ends, spent, engine=label, model=model, wording=arm.wording, figures=figures)


class _Asked:
    """Offers nothing, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.found: list[Located] = []

    def __call__(self, found: Located, cause: str) -> Iterator[Suggestion | Rejected]:
        del cause
        self.found.append(found)
        return iter(())


class _Only:
    """Offers what another does, for some findings."""

    def __init__(self, offer: Offer, ids: Collection[str]) -> None:
        self._offer, self._ids = offer, ids

    def __call__(self, found: Located, cause: str) -> Iterator[Suggestion | Rejected]:
        return self._offer(found, cause) if fix_id([found]) in self._ids else iter(())


def _findings(flow: Flow, one: Run, findings: Sequence[Located], cancel: Event) -> Iterator[End]:
    """Take findings through the flow and yield how each ended."""
    lines: dict[str, list[LineRange]] = {}
    for each in findings:
        lines.setdefault(each.change.path, []).append(LineRange(each.start_line, each.end_line))
    files = (
        replace(item, ranges=tuple(lines[item.path]))
        for item in one.files()
        if isinstance(item, Change) and item.path in lines
    )
    names = [fix_id([each]) for each in findings]
    assert flow.offer is not None  # noqa: S101 - that of the task always has one
    flow = replace(flow, offer=_Only(flow.offer, set(names)), limit=None)
    against: dict[str, Rejected] = {}
    for outcome in run(flow, Work(files, one.observer, cancel)):
        if isinstance(outcome, Rejected) and outcome.hint is not None:
            against[outcome.hint.id] = outcome
    for each, name in zip(findings, names, strict=True):
        told = f"{each.change.path}:{each.start_line} {each.finding.label}"
        # A fix may settle findings beside its own: whatever is not left as a hint is settled.
        yield ended(told, against[name]) if name in against else End(told, SHOWN, SHOWN)


def _fault(flow: Flow, fault: Fault, cancel: Event) -> End:
    """Take one mistake through the flow and return how it ended."""
    assert isinstance(flow.checker, Tools)  # noqa: S101 - that of the task always is
    checker = replace(flow.checker, reported={fault.change.path: [fault.finding]}, doctests=None)
    flow = replace(flow, checker=checker, limit=None)
    outcomes = list(run(flow, Work([fault.change], cancel=cancel)))
    marks = {"fault"}
    shown = [each.suggestion for each in outcomes if isinstance(each, Verified)]
    if shown and edited_source(fault.change, shown) == fault.original:
        marks.add("restored")
    return ended(fault.name, outcomes[0] if outcomes else None, marks)
