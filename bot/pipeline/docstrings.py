"""The docstring flow: Change -> Chunk -> Target -> Prompt -> Completion -> Suggestion -> outcome.

Files stream through in windows, so memory does not grow with the tree. What a stage cannot take further
leaves as an outcome, and every chunk leaves exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Union

from bot.chunk.split import split
from bot.data import (
    Change,
    Chunk,
    Completion,
    Outcome,
    Rejected,
    Skipped,
    Snippet,
    Task,
    Verified,
)
from bot.observe import NullObserver, Observer
from bot.pipeline.answering import ANSWER, answer
from bot.pipeline.flow import Work, run
from bot.pipeline.illustrating import Illustrations
from bot.tasks.docstrings import (
    DocOptions,
    HouseStyle,
    Target,
    target,
)
from bot.verify.repeats import Seen, without_repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.ports import Engine
    from bot.prompt.template import Wording
    from bot.verify.confidence import Gate

__all__ = ["Docstrings", "Plan", "annotate"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do, as values that the stages take."""

    options: DocOptions
    style: HouseStyle
    gate: Gate
    wording: Wording
    limit: int | None = None  # targets asked about, in path and line order
    link: Callable[[Chunk], Sequence[Snippet]] = lambda _chunk: ()  # linked context, the most useful first
    repository: str = ""  # its name, for prompts at repository level
    examples: Illustrations = field(default_factory=Illustrations)
    note: Callable[[str], None] = lambda _text: None  # told at the end what the reader should know


@dataclass(frozen=True, slots=True)
class Docstrings:
    """The flow of the docstring task."""

    engine: Engine
    plan: Plan

    @property
    def task(self) -> Task:
        """Whose suggestions it makes."""
        return "docstring"

    def outcomes(self, work: Work) -> Iterator[Outcome]:
        """Yield one outcome for every chunk of every file, and one for every file that is skipped whole."""
        engine, plan, observer = self.engine, self.plan, work.observer
        observer.start("asking")
        seen: Seen = {}
        items = _limited(_targets(work.files, engine, plan.options, observer), plan.limit)
        while window := list(islice(items, work.window)):
            targets = [item for item in window if isinstance(item, Target)]
            outcomes: list[Outcome] = [item for item in window if not isinstance(item, Target)]
            paths = {one.chunk.change.path for one in targets}  # files come one by one: others are done with
            seen = {key: names for key, names in seen.items() if key[0] in paths}
            outcomes += without_repeats(list(answer(targets, engine, plan, work.cancel)), seen)
            observer.advance(
                len(outcomes),
                suggestions=sum(isinstance(outcome, Verified) for outcome in outcomes),
                tokens=sum(c.completion_tokens for o in outcomes for c in _completions(o) if not c.cached),
            )
            yield from outcomes
        if told := plan.examples.told:
            plan.note(told)


def annotate(
    files: Iterable[Change | Skipped],
    engine: Engine,
    plan: Plan,
    *,
    observer: Observer | None = None,
    cancel: Event | None = None,
) -> Iterator[Outcome]:
    """Run the docstring flow alone; what an embedder of codebot calls.

    Args:
        files: What to read, one at a time, each path once.
        engine: Answers prompts; its tokenizer measures chunks and prompts.
        plan: What to ask about, and how sure an answer must be.
        observer: Told of progress.
        cancel: Once set, what has not been asked yet becomes `Skipped("interrupted")`.
    """
    return run(Docstrings(engine, plan), Work(files, observer or NullObserver(), cancel or Event()))


def _targets(
    files: Iterable[Change | Skipped], engine: Engine, options: DocOptions, observer: Observer
) -> Iterator[Union[Target, Outcome]]:
    """Read files into chunks, and chunks into targets or skips."""
    budget = engine.info.window - ANSWER
    for change in files:
        if isinstance(change, Skipped):
            yield change
            continue
        chunks = split(change, budget=budget, measure=engine.tokenizer.count)
        for chunk in chunks:
            found = target(chunk, options=options)
            spoken = engine.info.languages
            if isinstance(found, Target) and spoken is not None and chunk.language not in spoken:
                detail = f"{engine.info.model} speaks {', '.join(sorted(spoken))}"
                yield Skipped(change.path, "language", detail, chunk)
            else:
                yield found
        observer.advance(0, files=1)


def _limited(items: Iterator[Union[Target, Outcome]], limit: int | None) -> Iterator[Union[Target, Outcome]]:
    """Let the first `limit` targets through."""
    for item in items:
        if isinstance(item, Target) and limit is not None:
            limit -= 1
            if limit < 0:
                yield Skipped(item.chunk.change.path, "limit", "", item.chunk)
                continue
        yield item


def _completions(outcome: Outcome) -> tuple[Completion, ...]:
    if isinstance(outcome, Verified):
        return outcome.suggestion.completions
    return outcome.completions if isinstance(outcome, Rejected) else ()
