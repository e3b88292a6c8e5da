"""Examples of docstrings that do not hold, as findings: run again on every edit, like any other tool."""

from __future__ import annotations

import ast
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

from bot.errors import UsageError
from bot.findings.finding import DOCTEST, Finding, Region, clipped
from bot.findings.locate import outline
from bot.verify.examples.run import Ran, run_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.data import Change, Symbol
    from bot.verify.sandbox import Sandbox

__all__ = ["Doctests"]

_TOOL = "python"
_SECONDS = 60.0  # for the examples of one file
_BUDGET = 300.0  # for those of all files, edits included
_NOTED = 3  # reasons that are told
_TEXT = 300  # characters of a result
_SETUP = frozenset({"NameError", "ImportError", "ModuleNotFoundError"})  # said by an example's own line

_Name = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Baseline:
    """What the examples of a file give as it is."""

    failing: tuple[Ran, ...] = ()  # every time
    ignored: frozenset[_Name] = frozenset()  # what fails only sometimes, or for what it was not given
    ran: bool = True  # False: nothing is known of this file


@dataclass(slots=True)
class Doctests:
    """Runs the examples of files that have some, in the sandbox that `opener` opens."""

    opener: Callable[[], Sandbox]
    note: Callable[[str], None]
    _spent: float = 0.0
    _noted: set[str] = field(default_factory=set)
    _known: dict[tuple[str, bytes], Sequence[Finding]] = field(default_factory=dict)
    _baselines: dict[str, _Baseline] = field(default_factory=dict)

    def check(self, change: Change, source: bytes) -> Sequence[Finding]:
        """Return the examples of a Python file with this text that do not hold.

        An example counts as failing where it fails under two hash seeds, and for what the code does: not for
        a name or module that nothing made known to it.
        """
        if b">>> " not in source and b">>> " not in change.source:
            return ()
        if not any(path == change.path for path, _ in self._known):
            self._known.clear()  # files come one by one
        name = (change.path, source)
        if name not in self._known:
            self._known[name] = self._found(change, source)
        return self._known[name]

    def _found(self, change: Change, source: bytes) -> Sequence[Finding]:
        baseline = self._baselines.get(change.path)
        if baseline is None:
            baseline = self._baselines[change.path] = self._baseline(change)
        if not baseline.ran:
            return ()
        if source == change.source:
            return list(_findings(change, source, baseline.failing))
        failing: dict[_Name, Ran] = {}
        for seed in (0, 1) if baseline.failing else (0,):
            ran = self._run(change, source, seed)
            if ran is None:  # no time left: what failed counts as failing still
                return list(_findings(change, change.source, baseline.failing))
            if isinstance(ran, str):
                return [Finding(_TOOL, DOCTEST, f"no example runs any more: {ran}", change.path, Region(1))]
            # what passed as the file is may now lack a name: then the edit took it away
            failing |= {_name(each): each for each in ran if not each.ok}
        left = [each for name, each in failing.items() if name not in baseline.ignored]
        return list(_findings(change, source, left))

    def _baseline(self, change: Change) -> _Baseline:
        first = self._run(change, change.source, 0)
        if first is None or isinstance(first, str):
            self._tell(change.path, first)
            return _Baseline(ran=False)
        unknown = frozenset(_name(each) for each in first if _unknown(each))
        if unknown:
            self._tell(change.path, f"{len(unknown)} use names that nothing makes known to them")
        failing = [each for each in first if _fails(each)]
        if not failing:
            return _Baseline(ignored=unknown)
        second = self._run(change, change.source, 1)
        if second is None or isinstance(second, str):
            return _Baseline(ran=False)
        again = {_name(each) for each in second if _fails(each)}
        steady = [each for each in failing if _name(each) in again]
        flaky = again ^ {_name(each) for each in failing}
        return _Baseline(tuple(steady), unknown | flaky)

    def _run(self, change: Change, source: bytes, seed: int) -> Union[list[Ran], str, None]:
        """Return what came of the examples, why they cannot run, or None where no time is left for them."""
        if self._spent > _BUDGET:
            return None
        try:
            sandbox = self.opener()
        except UsageError as error:
            return str(error)
        started = time.monotonic()
        ran = run_examples(sandbox, change, source, seed=seed, seconds=_SECONDS)
        self._spent += time.monotonic() - started
        return ran

    def _tell(self, path: str, why: str | None) -> None:
        why = why or f"those of all files took more than {_BUDGET:.0f} s"
        if why not in self._noted and len(self._noted) < _NOTED:
            self._noted.add(why)
            self.note(f"Examples in the docstrings of {path} were not all run: {clipped(why, _TEXT)}.")


def _name(one: Ran) -> _Name:
    return one.name, one.source, one.want


def _unknown(one: Ran) -> bool:
    """Whether an example fails for what it should have been given, by a fixture or an installation."""
    return not one.ok and one.raised in _SETUP and not one.frame


def _fails(one: Ran) -> bool:
    return not one.ok and not _unknown(one)


def _findings(change: Change, source: bytes, failing: Sequence[Ran]) -> Iterator[Finding]:
    symbols = outline("python", source)
    for one in failing:
        typed = " ".join(one.source.split())
        raised = one.raised or one.got.startswith("Traceback (most recent call last)")
        told = one.got.splitlines()[-1] if raised and one.got else one.got
        got = " ".join(told.split())[:_TEXT] or "nothing"
        want = " ".join(one.want.split())[:_TEXT] or "nothing"
        gives = f"raises {got}" if raised else f"gives {got}"
        yield Finding(
            _TOOL,
            DOCTEST,
            f"`{typed[:_TEXT]}` {gives}; the docstring says {want}",
            change.path,
            _region(one, symbols),
            name=DOCTEST,
            output=f">>> {one.source}{one.want}gives\n{one.got}",
        )


def _region(one: Ran, symbols: Sequence[Symbol]) -> Region:
    """Return the lines to look at: where it raised, what a module's or class's example calls, or itself."""
    if one.frame:
        return Region(one.frame)
    last = one.line + len(one.source.splitlines()) + len(one.want.splitlines()) - 1
    around = [s for s in symbols if s.start_line <= one.line <= s.end_line]
    own = min(around, key=lambda s: s.end - s.start, default=None)
    if own is None or own.kind in {"module", "class"}:
        for called in _called(one.source):
            named = [s for s in symbols if s.name == called and s.kind in {"function", "method"}]
            if len(named) == 1:
                return Region(named[0].header_line)
    return Region(one.line, 0, last)


def _called(source: str) -> Iterator[str]:
    """Yield the names of what an example calls, the outermost call first."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
