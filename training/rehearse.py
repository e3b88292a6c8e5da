"""Step `rehearse`: the student's own answers as examples, to be learnt beside others.

Who learns something new from a model's end forgets what it knew. Its own answers hold it where it is: one a
question, drawn as likely as the student finds it, and only those that the product would not refuse.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from training.devices import Devices
from training.policy import Policy
from training.records import Example, needed, questions, write
from training.scoring import checkers, flaws

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Rehearse", "rehearse"]

_AT_ONCE = 1024  # questions: what is drawn and checked between two looks at the rest


@dataclass(frozen=True, slots=True)
class Rehearse:
    """Settings of the step; paths are relative to the working folder."""

    start: str = "run/best"  # the student
    prompts: str = "prompts.jsonl.gz"
    output: str = "examples/own.jsonl.gz"
    questions: int = 24_000  # that it is asked, at most
    most: int = 40  # tokens of an answer
    temperature: float = 1.0
    drawn_at_once: int = 256  # on the device
    jobs: int = 12  # processes that check answers
    seed: int = 11


def rehearse(settings: Rehearse, work: Path) -> dict[str, Any]:
    """Write the student's answers as examples, and return how many of them passed.

    Raises:
        FileNotFoundError: A step before this one has not been done.
    """
    needed(work, {f"{settings.start}/config.json": "train", settings.prompts: "prompts"})
    asked = questions(work / settings.prompts)
    random.Random(settings.seed).shuffle(asked)  # noqa: S311 - no secret
    asked = asked[: settings.questions]
    torch.manual_seed(settings.seed)
    with Devices.joined() as devices:
        policy = Policy(work / settings.start, devices, taught=True)
        with checkers(settings.jobs) as pool:

            def passed() -> Iterator[Example]:
                for at in range(0, len(asked), _AT_ONCE):
                    here = asked[at : at + _AT_ONCE]
                    drawn = policy.draw(
                        policy.prompts([one.prompt for one in here]),
                        count=1,
                        most=settings.most,
                        temperature=settings.temperature,
                        at_once=settings.drawn_at_once,
                    )
                    texts = [each.texts[0] for each in drawn]
                    told = [(text, q.name, q.code, q.kind) for text, q in zip(texts, here, strict=True)]
                    whys = flaws(told, pool, settings.jobs)
                    for one, text, why in zip(here, texts, whys, strict=True):
                        if not why:
                            yield Example(one.prompt, text, "summary", one.project)
                    print(f"{at + len(here)} of {len(asked)}", flush=True)  # noqa: T201 - minutes

            count = write(work / settings.output, passed())
    return {"asked": len(asked), "examples": count}
