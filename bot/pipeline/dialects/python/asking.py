"""What the engine adds to the tests of one module: inputs to try, and whole tests that hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.pipeline.dialects.asking import Questions
from bot.tasks.tests.answer import one_assertion_each, read
from bot.tasks.tests.calls import mine
from bot.tasks.tests.page import page
from bot.tasks.tests.wanted import name_of, style, wanted
from bot.verify.tests.prove import by_test, last_line, static

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from bot.data import Change, Completion
    from bot.ports import Engine
    from bot.tasks.tests.calls import Calls
    from bot.tasks.tests.compose import Written
    from bot.tasks.tests.subject import Module, Subject
    from bot.verify.tests.lab import Lab, Report

__all__ = ["Asker", "Proposed"]

_KEPT = 3  # tests of one function


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came back for one module, by function."""

    inputs: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    tests: Sequence[Written] = ()  # each passes once and is failed by a mutant that no earlier one notices
    completions: Mapping[str, tuple[Completion, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks one engine for tests, and tries them."""

    questions: Questions

    @classmethod
    def of(cls, engine: Engine, cancel: Event, prompts: Path | None = None) -> Asker:
        """Return one that asks in the words of the folder `prompts`, where that has some.

        Raises:
            UsageError: A file in it is not a wording.
        """
        return cls(Questions.of("test", engine, cancel, prompts))

    def propose(
        self, lab: Lab, module: Module, subjects: Sequence[Subject], mined: Calls, tests: Mapping[str, Change]
    ) -> Proposed:
        """Ask for a test of each function; a chat model sees its error once and tries again.

        Args:
            lab: Where answers are tried.
            module: Whose functions they are.
            subjects: The functions.
            mined: Real calls of them.
            tests: The repository's test files, the nearest first.
        """
        shown = next((text for each in tests.values() if (text := style(each))), "")
        answers = self.questions.ask({one.qualname: wanted(one, mined, shown) for one in subjects})
        completions: dict[str, tuple[Completion, ...]] = {name: (answer,) for name, answer in answers.items()}
        inputs = _inputs(module, answers.values())
        kept, failed = self._tried(lab, module, subjects, answers)
        if self.questions.chat and failed:
            again = {
                name: wanted(one, mined, shown, failed=(answers[name].text, failed[name]))
                for one in subjects
                if (name := one.qualname) in failed
            }
            second = self.questions.ask(again)
            completions |= {name: (*completions[name], answer) for name, answer in second.items()}
            more, _ = self._tried(lab, module, [one for one in subjects if one.qualname in second], second)
            kept += more
        return Proposed(inputs, kept, completions)

    def _tried(
        self, lab: Lab, module: Module, subjects: Sequence[Subject], answers: Mapping[str, Completion]
    ) -> tuple[list[Written], dict[str, str]]:
        """Return the tests that hold, and the error of each function that got none, by name."""
        variants: list[Written] = []
        for one in subjects:
            test = read(one, answers[one.qualname], name_of(one)) if one.qualname in answers else None
            variants += static(list(one_assertion_each(test)))[0] if test is not None else []
        if not variants:
            return [], {}
        path = f"test_codebot_{module.name.rpartition('.')[2]}.py"
        made = page(path, None, variants, "pytest", "", lambda text: text)
        assert made is not None  # noqa: S101 - a new file takes everything
        report = lab.tests("pytest", {path: made.text.encode()}, path, subjects=list(subjects))
        kept: list[Written] = []
        failed: dict[str, str] = {}
        for one in subjects:
            own = [each for each in variants if each.subject is one]
            good = _holding(report, own)
            kept += good
            errors = [error for each in own for _, error in by_test(report, each.name) if error]
            if not good and errors:
                failed[one.qualname] = last_line(errors[0])
        return kept, failed


def _holding(report: Report, tests: Sequence[Written]) -> list[Written]:
    """Return the passing tests that notice a mutant which no earlier one does."""
    kept: list[Written] = []
    noticed: set[int] = set()
    for one in tests:
        ran = by_test(report, one.name)
        if not ran or any(error for _, error in ran):
            continue
        names = {nodeid for nodeid, _ in ran}
        kills = {n for n, m in enumerate(report.mutants) if m.killed and names & set(m.killed)}
        if kills - noticed and len(kept) < _KEPT:
            kept.append(one)
            noticed |= kills
    return kept


def _inputs(module: Module, answers: object) -> dict[str, list[tuple[str, ...]]]:
    """Return the arguments that answers call the module's functions with, whether their tests hold or not."""
    texts = []
    for each in answers:  # type: ignore[attr-defined]  # any collection of completions
        lines = [line for line in each.text.splitlines() if "(" in line]
        texts += [f">>> {line.strip().removeprefix('assert ')}" for line in lines]
    return mine(["\n".join(texts).encode()], module)
