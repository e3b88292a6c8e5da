"""Mistakes put into tested functions, in memory: a test passes without each, and fails with it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.chunk.encoding import blob_id, encode
from bot.chunk.symbols import symbols
from bot.chunk.tree import has_error, parse
from bot.data import Change
from bot.findings.blame import TOOL, dotted
from bot.findings.finding import Finding, Region
from bot.languages import LANGUAGES, detect, is_test_path
from bot.verify.tests.mutants import applied, mutants
from bot.verify.trials import Reaching, Trials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from bot.commands.session import Run
    from bot.data import Symbol
    from bot.verify.tests.mutants import Edit
    from bot.verify.trials.suite import Suite

__all__ = ["Fault", "faults"]

_TRIES = 3  # mutants of one function: some are noticed by no test
_MESSAGE = 300  # characters


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake."""

    change: Change  # the file with it
    original: bytes  # the text without it
    finding: Finding  # the test that fails
    name: str  # for people: "src/a.py total: < becomes <="


def faults(run: Run, most: int, seed: int, cancel: Event) -> Iterator[Fault]:
    """Yield up to `most` mistakes, one a function and the same for the same seed.

    Args:
        run: The repository. Nothing is written to it: the sandbox sees the file with the mistake.
        most: How many.
        seed: Another one makes others.
        cancel: Once set, no more are made.

    Raises:
        UsageError: No sandbox works here.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    found = [
        (change, symbol)
        for change in run.files()
        if isinstance(change, Change) and _wanted(change)
        for symbol in symbols("python", change.source)
        if symbol.kind in {"function", "method"} and not symbol.broken and not symbol.nested
    ]
    rng.shuffle(found)
    trials = Trials(run.sandbox(), Reaching(run.tree))
    known: dict[str, Suite] = {}
    run.observer.start("making mistakes", most)
    for change, symbol in found:
        if most <= 0 or cancel.is_set():
            break
        others = [one for each, one in found if each.path == change.path]
        if change.path not in known:
            lines = [(one.body_line, one.end_line) for one in others]
            names = [one.name for one in others]
            known[change.path] = trials.suite(change, change.source, names, lines)
        tests = known[change.path].reached.get(others.index(symbol), frozenset()) & known[change.path].passed
        if tests and (made := _fault(trials, change, symbol, sorted(tests), rng)):
            most -= 1
            run.observer.advance()
            yield made
    run.observer.finish()


def _wanted(change: Change) -> bool:
    python = detect(change.path, change.source[:80]) == "python"
    return python and not is_test_path(change.path, LANGUAGES["python"].tests)


def _fault(
    trials: Trials, change: Change, symbol: Symbol, tests: list[str], rng: random.Random
) -> Fault | None:
    """Return a mistake in one function that one of some tests notices."""
    edits = _edits(change.source, symbol)
    for edit in rng.sample(edits, min(_TRIES, len(edits))):
        source = applied(change.source, edit)
        if has_error("python", source):
            continue
        after = trials.suite(change, source, [symbol.name], only=tests)
        failing = next((test for test in tests if test in after.failed), None)
        if failing is None:
            continue
        raw = encode(source, change.encoding)
        wrong = replace(change, raw=raw, source=source, blob=blob_id(raw), ranges=None)
        name = f"{change.path} {symbol.qualname}: line {edit.line}, {edit.what}"
        return Fault(
            wrong, change.source, _finding(change.path, symbol, failing, after.failed[failing]), name
        )
    return None


def _edits(source: bytes, symbol: Symbol) -> list[Edit]:
    tree = parse("python", source)
    node = tree.root_node.descendant_for_byte_range(symbol.header, symbol.end - 1) if tree else None
    return mutants("python", source, node, span=(symbol.body, symbol.end)) if node is not None else []


def _finding(path: str, symbol: Symbol, test: str, error: str) -> Finding:
    """Return what a report of the failing test would say, at the function that has the mistake."""
    lines = [line for line in error.splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E  ")]  # as pytest does
    return Finding(
        TOOL,
        dotted(test).partition("[")[0].rpartition(".")[2],
        (marked or [lines[-1].strip() if lines else "fails"])[0][:_MESSAGE],
        path,
        Region(symbol.header_line, 0, symbol.end_line),
        test=dotted(test),
        test_file=test.partition("::")[0],
        output=error,
    )
