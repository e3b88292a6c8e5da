"""Runs test files by pytest or unittest, and tells of each test whether it passed and which lines it ran.

The request names lines of one file, in groups; a test "reaches" a group when it runs one of its lines while
it is set up, called or torn down. What runs while modules are imported is told apart.
"""

from __future__ import annotations

import contextlib
import dis
import importlib.util
import json
import os
import resource
import signal
import sys
import threading
import traceback
import unittest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

REQUEST, REPORT = ".codebot/request.json", ".codebot/report.json"
_ERROR = 2000  # characters of a failure that are told
# What one test may take, so that one that loops for ever does not keep the others from running. Processor
# time decides: on a busy machine the clock runs on while a test stands still. The clock is for what waits.
_SECONDS, _WALL = 15.0, 60.0


_MEMORY = 0.75  # of what the run may use: the rest is for pytest and what tells of the failure


class Overtime(Exception):  # noqa: N818 - told as a failure of the test
    """A test took too long."""


def spare_memory() -> None:
    """Let a test that takes all memory fail with an error, before the sandbox ends the run for it."""
    most, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if most != resource.RLIM_INFINITY:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (int(most * _MEMORY), hard))


def forget() -> None:
    """Drop what a failure is kept with for a debugger: the memory of its frames is wanted again."""
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)


def watch(on: bool) -> None:
    """Start or stop the clocks of a test; they go off again each second, in case the code catches it."""
    if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():
        for number, timer, seconds in (
            (signal.SIGPROF, signal.ITIMER_PROF, _SECONDS),
            (signal.SIGALRM, signal.ITIMER_REAL, _WALL),
        ):
            signal.signal(number, _late)
            signal.setitimer(timer, seconds if on else 0, 1.0 if on else 0)


def _late(number: int, _frame: Any) -> None:
    computes = number == signal.SIGPROF
    raise Overtime(
        f"longer than {_SECONDS:.0f} s of processor time" if computes else f"longer than {_WALL:.0f} s"
    )


class Reach:
    """Which groups of lines run, in which test."""

    def __init__(self, path: str, groups: list[list[list[int]]]) -> None:
        self._path = os.path.realpath(path)
        self._lines: dict[int, set[int]] = {}
        for number, ranges in enumerate(groups):
            for first, last in ranges:
                for line in range(first, last + 1):
                    self._lines.setdefault(line, set()).add(number)
        self._ours: dict[str, bool] = {}
        self._holding: dict[CodeType, bool] = {}
        self.test = ""
        self.found: dict[str, set[int]] = {}

    def start(self) -> None:
        """Look at every call from now on; where no lines are asked for, nothing has to slow down."""
        if self._lines:
            threading.settrace(self._called)
            sys.settrace(self._called)

    def _called(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        holds = self._holding.get(code)
        if holds is None:
            holds = self._holding[code] = self._holds(code)
        return self._line if holds else None

    def _holds(self, code: CodeType) -> bool:
        """Whether some code has one of the lines; only that is followed line by line."""
        name = code.co_filename
        ours = self._ours.get(name)
        if ours is None:
            ours = self._ours[name] = os.path.realpath(name) == self._path
        return ours and any(line in self._lines for _, line in dis.findlinestarts(code))

    def _line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and frame.f_lineno in self._lines:
            self.found.setdefault(self.test, set()).update(self._lines[frame.f_lineno])
        return self._line


class Results:
    """What came of each test."""

    def __init__(self) -> None:
        self.tests: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []

    def book(self, name: str, ok: bool | None, error: str = "") -> None:
        """Take the worst that is told of a test; None stands for one that was skipped."""
        known = self.tests.get(name)
        if known is None or (ok is False and known["ok"] is not False) or (known["ok"] is None and ok):
            self.tests[name] = {"ok": ok, "error": error[-_ERROR:]}


def by_pytest(asked: dict[str, Any], reach: Reach, results: Results) -> None:
    """Run test files, or only the tests named, under the project's pytest and its configuration."""
    import pytest  # noqa: PLC0415

    class Plugin:
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_protocol(self, item: Any) -> Any:
            reach.test = item.nodeid
            reach.start()
            yield
            reach.test = ""
            forget()

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_call(self, item: Any) -> Any:
            watch(True)
            yield
            watch(False)

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                results.book(report.nodeid, False, str(report.longrepr))
            elif report.when == "call" or report.skipped:
                results.book(report.nodeid, None if report.skipped else True)

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                results.problems.append(str(report.longrepr)[-_ERROR:])

    arguments = ["-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", "--no-header"]
    for module, argument in (
        ("pytest_cov", ["--no-cov"]),
        ("xdist", ["-n0"]),
        ("pytest_randomly", ["-p", "no:randomly"]),
    ):
        if importlib.util.find_spec(module) is not None:
            arguments += argument
    if asked.get("doctests"):
        arguments.append("--doctest-modules")
    pytest.main([*arguments, *(asked["only"] or asked["files"])], plugins=[Plugin()])


def by_unittest(asked: dict[str, Any], reach: Reach, results: Results) -> None:
    """Run test files, or only the tests named, under unittest."""

    class Result(unittest.TestResult):
        def startTest(self, test: Any) -> None:  # noqa: N802
            super().startTest(test)
            reach.test = test.id()
            reach.start()
            watch(True)

        def stopTest(self, test: Any) -> None:  # noqa: N802
            watch(False)
            super().stopTest(test)
            reach.test = ""

        def addSuccess(self, test: Any) -> None:  # noqa: N802
            results.book(test.id(), True)

        def addError(self, test: Any, err: Any) -> None:  # noqa: N802
            text = "".join(traceback.format_exception(*err))
            if type(test).__name__ == "_FailedTest":
                results.problems.append(text[-_ERROR:])
            else:
                results.book(test.id(), False, text)

        addFailure = addError  # noqa: N815

        def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
            if err is not None:
                results.book(test.id(), False, "".join(traceback.format_exception(*err)))

        def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
            results.book(test.id(), None)

    paths = [file for file in asked["files"] if file.endswith(".py")]
    names = asked["only"] or [path[: -len(".py")].replace("/", ".") for path in paths]
    loader = unittest.TestLoader()
    for name in names:
        try:
            loader.loadTestsFromName(name).run(Result())
        except Exception:  # noqa: BLE001 - whatever the project's tests do
            results.problems.append(traceback.format_exc()[-_ERROR:])


def main() -> None:
    """Do what the request says, and leave a report."""
    with open(REQUEST, encoding="utf-8") as stream:
        asked = json.load(stream)
    root = os.getcwd()
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != here]
    sys.path[0:0] = [root, *([os.path.join(root, "src")] if os.path.isdir("src") else [])]
    spare_memory()
    reach, results = Reach(asked["path"], asked["groups"]), Results()
    pytest = importlib.util.find_spec("pytest") is not None
    reach.start()
    try:
        (by_pytest if pytest else by_unittest)(asked, reach, results)
    except SystemExit:
        pass
    finally:
        sys.settrace(None)
        told = {
            "runner": "pytest" if pytest else "unittest",
            "tests": results.tests,
            "reached": {test: sorted(groups) for test, groups in reach.found.items()},
            "problems": results.problems,
        }
        with open(os.path.join(root, REPORT), "w", encoding="utf-8") as stream:
            json.dump(told, stream)


if __name__ == "__main__":
    main()
