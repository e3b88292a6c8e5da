"""Runs tests, by pytest or unittest, and tells of each: did it pass, what it reached, what it caught.

Modes: "suite" runs the project's own tests once and tells what they reach; "tests" runs given tests, with
coverage of each and, if asked, once more for each mutant; "imports" only imports modules and tells the same.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import os
import random
import sys
import traceback
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import codebot_common as common
import codebot_mutate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_MUTANT = 8.0  # seconds of all tests on one mutant
_ERROR = 1500  # characters of a failure that are told
_DAYS = 400 * 86400.0
_NO_TESTS = 5  # the status with which pytest says so


class Run:
    """One run: what is measured and what was found."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.measured = common.coverage(asked) if asked.get("cover") else None
        self.results: dict[str, dict[str, Any]] = {}
        self.mutants: list[dict[str, Any]] = []
        self.problems: list[str] = []  # of collecting
        self.quick: Any = lambda: None  # once called, failures are not explained, which takes the longest

    def all(self, items: Sequence[tuple[str, Any]]) -> None:
        """Run tests, given as (name, what runs it and returns why it failed)."""
        for number, (name, test) in enumerate(items):
            if self.measured is not None:
                self.measured.switch_context(str(number))
            error = test()
            if self.measured is not None:
                self.measured.switch_context("")
            self.results[name] = {"ok": error == "", "error": error[-_ERROR:], "number": number}
        if self.measured is None or self.asked.get("everything"):
            return
        self.measured.stop()
        for found in self.results.values():
            found["reached"] = common.reached(self.measured, str(found["number"]), self.asked["measured"])
        good = [(name, test) for name, test in items if self.results[name]["ok"]]
        for target in self.asked.get("targets", ()):
            self._mutate(target, good)

    def _mutate(self, target: dict[str, Any], items: Sequence[tuple[str, Any]]) -> None:
        live = common.functions(target["path"], target["name"], target["starts"])
        if not live or not items:
            return
        with open(target["path"], encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
        code = live[0].__code__
        made = codebot_mutate.mutants(tree, code.co_filename, target["qualname"], code, self.asked["mutants"])
        reaching = [
            (name, test)
            for name, test in items
            if set(self.results[name]["reached"].get(target["path"], {}).get("lines", ()))
            & set(target["lines"])
        ]
        for mutant in made:

            def attempt(mutant: Any = mutant) -> list[str]:
                self.quick()
                for each in live:
                    each.__code__ = mutant.code
                return [name for name, test in reaching if test()]

            killed = common.forked(attempt, _MUTANT) if reaching else []
            self.mutants.append(
                {"qualname": target["qualname"], "line": mutant.line, "what": mutant.what, "killed": killed}
            )

    def told(self) -> dict[str, Any]:
        """Return the report."""
        answer = {"results": self.results, "mutants": self.mutants, "problems": self.problems}
        if self.measured is not None and self.asked.get("everything"):
            self.measured.stop()
            answer["coverage"] = _summary(self.measured)
        return answer


def _summary(measured: Any) -> Any:
    import json  # noqa: PLC0415

    place = ".codebot/coverage.json"
    try:
        measured.json_report(outfile=place, ignore_errors=True)
    except Exception as error:  # noqa: BLE001 - with no data at all it raises one of its own
        return {"error": f"{type(error).__name__}: {error}", "files": {}}
    with open(place, encoding="utf-8") as stream:
        told = json.load(stream)
    keys = ("executed_lines", "missing_lines", "executed_branches", "missing_branches")
    return {"files": {path: {key: each.get(key, []) for key in keys} for path, each in told["files"].items()}}


def by_pytest(run: Run) -> None:  # noqa: C901 - a plugin is a class of hooks
    """Run tests by pytest, with its plugins and fixtures."""
    import pytest  # noqa: PLC0415
    from _pytest.runner import runtestprotocol  # noqa: PLC0415

    order = run.asked.get("order")

    class Plugin:
        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            wanted = run.asked.get("only")
            if wanted is not None:
                items[:] = [each for each in items if (each.originalname or each.name) in wanted]
            if order is not None:
                random.Random(order).shuffle(items)

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                run.problems.append(str(report.longrepr)[-_ERROR:])

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: Any) -> bool:
            def quick() -> None:
                session.config.option.tbstyle = "no"

            run.quick = quick

            def test(n: int) -> str:
                item = session.items[n]
                follower = session.items[n + 1] if n + 1 < len(session.items) else None
                reports = runtestprotocol(item, log=False, nextitem=follower)
                failed = [each for each in reports if each.failed]
                if not failed and any(each.skipped for each in reports):
                    return "skipped" if run.asked.get("targets") is not None else ""
                return str(failed[0].longrepr) or "failed" if failed else ""

            run.all([(item.nodeid, lambda n=n: test(n)) for n, item in enumerate(session.items)])
            return True

    args = ["-p", "no:cacheprovider", "-q", "--no-header", "-o", "addopts=", "-o", "log_cli=false"]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = pytest.main([*args, *run.asked["files"]], plugins=[Plugin()])
    if not run.results and not run.problems and status != _NO_TESTS:
        run.problems.append(out.getvalue()[-_ERROR:])


def by_unittest(run: Run) -> None:
    """Run tests by unittest: the files that are named, or what discovery finds."""
    loader = unittest.defaultTestLoader
    suites = []
    for path in run.asked["files"]:
        if os.path.isdir(path):
            top = "." if os.path.exists(os.path.join(path, "__init__.py")) else None
            suites.append(loader.discover(path, top_level_dir=top))
            continue
        name = path[:-3].replace("/", ".") if _package(path) else os.path.basename(path)[:-3]
        if not _package(path):
            sys.path.insert(0, os.path.join(os.getcwd(), os.path.dirname(path)))
        try:
            suites.append(loader.loadTestsFromModule(importlib.import_module(name)))
        except BaseException:  # noqa: BLE001 - a module may do anything when it is imported
            run.problems.append(traceback.format_exc()[-_ERROR:])
    tests = [each for suite in suites for each in _flat(suite)]
    wanted = run.asked.get("only")
    if wanted is not None:
        tests = [each for each in tests if each._testMethodName in wanted]
    if run.asked.get("order") is not None:
        random.Random(run.asked["order"]).shuffle(tests)

    def test(each: Any) -> str:
        result = unittest.TestResult()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            type(each)._classSetupFailed = False
            try:
                type(each).setUpClass()
                each(result)
                type(each).tearDownClass()
            except BaseException:  # noqa: BLE001 - it fails, whatever it raises
                return traceback.format_exc()
        bad = [*result.failures, *result.errors]
        return bad[0][1] if bad else ""

    run.all([(each.id(), lambda each=each: test(each)) for each in tests])


def _package(path: str) -> bool:
    return os.path.exists(os.path.join(os.path.dirname(path), "__init__.py"))


def _flat(suite: Any) -> Any:
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from _flat(each)
        else:
            yield each


def by_import(run: Run) -> None:
    """Import modules, which is all that can be reached without tests."""
    for name in run.asked["files"]:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                importlib.import_module(name)
            except BaseException as error:  # noqa: BLE001 - it is not reached then
                run.problems.append(f"{name}: {type(error).__name__}: {error}")


def main() -> None:
    """Answer the request."""
    asked = common.request()
    if asked.get("shift"):
        common.shift(_DAYS)
    run = Run(asked)
    {"pytest": by_pytest, "unittest": by_unittest, "imports": by_import}[asked["runner"]](run)
    common.report(run.told())


main()
