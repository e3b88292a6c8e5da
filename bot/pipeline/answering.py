"""A window of docstring targets on its way to an outcome each: asked about, composed and proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.data import Completion, Failed, Outcome, Prompt, Skipped, Suggestion, Verified
from bot.pipeline.illustrating import Documented
from bot.ports import Scorer
from bot.prompt.build import build
from bot.tasks.docstrings import compose, lead_in, purposes, read_summary, wants_examples
from bot.tasks.examples import PURPOSE, Example
from bot.tasks.reading import Refusal
from bot.verify.docstring import verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from bot.pipeline.docstrings import Plan
    from bot.ports import Engine
    from bot.tasks.docstrings import HouseStyle, Target

__all__ = ["ANSWER", "answer"]

ANSWER = 64  # tokens; a summary line takes about 20, a description 15
_SHOWN = 128  # tokens of examples


def answer(targets: list[Target], engine: Engine, plan: Plan, cancel: Event) -> Iterator[Outcome]:
    """Ask about a window of targets and prove what comes back.

    Summaries are asked for and proven first. Where the house style has sections or examples, these follow
    for those that stood; if the longer docstring fails a check, what passed before it stays.
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
        more = purposes(one, plan.style) or wants_examples(one, plan.style)
        if isinstance(outcome, Verified) and more and not cancel.is_set():
            standing.append((one, summary, outcome))
        else:
            yield _illustrated(Documented(one, [summary], outcome), engine, plan, cancel)
    yield from _describe(standing, engine, plan, cancel)


def _describe(
    standing: Sequence[tuple[Target, Completion, Verified | None]], engine: Engine, plan: Plan, cancel: Event
) -> Iterator[Outcome]:
    """Ask for what sections and examples need, and prefer the full docstring where it is proven."""
    asked = []
    for one, summary, _ in standing:
        shown = [PURPOSE] if wants_examples(one, plan.style) else []
        for purpose in (*purposes(one, plan.style), *shown):
            lead = _lead(one, purpose, summary, plan.style)
            asked.append((one, _prompt(one, purpose, lead, engine, plan)))
    answers: dict[int, list[Completion]] = {id(one): [summary] for one, summary, _ in standing}
    for one, answer in _complete(asked, engine, cancel):
        if isinstance(answer, Completion):
            answers[id(one)].append(answer)
    # a docstring that gets no sections is proven already
    told = [row for row in standing if purposes(row[0], plan.style)]
    proven = _prove([(one, _said(answers[id(one)])) for one, _, _ in told], engine, plan)
    longer = {id(one): outcome for (one, _, _), outcome in zip(told, proven, strict=True)}
    for one, _, shorter in standing:
        found = longer.get(id(one), shorter)
        outcome = found if shorter is None or isinstance(found, Verified) else shorter
        if outcome is not None:
            yield _illustrated(Documented(one, answers[id(one)], outcome), engine, plan, cancel)


def _said(answers: Sequence[Completion]) -> list[Completion]:
    return [each for each in answers if each.prompt.purpose != PURPOSE]


def _illustrated(one: Documented, engine: Engine, plan: Plan, cancel: Event) -> Outcome:
    """Return an outcome with the examples that answers hold and that pass."""

    def prove(target: Target, answers: Sequence[Completion], examples: tuple[Example, ...]) -> Outcome:
        return _prove([(target, list(answers))], engine, plan, examples)[0]

    return plan.examples.of(one, prove, stopped=cancel.is_set())


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
        max_tokens=_SHOWN if purpose == PURPOSE else ANSWER,
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


def _prove(
    answered: Sequence[tuple[Target, list[Completion]]],
    engine: Engine,
    plan: Plan,
    examples: tuple[Example, ...] = (),
) -> list[Outcome]:
    """Compose suggestions and verify them together, with examples that ran; one outcome an item, in order."""
    composed = [compose(one, completions, plan.style, examples) for one, completions in answered]
    suggestions = [each for each in composed if isinstance(each, Suggestion)]
    scorer = engine if isinstance(engine, Scorer) and engine.info.logprobs else None
    ignore = () if plan.style.quotes == '"""' else ("D300",)  # the house has its own quotes
    proofs = iter(
        verify(
            suggestions,
            scorer=scorer,
            gate=plan.gate,
            convention=plan.style.convention,
            ignore=ignore,
            ran={each.id: examples for each in suggestions},
        )
    )
    return [next(proofs) if isinstance(each, Suggestion) else each for each in composed]
