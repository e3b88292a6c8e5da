"""The docstring flow: house style, linked context, wording and gate, from a run's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.commands.learn import house_style, linker
from bot.pipeline import Docstrings, Plan
from bot.prompt.template import wording_for
from bot.tasks.docstrings import DocOptions
from bot.verify.confidence import NO_GATE, Gate, load_gate

if TYPE_CHECKING:
    from bot.commands.session import Run
    from bot.config import Settings
    from bot.ledger import Review
    from bot.ports import Engine

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
            line_length=settings.line_length,
        ),
        style=style,
        gate=_gate(engine, settings, wording.form),
        wording=wording,
        limit=settings.limit,
        link=linker(run, wording, review),
        repository=run.root.name,
    )
    return Docstrings(engine, plan)


def _gate(engine: Engine, settings: Settings, form: str) -> Gate:
    if settings.confidence == "off":
        return (
            replace(load_gate(engine.info.build, form), threshold=None) if engine.info.logprobs else NO_GATE
        )
    gate = load_gate(engine.info.build, "chat" if form == "chat" else "fim")
    return gate if settings.confidence == "calibrated" else replace(gate, threshold=settings.confidence)
