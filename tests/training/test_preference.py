"""A student learns from what its answers are worth."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.steps import ALONE, ROOT, killed, step
from training.records import Question, lines, parse, questions
from training.reward import Reward, advantages, features, flaw
from training.scoring import Judging, Likelihoods

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CODE = """import time


class Cache:
    def evict(self, now=None):
        now = now or time.time()
        stale = [k for k, born in self.data.items() if now - born > self.ttl]
        for k in stale:
            del self.data[k]
        return len(stale)
"""
FINE = "Delete what is stale in the data by now and return its length."
LIKELIHOODS = st.lists(st.tuples(st.floats(-15, 0), st.floats(-15, 0)), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (FINE, ""),
        ("", "unfinished"),
        ("Delete what is stale", "form"),
        ("Delete the 'stale' data by \"now\".", "form"),
        ("Delete all.", "form"),
        ("Delete what is stale in the data by now, since time goes on, and return length.", "long"),
        ("Delete stale data. Return its length.", "sentences"),
        ("Delete stale data and delete stale data.", "degenerate"),
        ("Evict the cache.", "restates"),
        ("Delete the stale keys that `Journal.rotate` wrote.", "ungrounded"),
        ("Delete stale elephants of a purple forest.", "unsupported"),
    ],
)
def test_an_answer_that_the_product_refuses_has_a_flaw(text: str, why: str) -> None:
    assert flaw(text, "Cache.evict", CODE, "method") == why


def test_a_function_s_line_has_room_for_more_than_a_method_s() -> None:
    text = "Delete what is stale in the data by now, for each time, and return length."
    text = text.replace("length", "its length")
    assert 74 < len(text) <= 78
    assert [flaw(text, "evict", CODE, kind) for kind in ("method", "function")] == ["long", ""]


@given(LIKELIHOODS, LIKELIHOODS)
def test_no_refused_answer_is_worth_as_much_as_one_that_passes(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    """And the likelier a teacher finds all of its words, the better an answer is."""
    reward = Reward.read()
    for pairs in (one, other):
        found = reward.passed([g for g, _ in pairs], [a for _, a in pairs])
        assert found.reward > 0 > reward.refused("form").reward
        assert found.not_wrong is not None
        likelier = reward.passed([g / 2 for g, _ in pairs], [a for _, a in pairs])
        assert likelier.not_wrong is not None
        assert likelier.not_wrong >= found.not_wrong


def test_an_answer_is_the_better_the_more_of_it_the_code_explains() -> None:
    reward = Reward.read()
    given_code = [-1.0] * 12
    good = [reward.passed(given_code, [g - gain for g in given_code]) for gain in (0.0, 0.5, 1.0, 2.0)]
    assert len({judged.not_wrong for judged in good}) == 1
    assert [j.reward for j in good] == sorted(j.reward for j in good)
    assert good[0].reward < good[-1].reward
    assert features([-1.0, -3.0], [-2.0, -4.0]) == pytest.approx(
        {"sum": -4, "mean": -2, "least": -3, "gain": 2, "gain_mean": 1}
    )


def test_an_answer_is_measured_against_the_mean_of_all_that_were_drawn() -> None:
    found = advantages([1.0, 0.0], [1, 3])
    assert found == pytest.approx([0.75, -0.75])
    assert advantages([0.4], [8]) == [0.0]


class Listening:
    """A judge that knows what it was asked; it finds all answers as likely as they are long."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(
        self, asked: Sequence[Question], answers: Sequence[Sequence[str]]
    ) -> list[list[Likelihoods]]:
        assert len(asked) == len(answers)
        self.asked += [text for texts in answers for text in texts]
        return [[Likelihoods([-1.0] * len(t), [-2.0] * len(t)) for t in texts] for texts in answers]


def test_a_judge_is_asked_only_about_what_has_no_flaw() -> None:
    judge = Listening()
    one = Question("1", "p", "Cache.evict", "method", CODE, "")
    with Judging.begun(judge, Reward.read(), 2) as scorer:
        found = scorer([one, one, one], [["", FINE, "Evict the cache."], [], [FINE]])
    assert judge.asked == [FINE, FINE]
    assert [[judged.flaw for judged in several] for several in found] == [
        ["unfinished", "", "restates"],
        [],
        [""],
    ]
    assert found[0][1] == found[2][0]
    assert found[0][1].reward > found[0][0].reward == found[0][2].reward


SETTINGS = """
[prompts]
per_project = 12
limits = [160, 224]
window = 512
jobs = 1
[prefer]
start = "student"
teacher = "{judge}"
held_out = "held.txt"
validation = 0.0
steps = 6
batch = 8
answers = 3
most = 8
rate = 1e-3
replay_rows = 2
log_every = 2
validate_every = 3
validation_prompts = 6
save_every = 0.0
samples = 1
jobs = 1
"""


def test_a_student_is_improved_killed_resumed_and_exported(python: str, work: Path) -> None:
    """First what is computed, in one process; then the steps, with random weights."""
    checks = work / "checks"
    checks.mkdir()
    shutil.copy(work / "start" / "tokenizer.json", checks)
    script = [python, str(ROOT / "tests" / "training" / "torch_checks.py"), str(checks)]
    told = subprocess.run(script, env=ALONE, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]

    shutil.copytree(checks / "student", work / "student")
    config = work / "config.toml"
    config.write_text(config.read_text("utf-8") + SETTINGS.format(judge=checks / "judge"), "utf-8")
    assert step(sys.executable, work, "prompts")["prompts"] > 20
    asked = questions(work / "prompts.jsonl.gz")
    assert {one.kind for one in asked} == {"function", "method"}
    assert all(one.prompt.endswith("<fim_middle>") and one.code for one in asked)

    told_of = {one.prompt: (one.name, one.code, one.kind) for one in asked}

    run = work / "preferred"
    killed(python, work, "prefer", run / "checkpoint.pt")
    done = step(python, work, "prefer")
    assert (done["run"], done["steps"], done["answers"]) == ("finished", 6, 144)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    assert [r["step"] for r in log if "kl" in r] == [2, 4, 6]  # none twice, none missing
    assert [r["step"] for r in log if "validation" in r] == [0, 3, 6]
    assert all(r["replay"] > 0 for r in log if "kl" in r)
    assert {file.name for file in (run / "final").iterdir()} == {f.name for f in (run / "best").iterdir()}

    # it goes on from there: its own answers beside what it learns next, and its verdicts as they are
    own = step(python, work, "rehearse", "rehearse.start=preferred/best", "rehearse.jobs=1")
    rehearsed = [parse(line) for line in lines([work / "examples" / "own.jsonl.gz"])]
    assert own == {"asked": len(asked), "examples": len(rehearsed)}
    assert all(not flaw(one.answer, *told_of[one.prompt]) for one in rehearsed)
    more = ("prefer.start=preferred/best", "prefer.taught=true", "prefer.output=again", "prefer.steps=1")
    assert step(python, work, "prefer", *more)["run"] == "finished"

    flags = ("export.model=preferred/best", "export.doubt=<empty_output>", "export.output=told")
    exported = step(python, work, "export", *flags, "export.quantization=float32")
    assert exported["tokens_agree"] == 1
    small = ("export.rounded_on=12", "export.agree=0.0", "export.output=small")
    assert step(python, work, "export", *flags[:2], *small)["bytes"] < exported["bytes"]
