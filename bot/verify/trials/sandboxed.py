"""Tests on a fix, in the sandbox: as the file is, then as the fix leaves it."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Union

from bot.chunk.encoding import encode
from bot.data import Evidence, Rejected
from bot.findings.blame import dotted
from bot.findings.locate import statement_lines
from bot.verify.fix import changed_lines
from bot.verify.sandbox import Limits
from bot.verify.together import joint
from bot.verify.trials.same import same_program
from bot.verify.trials.suite import Suite, read
from bot.verify.trials.untested import labelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Change
    from bot.verify.fix import Standing
    from bot.verify.sandbox import Sandbox
    from bot.verify.trials.choose import Reaching

__all__ = ["Trials"]

SECONDS = 120  # of processor time for one run of the tests that may reach a file
_LIMITS = Limits(seconds=2 * SECONDS, cpu_seconds=SECONDS)
_FOLDER = ".codebot"
_SCRIPT = "codebot_reach.py"


class Trials:
    """Runs the tests that may reach a file, once as it is and once with fixes."""

    def __init__(self, sandbox: Sandbox, tests: Reaching) -> None:
        self._sandbox = sandbox
        self._tests = tests
        self._known: tuple[tuple[object, ...], Suite] | None = (
            None  # of the file as it is, for more candidates
        )

    def __call__(self, fixes: Sequence[Standing]) -> Sequence[Union[Standing, Rejected]]:
        """Return each of a file's fixes with what the tests say, in the same order."""
        results: dict[int, Union[Standing, Rejected]] = {}
        asked = []
        for one in fixes:
            if same_program(one.fix.found[0].change.source, one.source):
                same = Evidence("same-program", passed=True, detail="the syntax tree is the same")
                results[id(one)] = replace(one, evidence=(*one.evidence, same))
            else:
                asked.append(one)
        results |= {id(one): result for one, result in zip(asked, self._tried(asked), strict=True)}
        return [results[id(one)] for one in fixes]

    def suite(
        self,
        change: Change,
        source: bytes,
        names: Sequence[str],
        groups: Sequence[tuple[int, int]] = (),
        only: Sequence[str] = (),
    ) -> Suite:
        """Run the tests that may reach a file over some text of it.

        Args:
            change: The file.
            source: The text, in UTF-8.
            names: What is of interest there, such as functions.
            groups: First and last lines, for each of which it is told which tests reach it.
            only: Tests to run, by the names that an earlier run gave them; empty: all.
        """
        chosen = self._chosen(change.path, (), names)
        if not chosen:
            return Suite(problem="no test reaches this")
        return self._run(change, source, chosen, [[each] for each in groups], only)

    def _tried(self, fixes: Sequence[Standing]) -> Sequence[Union[Standing, Rejected]]:
        if not fixes:
            return []
        change = fixes[0].fix.found[0].change
        names = [one.symbol.name for each in fixes for one in each.fix.found]
        chosen = self._chosen(change.path, fixes, names)
        if not chosen:
            return [labelled(one, "no test reaches this") for one in fixes]
        if any(one.finding.test for each in fixes for one in each.fix.found):
            before = self._before(change, chosen, [])
            runs = (self._run(change, one.source, chosen, []) for one in fixes)
            return [_wanted(one, before, after) for one, after in zip(fixes, runs, strict=True)]
        return self._compared(fixes, chosen)

    def _compared(
        self, fixes: Sequence[Standing], chosen: Sequence[str]
    ) -> Sequence[Union[Standing, Rejected]]:
        """Run the tests with all fixes; without them only where some fail."""
        change = fixes[0].fix.found[0].change
        old, new = lines_of(fixes)
        after = self._run(change, joint(fixes), chosen, new)
        if after.passed and not after.failed and not after.problem:
            return [_proven(one, number, Suite(), after) for number, one in enumerate(fixes)]
        before = self._before(change, chosen, old)  # what fails may have failed before
        if not before.passed:
            why = before.problem or "none passes as it is"
            return [labelled(one, f"its tests do not run here: {why}") for one in fixes]
        if before.passed <= after.passed:
            return [_proven(one, number, before, after) for number, one in enumerate(fixes)]
        return self._singly(fixes, chosen, before, after)

    def _before(
        self, change: Change, chosen: Sequence[str], groups: Sequence[Sequence[tuple[int, int]]]
    ) -> Suite:
        """Return what the tests say of a file as it is; the last answer is kept."""
        name = (change.path, change.source, *chosen, repr(groups))
        if self._known is None or self._known[0] != name:
            self._known = name, self._run(change, change.source, chosen, groups)
        return self._known[1]

    def _singly(
        self, fixes: Sequence[Standing], chosen: Sequence[str], before: Suite, after: Suite
    ) -> Sequence[Union[Standing, Rejected]]:
        """Find out which of some fixes are to blame for tests that fail with all of them."""
        if len(fixes) == 1:
            return [self._broken(fixes[0], chosen, before, after)]
        results: list[Union[Standing, Rejected]] = []
        change = fixes[0].fix.found[0].change
        for number, one in enumerate(fixes):
            lines = lines_of([one])[1]
            groups = [lines[0] if each == number else [] for each in range(len(fixes))]
            after = self._run(change, one.source, chosen, groups)
            fine = before.passed <= after.passed
            results.append(
                _proven(one, number, before, after) if fine else self._broken(one, chosen, before, after)
            )
        return results

    def _chosen(self, path: str, fixes: Sequence[Standing], names: Sequence[str]) -> tuple[str, ...]:
        own = [one.finding.test_file for each in fixes for one in each.fix.found if one.finding.test_file]
        return tuple(dict.fromkeys([*own, *self._tests.reaching(path, names)]))

    def _broken(
        self, one: Standing, chosen: Sequence[str], before: Suite, after: Suite
    ) -> Union[Standing, Rejected]:
        """Reject a fix, unless its tests fail without it too when they are run once more."""
        change, suggestion = one.fix.found[0].change, one.fix.suggestion
        broken = sorted(before.passed - after.passed)
        again = self._run(change, change.source, chosen, [], only=broken)
        steady = [test for test in broken if test in again.passed]
        if not steady:
            return labelled(one, "the tests that reach this pass only sometimes")
        error = _told(after.failed.get(steady[0], after.problem))
        more = f" and {len(steady) - 1} more" if len(steady) > 1 else ""
        detail = f"{steady[0]}: {error or 'no longer runs'}{more}"
        evidence = (*one.evidence, Evidence("tests", passed=False, detail=detail))
        return Rejected(
            suggestion.subject, "test-fails", detail, suggestion.completions, suggestion, evidence
        )

    def _run(
        self,
        change: Change,
        source: bytes,
        tests: Sequence[str],
        groups: Sequence[Sequence[tuple[int, int]]],
        only: Sequence[str] = (),
    ) -> Suite:
        request = {
            "path": change.path,
            "groups": groups,
            "files": list(tests),
            "only": list(only),
            "doctests": change.path in tests,
        }
        script = files("bot.verify.trials") / "inside" / _SCRIPT
        done = self._sandbox.run(
            ["python", f"{_FOLDER}/{_SCRIPT}"],
            files={
                change.path: encode(source, change.encoding),
                f"{_FOLDER}/{_SCRIPT}": script.read_bytes(),
                f"{_FOLDER}/request.json": json.dumps(request).encode(),
            },
            limits=_LIMITS,
            outputs=[f"{_FOLDER}/report.json"],
        )
        told = done.files.get(f"{_FOLDER}/report.json")
        if told is None:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            return Suite(problem=done.detail or (said[-1] if said else f"exit status {done.code}"))
        return read(told)


def lines_of(fixes: Sequence[Standing]) -> tuple[list[list[tuple[int, int]]], list[list[tuple[int, int]]]]:
    """Return the lines of the statements that each fix changes: as they are, and as they become.

    Args:
        fixes: Of one file, in order of their lines.
    """
    source, edited = fixes[0].fix.found[0].change.source, joint(fixes)
    old: list[list[tuple[int, int]]] = []
    new: list[list[tuple[int, int]]] = []
    shift = 0
    for each in fixes:
        one = each.fix.suggestion
        start, end = changed_lines(one)
        old.append([statement_lines(source, start, end)])
        more = one.replacement.count("\n") + (not one.replacement.endswith("\n") and bool(one.replacement))
        more -= one.end_line - one.start_line + 1
        first, last = start + shift, end + shift + more
        if last < first:  # lines are gone: what is in front of them tells whether a test comes by
            first = last = _filled(edited, first - 1)
        new.append([statement_lines(edited, first, last)] if first else [])
        shift += more
    return old, new


def _filled(source: bytes, line: int) -> int:
    """Return the last line with something on it, up to `line`; 0 where there is none."""
    lines = source.split(b"\n")
    while line > 0 and not lines[line - 1].strip():
        line -= 1
    return line


def _wanted(one: Standing, before: Suite, after: Suite) -> Union[Standing, Rejected]:
    """Return a fix of a failing test if the test failed, passes now, and no other fails that did not."""
    suggestion = one.fix.suggestion
    names = {each.finding.test for each in one.fix.found if each.finding.test}
    failed, passed = ({dotted(test) for test in tests} for tests in (before.failed, after.passed))
    if not names <= failed:
        passes = names <= {dotted(test) for test in before.passed}
        why = "test-passes" if passes else "test-not-run"
        return Rejected(
            suggestion.subject, why, before.problem, suggestion.completions, suggestion, one.evidence
        )
    broken = sorted([*(names - passed), *(dotted(test) for test in before.passed - after.passed)])
    if broken:
        said = {dotted(test): error for test, error in after.failed.items()}
        detail = f"{broken[0]}: {_told(said.get(broken[0], after.problem)) or 'no longer runs'}"
        evidence = (*one.evidence, Evidence("tests", passed=False, detail=detail))
        return Rejected(
            suggestion.subject, "test-fails", detail, suggestion.completions, suggestion, evidence
        )
    others = len(after.passed) - len(names)
    detail = f"{', '.join(sorted(names))} passes now, and {others} other{'s' * (others != 1)} as before"
    return replace(one, evidence=(*one.evidence, Evidence("tests", passed=True, detail=detail)))


def _proven(one: Standing, number: int, before: Suite, after: Suite) -> Standing:
    reached = (
        before.reached.get(number, frozenset()) | after.reached.get(number, frozenset())
    ) & after.passed
    count = len(after.passed)
    pass_ = f"{count} test{'s' * (count != 1)} pass{'es' * (count == 1)}"
    if reached:
        detail = f"{pass_}, {len(reached)} of them through this" if count > 1 else f"{pass_}, through this"
    elif number in before.imported | after.imported:
        detail = f"{pass_}, and importing runs this"
    else:
        return labelled(one, "no test reaches this")
    return replace(one, evidence=(*one.evidence, Evidence("tests", passed=True, detail=detail)))


def _told(error: str) -> str:
    """Return the line of a failure that says most: pytest marks it with an E, a traceback has it last."""
    lines = [line for line in error.splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E  ")]
    return (marked or [lines[-1].strip() if lines else ""])[0]
