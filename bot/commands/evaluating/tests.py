"""Functions that a project's own tests do not reach: engines are asked for tests of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.commands.evaluating.compare import opened
from bot.commands.evaluating.proven import Proven
from bot.commands.evaluating.watched import watched
from bot.commands.flows import flow_of
from bot.data import Change, LineRange, Skipped, Verified
from bot.errors import UsageError
from bot.measure.held_out import sample
from bot.measure.proofs import End, Spent, ended, mutants, proof_row
from bot.pipeline import Work, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from bot.commands.evaluating.compare import Arm
    from bot.commands.session import Run
    from bot.data import Chunk, Outcome
    from bot.measure.proofs import ProofRow
    from bot.pipeline.tests import MissingTests as Flow

__all__ = ["MissingTests"]

Key = tuple[str, str, int]  # path, qualified name, how many earlier ones of the file have that name


@dataclass(slots=True)
class Drawn:
    """What was drawn."""

    chunks: list[list[Chunk]]  # functions of each repository
    notes: dict[str, None] = field(default_factory=dict)  # what the user should know, a sentence each


class MissingTests(Proven):
    """The task."""

    task = "tests"

    def draw(self, runs: Sequence[Run], arm: Arm, cancel: Event) -> Drawn:
        """Draw functions that tests are missing of: the project's own tests run, and no engine is asked."""
        drawn = Drawn([[] for _ in runs])
        found: list[tuple[int, Chunk]] = []
        for number, base in enumerate(runs):
            with ExitStack() as stack:
                one = opened(base, arm, stack)
                review = one.blank()
                flow: Flow = flow_of("tests", one, review)  # type: ignore[assignment] # that of this task
                # with no room for any, whatever it would look at is left out for that reason
                found += [
                    (number, each.chunk)
                    for each in run(replace(flow, limit=0), Work(one.files(), one.observer, cancel))
                    if isinstance(each, Skipped) and each.reason == "limit" and each.chunk is not None
                ]
                one.observer.finish()
                drawn.notes |= dict.fromkeys(review.notes)
        if not found and not cancel.is_set():
            raise UsageError(
                "no functions that tests are missing of here",
                hint=" ".join(drawn.notes)
                or "Public functions that the project's own tests do not reach count; try another --repo.",
            )
        for number, chunk in sample(found, arm.flags["limit"], arm.flags["seed"]):
            drawn.chunks[number].append(chunk)
        return drawn

    def row(self, runs: Sequence[Run], drawn: Drawn, arm: Arm, cancel: Event) -> ProofRow:
        """Ask one engine with one wording about every function, and prove what it writes."""
        spent = Spent()
        ends: list[End] = []
        label, model, caught, tried = "", "", 0, 0
        for base, chunks in zip(runs, drawn.chunks, strict=True):
            if not chunks:
                continue
            with ExitStack() as stack:
                one = watched(opened(base, arm, stack), spent)
                info = one.engine().info
                label, model = info.url, info.model
                review = one.blank()
                flow: Flow = flow_of("tests", one, review)  # type: ignore[assignment] # that of this task
                work = Work(_only(one, chunks), one.observer, cancel)
                outcomes = list(run(replace(flow, limit=None), work))
                one.observer.finish()
                funnel = f"{flow.funnel}."
                drawn.notes |= dict.fromkeys(note for note in review.notes if note != funnel)
            killed, total = mutants(outcomes)
            caught, tried = caught + killed, tried + total
            by_key = dict(_by_key(outcomes))
            for chunk in chunks:
                key = _key(chunk)
                held = {"held"} if key[:2] in flow.funnel.helped else set()
                ends.append(ended(f"{key[0]} {key[1]}", by_key.get(key), held))
        return proof_row(
            ends,
            spent,
            engine=label,
            model=model,
            wording=arm.wording,
            figures=["held"],
            caught=(caught, tried),
        )


def _only(run: Run, chunks: Sequence[Chunk]) -> Iterator[Change]:
    """Yield the files of some functions, as if nothing but these had changed."""
    lines: dict[str, list[LineRange]] = {}
    for each in chunks:
        assert each.symbol is not None  # noqa: S101 - a function
        wanted = LineRange(each.symbol.header_line, each.symbol.end_line)
        lines.setdefault(each.change.path, []).append(wanted)
    for item in run.files():
        if isinstance(item, Change) and item.path in lines:
            yield replace(item, ranges=tuple(lines[item.path]))


def _by_key(outcomes: Sequence[Outcome]) -> Iterator[tuple[Key, Outcome]]:
    for each in outcomes:
        if isinstance(each, Verified):
            chunks: Sequence[Chunk] = each.suggestion.settles
        elif isinstance(each, Skipped) or not getattr(each, "settles", ()):
            chunks = [each.chunk] if each.chunk is not None else []
        else:
            chunks = each.settles  # type: ignore[union-attr] # a rejection
        yield from ((_key(chunk), each) for chunk in chunks if chunk.symbol is not None)


def _key(chunk: Chunk) -> Key:
    assert chunk.symbol is not None  # noqa: S101 - a function
    return chunk.change.path, chunk.symbol.qualname, chunk.symbol.ordinal
