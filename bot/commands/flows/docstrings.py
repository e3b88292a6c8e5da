"""The docstring flow: house style, linked context, wording and gate, from a run's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.commands.learn import house_style, linker
from bot.errors import UsageError
from bot.pipeline import Docstrings, Plan
from bot.pipeline.illustrating import Illustrations
from bot.prompt.template import wording_for
from bot.tasks.docstrings import DocOptions
from bot.verify.confidence import NO_GATE, Gate, load_gate
from bot.verify.examples.given import Examples

if TYPE_CHECKING:
    from bot.commands.session import Run
    from bot.config import Settings
    from bot.ledger import Review
    from bot.ports import Engine
    from bot.prompt.template import Wording
    from bot.tasks.docstrings import HouseStyle

__all__ = ["build"]

SURVEY = 400  # files whose docstrings vote on the house style; more would not change the vote


def build(run: Run, review: Review) -> Docstrings:
    """Return the flow; see `bot.commands.flows.flow_of`."""
    settings, engine = run.settings, run.engine()
    review.engine = engine.info
    wording = wording_for("docstring", engine.info, settings.prompts)
    style = house_style(run.tree(), settings.style, SURVEY, run.cache)
    if settings.sections != "auto":
        style = replace(style, sections=settings.sections == "always")
    review.style = style.describe()
    plan = Plan(
        options=DocOptions(
            style=settings.style,  # type: ignore[arg-type] # checked by bot.config
            private=settings.private,
            tests=settings.tests,
            improve=settings.improve,
            sections=settings.sections,  # type: ignore[arg-type] # checked by bot.config
            examples=_asked(run, review, style, wording),  # type: ignore[arg-type] # likewise
            line_length=settings.line_length,
        ),
        style=style,
        gate=_gate(engine, settings, wording.form),
        wording=wording,
        limit=settings.limit,
        link=linker(run, wording, review),
        repository=run.root.name,
        examples=Illustrations(Examples(run.sandbox)),
        note=review.notes.append,
    )
    return Docstrings(engine, plan)


def _asked(run: Run, review: Review, style: HouseStyle, wording: Wording) -> str:
    """Return the setting `examples`, "never" where nothing can write or run one."""
    settings = run.settings
    wanted = settings.examples == "always" or (settings.examples == "auto" and style.examples)
    # The model in the package was trained on summaries: it writes nothing else.
    if not wanted or settings.engine == "embedded:" or not wording.asks_examples:
        if settings.examples == "always":
            review.notes.append("Examples were not asked for: this model or its wording writes none.")
        return "never"
    try:
        run.sandbox()
    except UsageError as error:
        review.notes.append(f"Examples were not asked for, since nothing could run them: {error}.")
        return "never"
    return settings.examples


def _gate(engine: Engine, settings: Settings, form: str) -> Gate:
    if settings.confidence == "off":
        return (
            replace(load_gate(engine.info.build, form), threshold=None) if engine.info.logprobs else NO_GATE
        )
    gate = load_gate(engine.info.build, "chat" if form == "chat" else "fim")
    return gate if settings.confidence == "calibrated" else replace(gate, threshold=settings.confidence)
