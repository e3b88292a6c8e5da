"""What a student would show: its likeliest answer to each of some questions, judged, with its own verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.tallies import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.devices import Devices
    from training.plan import Prefer
    from training.policy import Policy
    from training.records import Question
    from training.scoring import Scorer

__all__ = ["shown"]


def shown(
    policy: Policy, scorer: Scorer, questions: Sequence[Question], settings: Prefer, devices: Devices
) -> list[Shown]:
    """Return what the student's quick copy answers; every process takes its share and returns them all."""
    mine = questions[devices.rank :: devices.world]
    found: list[Shown] = []
    for at in range(0, len(mine), settings.drawn_at_once):
        asked = mine[at : at + settings.drawn_at_once]
        prompts = policy.prompts([one.prompt for one in asked])
        drawn = policy.draw(
            prompts, count=1, most=settings.most, temperature=0.0, at_once=settings.drawn_at_once
        )
        judged = scorer(asked, [one.texts for one in drawn])
        verdicts = policy.verdicts(prompts, drawn, at_once=settings.learnt_at_once)
        found += [
            Shown(one.name, answer.texts[0], js[0], verdict)
            for one, answer, js, verdict in zip(asked, drawn, judged, verdicts, strict=True)
        ]
    return devices.gathered(found)
