"""Scoring answers: the product's checks in processes of their own, then a judge for what passes them."""

from __future__ import annotations

import concurrent.futures as cf
import multiprocessing
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from training.reward import flaw  # and no torch: the processes that check import this module

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from training.records import Question
    from training.reward import Judged, Reward

__all__ = ["Judging", "Likelihoods", "Scorer", "checkers", "flaws"]


class Likelihoods(NamedTuple):
    """Log-probabilities of an answer's tokens and its end."""

    given: list[float]  # the code
    alone: list[float]  # the signature alone


class Judge(Protocol):
    """Says how likely answers are: `training.judge`."""

    def __call__(
        self, asked: Sequence[Question], answers: Sequence[Sequence[str]]
    ) -> list[list[Likelihoods]]:
        """Return how likely each question's answers are."""


class Scorer(Protocol):
    """Says what answers are worth."""

    def __call__(self, asked: Sequence[Question], answers: Sequence[Sequence[str]]) -> list[list[Judged]]:
        """Judge each question's answers; "" stands for one that did not end."""


class Judging:
    """Scores answers: the product's checks first, and a judge for what passes them."""

    def __init__(self, judge: Judge, reward: Reward, pool: cf.Executor, jobs: int) -> None:
        self._judge, self._reward, self._pool, self._jobs = judge, reward, pool, jobs

    @classmethod
    @contextmanager
    def begun(cls, judge: Judge, reward: Reward, jobs: int) -> Iterator[Judging]:
        """Start `jobs` processes that check, and end them."""
        with checkers(jobs) as pool:
            yield cls(judge, reward, pool, jobs)

    def __call__(self, asked: Sequence[Question], answers: Sequence[Sequence[str]]) -> list[list[Judged]]:
        """Judge each question's answers, as `training.reward.Scorer` says."""
        flat = [
            (text, one.name, one.code, one.kind)
            for one, texts in zip(asked, answers, strict=True)
            for text in texts
        ]
        each = iter(flaws(flat, self._pool, self._jobs))
        whys = [[next(each) for _ in texts] for texts in answers]
        fine = [
            [text for text, why in zip(*both, strict=True) if not why]
            for both in zip(answers, whys, strict=True)
        ]
        found: list[list[Judged]] = []
        for several, likely in zip(whys, map(iter, self._judge(asked, fine)), strict=True):
            found.append(
                [self._reward.refused(why) if why else self._reward.passed(*next(likely)) for why in several]
            )
        return found


@contextmanager
def checkers(jobs: int) -> Iterator[cf.Executor]:
    """Start `jobs` processes that check, and end them."""
    # not forked: this process has threads, and perhaps a device
    context = multiprocessing.get_context("spawn")
    with cf.ProcessPoolExecutor(jobs, context, _leave_with_parent) as pool:
        yield pool


def flaws(answers: Sequence[tuple[str, str, str, str]], pool: cf.Executor, jobs: int) -> list[str]:
    """Return why the product would refuse each answer, "" where it would not.

    Args:
        answers: Text, name, code and kind of each, as `training.reward.flaw` takes them.
        pool: From `checkers`.
        jobs: Its processes.
    """
    size = max(1, len(answers) // (2 * jobs))
    batches = [answers[at : at + size] for at in range(0, len(answers), size)]
    return [why for found in pool.map(_flaws, batches) for why in found]


def _flaws(batch: Sequence[tuple[str, str, str, str]]) -> list[str]:
    return [flaw(*one) for one in batch]


def _leave_with_parent() -> None:
    """Let a process end when the one that started it was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
