"""The proof of a test file's new tests of JavaScript: what fails, flickers, or proves nothing is taken out.

Each round writes the file anew with what is left, so that what is shown is exactly what was proven.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.data import Evidence
from bot.languages import detect
from bot.tasks.tests.javascript.page import page
from bot.verify.tests.dropped import Dropped, Unproven
from bot.verify.tests.javascript.banned import asserts, banned, parses
from bot.verify.tests.javascript.instrument import ENDLESS
from bot.verify.tests.javascript.lab import beside
from bot.verify.tests.javascript.report import telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.tasks.tests.file import Page
    from bot.tasks.tests.javascript.compose import Written
    from bot.tasks.tests.javascript.imports import Sheet
    from bot.verify.tests.javascript.instrument import Instrumented, Mutation
    from bot.verify.tests.javascript.lab import Lab
    from bot.verify.tests.javascript.report import Report

__all__ = ["PASSES", "Bench", "Proof", "prove", "static"]

PASSES = 5  # runs that a test has to pass, each in fresh processes
_ROUNDS = 4
_BATCH = 40  # mutants that are looked at in one run
_DAYS = 400
# What makes a run believe in another day; `Date` stays what it is to whoever asks for a given one.
_SHIFT = f"""{{
  const real = Date, by = {_DAYS} * 864e5;
  globalThis.Date = new Proxy(real, {{
    construct: (target, given, made) =>
      Reflect.construct(target, given.length ? given : [real.now() + by], made),
    apply: () => new real(real.now() + by).toString(),
    get: (target, name) => (name === "now" ? () => real.now() + by : Reflect.get(target, name)),
  }});
  real.prototype.constructor = globalThis.Date;
}}"""
# One for each run after the first: order, another day, zone, and what the detail says of it.
_RUNS: tuple[tuple[int | None, bool, str, str], ...] = (
    (1, False, "UTC", "in another order"),
    (2, False, "America/New_York", "in another time zone"),
    (None, True, "UTC", "on another day"),
    (3, False, "Pacific/Kiritimati", "in another time zone"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """A page that was proven."""

    page: Page
    tests: tuple[Written, ...]
    evidence: tuple[Evidence, ...]
    dropped: tuple[Dropped[Written], ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """What tests of one module are proven against."""

    lab: Lab
    sheet: Sheet
    instrumented: Instrumented
    # By function, filled as its tests are written:
    mutants: dict[str, Sequence[Mutation]] = field(default_factory=dict)  # those that a call told from it
    silent: dict[str, int] = field(default_factory=dict)  # how many no call could tell from it
    reached: dict[str, int] = field(default_factory=dict)  # blocks that its tests reach, and no test before


def prove(bench: Bench, tests: Sequence[Written]) -> Proof | Unproven[Written]:
    """Prove tests together, as one file."""
    left, dropped = static(tests)
    for _ in range(_ROUNDS):
        if not left:
            break
        made = page(bench.sheet, left)
        if made is None or not parses(detect(bench.sheet.path), made.text):
            reason = "no-place" if made is None else "test-does-not-parse"
            dropped += [Dropped(one, reason, f"{bench.sheet.path} cannot take it") for one in left]
            return Unproven(tuple(dropped))
        bad = _failing(_run(bench, made), bench.sheet.path, left, "fails")
        if len(left) > 1 and len(bad) == len(left) and all(each.reason == "test-import" for each in bad):
            bad = _alone(bench, left) or bad  # one that does not compile keeps all of its file from running
        bad = bad or _flickering(bench, left)
        kills: dict[str, set[int]] = {}
        if not bad:
            kills = _kills(bench, left)
            bad = _useless(bench, left, kills)
        if not bad:
            return Proof(made, tuple(left), _evidence(bench, left, kills), tuple(dropped))
        gone = {each.test.title for each in bad}
        left = [one for one in left if one.title not in gone]
        dropped += bad
    else:
        dropped += [Dropped(one, "fails", "too many rounds") for one in left]
    return Unproven(tuple(dropped))


def static(tests: Sequence[Written]) -> tuple[list[Written], list[Dropped[Written]]]:
    """Take out what need not be run to be refused."""
    left: list[Written] = []
    dropped: list[Dropped[Written]] = []
    seen: set[tuple[str, str]] = set()
    for one in tests:
        key = (one.subject.qualname, " ".join(one.text.split()))
        if not parses("tsx", f"async () => {{\n{one.text}\n}}"):
            dropped.append(Dropped(one, "test-does-not-parse", ""))
        elif key in seen:
            dropped.append(Dropped(one, "no-new-coverage", "says what another test says"))
        elif why := banned(one.text):
            dropped.append(Dropped(one, "banned", why))
        elif not asserts(one.text):
            dropped.append(Dropped(one, "asserts-nothing", ""))
        else:
            seen.add(key)
            left.append(one)
    return left, dropped


def _run(bench: Bench, made: Page, zone: str = "UTC", first: str = "") -> Report:
    text = _headed(made.text, first) if first else made.text
    return bench.lab.tests({made.path: text.encode()}, [made.path], {"TZ": zone})


def _headed(text: str, first: str) -> str:
    """Return a file with lines put in front, behind the comment that configures it where it has one."""
    if text.startswith("/**"):
        comment, end, rest = text.partition("*/")
        return f"{comment}{end}\n{first}{rest}"
    return f"{first}\n{text}"


def _failing(report: Report, path: str, tests: Sequence[Written], reason: str) -> list[Dropped[Written]]:
    """Return the tests that did not pass."""
    found = []
    for one in tests:
        error = report.of(path, one.title)
        if error is None:
            kind = "test-import" if reason == "fails" else reason
            found.append(Dropped(one, kind, report.broken(path) or "it did not run"))
        elif error:
            found.append(Dropped(one, reason, telling(error)))
    return found


def _alone(bench: Bench, tests: Sequence[Written]) -> list[Dropped[Written]]:
    """Return the tests that do not pass in a file of their own."""
    files: dict[str, bytes] = {}
    for number, one in enumerate(tests):
        path = beside(bench.sheet.path, f"codebot-alone-{number}")
        made = page(replace(bench.sheet, old=None), [one])
        files[path] = made.text.encode() if made is not None else b""
    report = bench.lab.tests(files, list(files), seconds=60 + 5 * len(files), together=True)
    return [
        each
        for path, one in zip(files, tests, strict=True)
        for each in _failing(report, path, [one], "fails")
    ]


def _flickering(bench: Bench, tests: Sequence[Written]) -> list[Dropped[Written]]:
    """Run four more times, each otherwise; return what fails once."""
    for order, shift, zone, how in _RUNS:
        made = page(bench.sheet, tests, order=order)
        assert made is not None  # noqa: S101 - it took them in another order
        report = _run(bench, made, zone, f"// @ts-nocheck\n{_SHIFT}" if shift else "")
        bad = _failing(report, bench.sheet.path, tests, "flaky")
        if bad:
            return [replace(each, detail=f"fails {how}: {each.detail}") for each in bad]
    return []


def _kills(bench: Bench, tests: Sequence[Written]) -> dict[str, set[int]]:
    """Return which mutants fail each test, by name: each in a copy of the file that turns one mutant on.

    A copy without any mutant runs along: a test that fails in it notices the instrument, and proves nothing.
    """
    path = bench.sheet.path
    made = page(replace(bench.sheet, old=None), tests)
    assert made is not None  # noqa: S101 - a new file takes everything
    subjects = {one.subject.qualname: one.subject for one in tests}
    numbers = [0, *(each.number for name in subjects for each in bench.mutants.get(name, ()))]
    module = next(iter(subjects.values())).module
    kills: dict[str, set[int]] = defaultdict(set)
    for batch in _batches(numbers):
        copies = {beside(path, f"codebot-mutant-{n}"): n for n in batch}
        files = {
            copy: _headed(
                made.text,
                f"// @ts-nocheck\nglobalThis.__codebot_mutant = {n};\nglobalThis.__codebot_ticks = 0;",
            ).encode()
            for copy, n in copies.items()
        }
        files[module.path] = bench.instrumented.text
        report = bench.lab.tests(files, list(copies), seconds=60 + 2 * len(batch), together=True)
        control = next(copy for copy, n in copies.items() if n == 0)
        for one in tests:
            if report.of(control, one.title) != "":
                continue
            own = {each.number for each in bench.mutants.get(one.subject.qualname, ())}
            for copy, n in copies.items():
                error = report.of(copy, one.title)
                if n in own and error and ENDLESS not in error:
                    kills[one.title].add(n)
    return dict(kills)


def _batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield numbers in parts, the control in each."""
    rest = list(numbers[1:])
    for start in range(0, len(rest), _BATCH):
        yield [0, *rest[start : start + _BATCH]]


def _useless(bench: Bench, tests: Sequence[Written], kills: Mapping[str, set[int]]) -> list[Dropped[Written]]:
    found = []
    for one in tests:
        name = one.subject.qualname
        total = len(bench.mutants.get(name, ())) + bench.silent.get(name, 0)
        if not kills.get(one.title) and (total or not bench.reached.get(name)):
            reason = "kills-nothing" if total else "no-new-coverage"
            found.append(Dropped(one, reason, f"passes on all {total} mutants" if total else ""))
    return found


def _evidence(bench: Bench, tests: Sequence[Written], kills: Mapping[str, set[int]]) -> tuple[Evidence, ...]:
    names = {one.subject.qualname for one in tests}
    killed = len({n for some in kills.values() for n in some})
    total = sum(len(bench.mutants.get(name, ())) + bench.silent.get(name, 0) for name in names)
    blocks = sum(bench.reached.get(name, 0) for name in names)
    told = [Evidence("passes", passed=True, detail=f"{PASSES}/{PASSES} passes")]
    if blocks:
        told.append(Evidence("reaches", passed=True, detail=f"+{blocks} block{'s' * (blocks != 1)}"))
    return (
        *told,
        Evidence("catches", passed=True, detail=f"kills {killed} of {total} mutants"),
        Evidence("not-banned", passed=True, detail="no sleep, network, clock or path of this machine"),
        Evidence("asserts", passed=True, detail="every test asserts something that can be false"),
    )
