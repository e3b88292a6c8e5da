"""The docstring flow: Change -> Chunk -> Target -> Prompt -> Completion -> Suggestion -> outcome.

Files stream through in windows, so memory does not grow with the tree. What a stage cannot take further
leaves as an outcome, and every chunk leaves exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Union

from bot.chunk.split import split
from bot.data import (
    Change,
    Chunk,
    Completion,
    Failed,
    Outcome,
    Prompt,
    Rejected,
    Skipped,
    Snippet,
    Suggestion,
    Task,
    Verified,
)
from bot.observe import NullObserver, Observer
from bot.pipeline.flow import Work, run
from bot.ports import Engine, Scorer
from bot.prompt.build import build
from bot.tasks.docstrings import (
    DocOptions,
    HouseStyle,
    Target,
    compose,
    lead_in,
    purposes,
    read_summary,
    target,
)
from bot.tasks.reading import Refusal
from bot.verify.docstring import verify
from bot.verify.repeats import Seen, without_repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.prompt.template import Wording
    from bot.verify.confidence import Gate

__all__ = ["Docstrings", "Plan", "annotate"]

ANSWER = 64  # tokens; a summary line takes about 20, a description 15


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
            outcomes += without_repeats(list(_answer(targets, engine, plan, work.cancel)), seen)
            observer.advance(
                len(outcomes),
                suggestions=sum(isinstance(outcome, Verified) for outcome in outcomes),
                tokens=sum(c.completion_tokens for o in outcomes for c in _completions(o) if not c.cached),
            )
            yield from outcomes


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


def _answer(targets: list[Target], engine: Engine, plan: Plan, cancel: Event) -> Iterator[Outcome]:
    """Ask about a window of targets and prove what comes back.

    Summaries are asked for and proven first. Where the house style has sections, descriptions follow for
    those that stood; if the longer docstring fails a check, the summary that passed stays.
    """
    if cancel.is_set():
        yield from (Skipped(t.chunk.change.path, "interrupted", "", t.chunk) for t in targets)
        return
    answered: list[tuple[Target, Completion]] = []
    first = [(t, _prompt(t, "summary", "", engine, plan)) for t in targets]
    for one, answer in _complete(first, engine, cancel):
        if isinstance(answer, Completion):
            answered.append((one, answer))
        else:
            yield answer
    # A docstring that is mended needs its missing entries at once: there is no shorter form to prove first.
    mends = [(one, summary, None) for one, summary in answered if one.wrong and one.wrong.missing]
    fresh = [(one, summary) for one, summary in answered if not (one.wrong and one.wrong.missing)]
    standing: list[tuple[Target, Completion, Verified | None]] = list(mends)
    for (one, summary), outcome in zip(
        fresh, _prove([(t, [s]) for t, s in fresh], engine, plan), strict=True
    ):
        if isinstance(outcome, Verified) and purposes(one, plan.style) and not cancel.is_set():
            standing.append((one, summary, outcome))
        else:
            yield outcome
    yield from _describe(standing, engine, plan, cancel)


def _describe(
    standing: Sequence[tuple[Target, Completion, Verified | None]], engine: Engine, plan: Plan, cancel: Event
) -> Iterator[Outcome]:
    """Ask for the descriptions that sections need, and prefer the full docstring where it is proven."""
    asked = []
    for one, summary, _ in standing:
        for purpose in purposes(one, plan.style):
            lead = _lead(one, purpose, summary, plan.style)
            asked.append((one, _prompt(one, purpose, lead, engine, plan)))
    answers: dict[int, list[Completion]] = {id(one): [summary] for one, summary, _ in standing}
    for one, answer in _complete(asked, engine, cancel):
        if isinstance(answer, Completion):
            answers[id(one)].append(answer)
    longer = _prove([(one, answers[id(one)]) for one, _, _ in standing], engine, plan)
    for (_, _, shorter), outcome in zip(standing, longer, strict=True):
        yield outcome if shorter is None or isinstance(outcome, Verified) else shorter


def _lead(one: Target, purpose: str, summary: Completion, style: HouseStyle) -> str:
    """Return the docstring so far, laid out as in the file, for an answer that goes on from there."""
    text = read_summary(one, summary, style)
    lines = lead_in(one, style, purpose, "" if isinstance(text, Refusal) else text).split("\n")
    indent = one.symbol.body_indent if one.form.placement == "inside" else one.symbol.indent
    return "\n".join([lines[0], *(indent + line if line else "" for line in lines[1:])])


def _prompt(one: Target, purpose: str, lead: str, engine: Engine, plan: Plan) -> Prompt | Skipped:
    snippets = plan.link(one.chunk)
    return build(
        one.chunk,
        "docstring",
        purpose,
        [s for s in snippets if s.kind != "sibling"],
        engine.info,
        engine.tokenizer,
        wording=plan.wording,
        max_tokens=ANSWER,
        answer_prefix=lead,
        examples=[s for s in snippets if s.kind == "sibling"],
        repository=plan.repository,
    )


def _complete(
    asked: Sequence[tuple[Target, Prompt | Skipped]], engine: Engine, cancel: Event
) -> Iterator[tuple[Target, Completion | Skipped | Failed]]:
    """Send prompts and yield every answer beside its target; a prompt the engine lost is a failure."""
    waiting: dict[Prompt, list[Target]] = {}
    for one, prompt in asked:
        if isinstance(prompt, Skipped):
            yield one, prompt
        else:
            waiting.setdefault(prompt, []).append(one)
    for answer in engine.complete(list(waiting), cancel):
        for one in waiting.pop(answer.prompt, []) if answer.prompt else []:
            if isinstance(answer, Failed) and answer.reason == "cancelled":
                yield one, Skipped(one.chunk.change.path, "interrupted", "", one.chunk)
            else:
                yield one, answer
    for prompt, lost in waiting.items():
        yield from ((one, Failed(one.chunk, "engine", "no answer to this prompt", prompt)) for one in lost)


def _prove(answered: Sequence[tuple[Target, list[Completion]]], engine: Engine, plan: Plan) -> list[Outcome]:
    """Compose suggestions and verify them together; one outcome an item, in order."""
    composed = [compose(one, completions, plan.style) for one, completions in answered]
    suggestions = [each for each in composed if isinstance(each, Suggestion)]
    scorer = engine if isinstance(engine, Scorer) and engine.info.logprobs else None
    ignore = () if plan.style.quotes == '"""' else ("D300",)  # the house has its own quotes
    proofs = iter(
        verify(suggestions, scorer=scorer, gate=plan.gate, convention=plan.style.convention, ignore=ignore)
    )
    return [next(proofs) if isinstance(each, Suggestion) else each for each in composed]


def _completions(outcome: Outcome) -> tuple[Completion, ...]:
    if isinstance(outcome, Verified):
        return outcome.suggestion.completions
    return outcome.completions if isinstance(outcome, Rejected) else ()
