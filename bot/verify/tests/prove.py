"""The proof of a test file's new tests: what fails, flickers, or proves nothing is taken out again.

Each round writes the file anew with what is left, so that what is shown is exactly what was proven.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Union

from bot.data import Evidence
from bot.tasks.tests.compose import PINS
from bot.tasks.tests.page import page
from bot.verify.tests.banned import asserts, banned
from bot.verify.tests.dropped import Dropped, Unproven
from bot.verify.tests.lab import Arc, Reached
from bot.verify.tests.minimise import Part, minimised, without_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.data import Change
    from bot.tasks.tests.compose import Written
    from bot.tasks.tests.file import Page
    from bot.tasks.tests.layout import Runner
    from bot.verify.tests.lab import Coverage, Lab, Report

__all__ = ["PASSES", "Proof", "by_test", "last_line", "prove", "static"]

PASSES = 5  # runs that a test has to pass, each in a fresh process
_ROUNDS = 6
Gain = Union[int, Arc]

# One for each run after the first: hash seed, order, another day, another zone.
_RUNS: tuple[tuple[str, int, bool, str], ...] = (
    ("1", 1, False, "UTC"),
    ("4242", 2, False, "UTC"),
    ("77", 3, True, "UTC"),
    ("random", 4, False, "Pacific/Kiritimati"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """A page that was proven."""

    page: Page
    tests: tuple[Written, ...]
    evidence: tuple[Evidence, ...]
    dropped: tuple[Dropped[Written], ...]
    gained: Mapping[str, frozenset[Gain]] = field(default_factory=dict)  # by module path


def prove(
    lab: Lab,
    path: str,
    old: Change | None,
    tests: Sequence[Written],
    *,
    runner: Runner,
    coverage: Mapping[str, Coverage],
    tidy: Callable[[str], str],
    note: str = PINS,
) -> Proof | Unproven[Written]:
    """Prove tests together, as one file.

    Args:
        lab: Where they run.
        path: Of the test file.
        old: What it is now; None where there is none.
        tests: As written; a parametrized one may lose rows.
        runner: By what they run.
        coverage: What the project's own tests reach, by module path.
        tidy: Formats Python as the project does.
        note: Comment above them.
    """
    left, dropped = static(tests)
    for _ in range(_ROUNDS):
        if not left:
            break
        made = page(path, old, left, runner, note, tidy)
        if made is None:
            dropped += [Dropped(one, "no-place", f"{path} cannot take it") for one in left]
            break
        report = _run(lab, made, left, runner, subjects=True)
        bad = _failing(report, left, "fails") or _useless(report, left, coverage)
        if not bad and (fewer := minimised(left, _parts(report, left, coverage))) != left:
            left = fewer
            continue
        bad = bad or _flickering(lab, made, old, left, runner)
        if not bad:
            evidence, gained = _evidence(report, left, coverage)
            return Proof(made, tuple(left), evidence, tuple(dropped), gained)
        left = [one for one in left if one.name not in {each.test.name for each in bad}]
        for each in bad:
            dropped.append(each)
            if shorter := _without(each.test, each.detail):
                left.append(shorter)
        order = {one.name: n for n, one in enumerate(tests)}
        left.sort(key=lambda one: order.get(one.name, 0))
    else:
        dropped += [Dropped(one, "fails", "too many rounds") for one in left]
    return Unproven(tuple(dropped))


def static(tests: Sequence[Written]) -> tuple[list[Written], list[Dropped[Written]]]:
    """Take out what need not be run to be refused."""
    left: list[Written] = []
    dropped: list[Dropped[Written]] = []
    for one in tests:
        try:
            tree = ast.parse(one.text)
        except (SyntaxError, ValueError):
            dropped.append(Dropped(one, "test-does-not-parse", ""))
            continue
        if why := banned(tree):
            dropped.append(Dropped(one, "banned", why))
        elif not asserts(tree):
            dropped.append(Dropped(one, "asserts-nothing", ""))
        else:
            left.append(one)
    return left, dropped


def _run(
    lab: Lab,
    made: Page,
    tests: Sequence[Written],
    runner: Runner,
    *,
    subjects: bool = False,
    plan: tuple[str, int, bool, str] | None = None,
) -> Report:
    seed, order, shift, zone = plan or ("0", None, False, "UTC")
    return lab.tests(
        runner,
        {made.path: made.text.encode()},
        made.path,
        only=[one.name for one in tests],
        subjects=list({one.subject.qualname: one.subject for one in tests}.values()) if subjects else (),
        order=order,
        shift=shift,
        env={"PYTHONHASHSEED": seed, "TZ": zone},
    )


def _name(nodeid: str) -> str:
    """Return the function's name in pytest's or unittest's name of a test."""
    last = nodeid.rpartition("::")[2] if "::" in nodeid else nodeid.rpartition(".")[2]
    return last.partition("[")[0]


def by_test(report: Report, name: str) -> list[tuple[str, str]]:
    """Return the name and error of every row of a test."""
    return [(nodeid, tried.error) for nodeid, tried in report.results.items() if _name(nodeid) == name]


def _failing(report: Report, tests: Sequence[Written], reason: str) -> list[Dropped[Written]]:
    """Return the tests that did not pass; the detail names the failing rows, where there are rows."""
    found = []
    for one in tests:
        ran = by_test(report, one.name)
        if not ran:
            problem = next(iter(report.problems), "it was not found")
            kind = "test-import" if reason == "fails" else reason
            found.append(Dropped(one, kind, last_line(problem)))
            continue
        failing = [n for n, (_, error) in enumerate(ran) if error]
        if failing:
            error = last_line(ran[failing[0]][1])
            rows = f"rows {','.join(map(str, failing))}: " if len(ran) > 1 else ""
            found.append(Dropped(one, reason, rows + error))
    return found


def last_line(text: str) -> str:
    """Return what a failure comes down to."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (told or lines[-1:] or [""])[0][:200]


def _without(test: Written, detail: str) -> Written | None:
    """Return a parametrized test without the rows that a detail names; None where none would be left."""
    found = re.match(r"rows ([\d,]+): ", detail)
    return without_rows(test, {int(each) for each in found[1].split(",")}) if found is not None else None


def _parts(report: Report, tests: Sequence[Written], coverage: Mapping[str, Coverage]) -> Iterator[Part]:
    """Yield what each row of each test reaches and catches."""
    for one in tests:
        for row, (nodeid, _) in enumerate(by_test(report, one.name)):
            kills = frozenset(n for n, m in enumerate(report.mutants) if m.killed and nodeid in m.killed)
            yield Part(one.name, row, _gains(report, nodeid, one, coverage), kills)


def _useless(
    report: Report, tests: Sequence[Written], coverage: Mapping[str, Coverage]
) -> list[Dropped[Written]]:
    """Return tests that reach nothing new and catch nothing, or that pass on every mutant."""
    found = []
    for one in tests:
        mutants = [m for m in report.mutants if m.qualname == one.subject.qualname]
        names = {nodeid for nodeid, _ in by_test(report, one.name)}
        kills = any(m.killed and names & set(m.killed) for m in mutants)
        gains = any(_gains(report, nodeid, one, coverage) for nodeid in names)
        if mutants and not kills:
            found.append(Dropped(one, "kills-nothing", f"passes on all {len(mutants)} mutants"))
        elif not gains and not kills:
            found.append(Dropped(one, "no-new-coverage", ""))
    return found


def _gains(report: Report, nodeid: str, one: Written, coverage: Mapping[str, Coverage]) -> frozenset[Gain]:
    reached = report.results[nodeid].reached.get(one.subject.module.path, Reached())
    known = coverage.get(one.subject.module.path)
    if known is None:
        return frozenset(reached.lines)
    return frozenset(reached.lines & known.missing.lines) | frozenset(reached.arcs & known.missing.arcs)


def _flickering(
    lab: Lab, made: Page, old: Change | None, tests: Sequence[Written], runner: Runner
) -> list[Dropped[Written]]:
    """Run four more times, each otherwise; return what fails once."""
    del old
    for plan in _RUNS:
        report = _run(lab, made, tests, runner, plan=plan)
        bad = _failing(report, tests, "flaky")
        if bad:
            zone = "in another time zone" if plan[3] != "UTC" else "in another order"
            how = "on another day" if plan[2] else zone
            rows = (re.match(r"(rows [\d,]+: )?(.*)", each.detail) for each in bad)
            # Rows are numbered as written, and this run was shuffled: the test goes as a whole.
            return [
                replace(each, detail=f"fails {how}: {found[2] if found else ''}")
                for each, found in zip(bad, rows, strict=True)
            ]
    return []


def _evidence(
    report: Report, tests: Sequence[Written], coverage: Mapping[str, Coverage]
) -> tuple[tuple[Evidence, ...], dict[str, frozenset[Gain]]]:
    gained: dict[str, frozenset[Gain]] = {}
    for one in tests:
        path = one.subject.module.path
        for nodeid, _ in by_test(report, one.name):
            gained[path] = gained.get(path, frozenset()) | _gains(report, nodeid, one, coverage)
    lines = sum(isinstance(each, int) for some in gained.values() for each in some)
    branches = sum(len(some) for some in gained.values()) - lines
    killed = sum(bool(m.killed) for m in report.mutants)
    total = len(report.mutants)
    told = [
        Evidence("passes", passed=True, detail=f"{PASSES}/{PASSES} passes"),
        Evidence("reaches", passed=True, detail=_gain(lines, branches)),
        Evidence("catches", passed=True, detail=f"kills {killed} of {total} mutants"),
        Evidence("not-banned", passed=True, detail="no sleep, network, clock or path of this machine"),
        Evidence("asserts", passed=True, detail="every test asserts something that can be false"),
    ]
    return tuple(told), gained


def _gain(lines: int, branches: int) -> str:
    words = [f"+{lines} line{'s' * (lines != 1)}"]
    if branches:
        words.append(f"+{branches} branch{'es' * (branches != 1)}")
    return ", ".join(words)
