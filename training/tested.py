"""Tests that people wrote, as what the embedded model should answer when it is asked for one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.tasks.tests.subject import test_path
from training.answerable import fit
from training.asked_tests import Pages
from training.plain_tests import Untaken, plain
from training.project import Project
from training.records import Example, fraction
from training.unittest_way import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.engines.tokenizer import FileTokenizer
    from bot.ports import EngineInfo
    from training.plain_tests import Test

__all__ = ["Made", "from_tests"]

_EACH = 4  # tests of one function


@dataclass(slots=True)
class Made:
    """What came of a project's tests."""

    examples: list[Example] = field(default_factory=list)
    fate: Counter[str] = field(default_factory=Counter)  # of all "tests": "taken", or why not


def from_tests(
    name: str,
    files: Iterable[tuple[str, str]],
    engine: tuple[EngineInfo, FileTokenizer],
    *,
    most: int,
    untested: float,
) -> Made:
    """Return examples of one project's tests, the same ones each time.

    Args:
        name: The project's.
        files: (path, text) of its Python files, which parse.
        engine: That is asked, and its tokenizer.
        most: Examples.
        untested: Share of them whose function is shown as one that no test calls.
    """
    made = Made()
    project = Project(files)
    found = list(_found(project, made.fate))
    if not found:
        return made
    random.Random(name).shuffle(found)  # noqa: S311 - no secret
    pages = Pages(project, *engine)
    answers: set[str] = set()
    functions: Counter[tuple[str, str]] = Counter()
    for test in found:
        if len(made.examples) >= most:
            made.fate["more than are wanted"] += 1
            continue
        try:
            one = fit(test, project)
            function = one.one.module.name, one.one.qualname
            if functions[function] >= _EACH:
                made.fate["more than are wanted of its function"] += 1
                continue
            alone = fraction("untested", f"{name}{test.path}{test.name}") < untested
            prompt, answer = pages.example(one, alone=alone)
        except Unfit as why:
            made.fate[str(why)] += 1
            continue
        if answer in answers:
            made.fate["seen before"] += 1
        else:
            functions[function] += 1
            answers.add(answer)
            made.fate["taken"] += 1
            made.examples.append(Example(prompt, answer, "test", name))
    return made


def _found(project: Project, fate: Counter[str]) -> Iterator[Test]:
    for path, text in project.texts.items():
        if not test_path(path) or "def test" not in text:
            continue
        for each in plain(path, project):
            fate["tests"] += 1
            if isinstance(each, Untaken):
                fate[each.reason] += 1
            else:
                yield each
