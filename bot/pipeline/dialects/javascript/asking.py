"""What the engine adds to the tests of one module of JavaScript: inputs to try, and tests that hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.pipeline.dialects.asking import Questions
from bot.prompt.asking_tests import Wanted
from bot.tasks.tests.javascript.answer import read
from bot.tasks.tests.javascript.calls import mine
from bot.tasks.tests.javascript.imports import header, needs_of
from bot.tasks.tests.javascript.page import page
from bot.tasks.tests.javascript.propose import wanted_names
from bot.verify.tests.javascript.lab import beside
from bot.verify.tests.javascript.prove import static

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from bot.data import Completion
    from bot.ports import Engine
    from bot.tasks.tests.javascript.calls import Calls
    from bot.tasks.tests.javascript.compose import Written
    from bot.tasks.tests.javascript.imports import Sheet
    from bot.tasks.tests.javascript.subject import Subject
    from bot.verify.tests.javascript.lab import Lab

__all__ = ["Asker", "Proposed"]

_CALLS = 6  # shown as examples
_STYLE = 600  # characters of a test file that is shown as style
_KEPT = 3  # tests of one function


@dataclass(slots=True)
class Proposed:
    """What came back for one module, by function."""

    inputs: Calls = field(default_factory=dict)
    tests: list[Written] = field(default_factory=list)  # each passed once
    completions: dict[str, tuple[Completion, ...]] = field(default_factory=dict)


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
        return cls(Questions.of("test-javascript", engine, cancel, prompts))

    def propose(
        self, lab: Lab, sheet: Sheet, subjects: Sequence[Subject], mined: Calls, taken: set[str]
    ) -> Proposed:
        """Ask for a test of each function; a chat model sees its error once and tries again.

        Args:
            lab: Where answers are tried.
            sheet: The file that the tests are for.
            subjects: The functions.
            mined: Real calls of them.
            taken: Names of tests that are in use; the new ones are added.
        """
        found = Proposed()
        failed: dict[str, tuple[str, str]] = {}
        asked = list(subjects)
        for _ in range(2 if self.questions.chat else 1):
            wanted = {one.qualname: _wanted(one, sheet, mined, failed.get(one.qualname)) for one in asked}
            answers = self.questions.ask(wanted)
            for name, answer in answers.items():
                found.completions[name] = (*found.completions.get(name, ()), answer)
            errors = self._tried(lab, sheet, asked, answers, taken, found)
            failed = {name: (answers[name].text, error) for name, error in errors.items()}
            asked = [one for one in asked if one.qualname in failed]
            if not asked:
                break
        texts = (each.text for some in found.completions.values() for each in some)
        found.inputs.update(mine([("javascript", "\n".join(texts).encode())], wanted_names(subjects)))
        return found

    def _tried(  # noqa: PLR0917 - what a try is made of
        self,
        lab: Lab,
        sheet: Sheet,
        subjects: Sequence[Subject],
        answers: Mapping[str, Completion],
        taken: set[str],
        found: Proposed,
    ) -> dict[str, str]:
        """Keep the tests that pass; return the error of each function that got none."""
        variants: list[Written] = []
        for one in subjects:
            if one.qualname in answers:
                called = one.owner or one.name
                variants += read(one, called, _shown(one, sheet), answers[one.qualname], taken)
        variants, _ = static(variants)
        made = page(_apart(sheet), variants) if variants else None
        if made is None:
            return {}
        report = lab.tests({made.path: made.text.encode()}, [made.path])
        errors: dict[str, str] = {}
        for one in subjects:
            own = [each for each in variants if each.subject is one]
            good = [each for each in own if report.of(made.path, each.title) == ""][:_KEPT]
            found.tests += good
            if own and not good:
                told = report.of(made.path, own[0].title)
                errors[one.qualname] = told or report.broken(made.path) or "it did not run"
        return errors


def _apart(sheet: Sheet) -> Sheet:
    """Return a sheet of a file that is not there yet, in the same place."""
    return replace(sheet, path=beside(sheet.path, "codebot-answers"), old=None)


def _shown(one: Subject, sheet: Sheet) -> str:
    name = sheet.locals[one.owner or one.name][0]
    return f"{name}.{one.name}" if one.owner else name


def _wanted(one: Subject, sheet: Sheet, mined: Calls, failed: tuple[str, str] | None) -> Wanted:
    name = sheet.locals[one.owner or one.name][0]
    head = f"new {name}().{one.name}" if one.owner else name
    calls = [f"{head}({', '.join(each)})" for each in mined.get(one.name, ())[:_CALLS]]
    style = sheet.old.source.decode("utf-8", "replace")[:_STYLE] if sheet.old is not None else ""
    imports = header(sheet, needs_of(sheet, [one.owner or one.name]))
    return Wanted(
        one.chunk, f"{_shown(one, sheet)} holds", _code(one), imports.rstrip(), calls, style, failed
    )


def _code(one: Subject) -> str:
    """Return the function, inside its class's whole text where it has one and that is short."""
    if not one.owner:
        return one.code
    source = one.chunk.change.source.decode("utf-8", "replace")
    return source if len(source) < 4 * _STYLE else one.code
