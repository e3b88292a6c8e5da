"""Where tests are tried: the scripts in `inside`, run in a sandbox, and what they tell as values."""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.verify.tests.asked import call_of, mentioned, target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.tasks.tests.layout import Runner
    from bot.tasks.tests.propose import Call
    from bot.tasks.tests.subject import Subject
    from bot.verify.sandbox import Result, Sandbox

__all__ = ["Arc", "Coverage", "Lab", "Mutant", "Observed", "Outcome", "Reached", "Report", "Tried", "inside"]

_REQUEST, _REPORT = ".codebot/request.json", ".codebot/report.json"
_SUITE = 300.0  # seconds for the project's own tests
# Each call and mutant has limits of its own: these are for a busy machine, where whole runs take their time.
_OBSERVE = 900.0
_TESTS = 480.0
MUTANTS = 16  # of one function

Arc = tuple[int, int]


def inside() -> Path:
    """Return the folder of the scripts; a sandbox has to show it, and coverage's own."""
    return Path(__file__).with_name("inside")


@dataclass(frozen=True, slots=True)
class Reached:
    """Lines and jumps between lines of one file."""

    lines: frozenset[int] = frozenset()
    arcs: frozenset[Arc] = frozenset()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the project's own tests reach of one file, and what they do not."""

    executed: Reached = field(default_factory=Reached)
    missing: Reached = field(default_factory=Reached)  # arcs: only those from a line with several successors

    @property
    def branches(self) -> frozenset[Arc]:
        """Every jump from a line that has several."""
        return self.executed.arcs | self.missing.arcs


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake and what noticed it: tests by name, or calls by number. None: it hung."""

    qualname: str
    line: int
    what: str
    killed: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call."""

    # "value", "attrs", "text", "raises", "prints", "mutates", "state"; the rest say nothing
    kind: str
    told: Mapping[str, Any]
    reached: Reached


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of one function's calls, in their order."""

    outcomes: tuple[Outcome, ...]
    mutants: tuple[Mutant, ...]
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """One test that ran."""

    error: str  # "" where it passed
    reached: Mapping[str, Reached]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of running tests."""

    results: Mapping[str, Tried]
    mutants: tuple[Mutant, ...] = ()
    problems: tuple[str, ...] = ()  # of collecting: what cannot be imported
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    ended: str = "exit"

    @property
    def passed(self) -> bool:
        """Whether there were tests and all of them passed."""
        return bool(self.results) and not self.problems and all(not t.error for t in self.results.values())


class Lab:
    """A sandbox with the scripts in it."""

    def __init__(self, sandbox: Sandbox, paths: Sequence[str], files: Mapping[str, bytes]) -> None:
        """Use a sandbox.

        Args:
            sandbox: It shows `inside()` and `coverage_folder()`.
            paths: Folders that imports start from, relative to the root; "" is the root itself.
            files: What differs from the disk, such as the staged contents.
        """
        self.sandbox = sandbox
        self.paths = list(paths)
        self.files = dict(files)
        self.runs = 0

    def warm(self) -> None:
        """Compile the project's modules once, so that no later run has to."""
        left_out = r"/(\.venv|venv|env|node_modules|\.git|\.tox)/"
        script = (
            f"import compileall, re; compileall.compile_dir('.', 12, quiet=2, rx=re.compile(r'{left_out}'))"
        )
        self.sandbox.run(["python", "-c", script], keep=True)

    def has(self, module: str) -> bool:
        """Whether the project's environment has a module."""
        return self.sandbox.run(["python", "-c", f"import {module}"]).ok

    def suite(self, runner: str, files: Sequence[str]) -> Report:
        """Run the project's own tests, or import modules (`runner` "imports"), and see what they reach."""
        asked = {"runner": runner, "files": list(files), "cover": True, "everything": True}
        return self._probe(asked, {}, _SUITE)

    def observe(
        self,
        subjects: Sequence[Subject],
        calls: Sequence[Sequence[Call]],
        receivers: Sequence[Sequence[str]] = (),
    ) -> list[Observed] | str:
        """Try calls of functions of one module; the reason where it cannot be imported.

        Args:
            subjects: The functions.
            calls: Of each of them.
            receivers: What each one's calls may be made on: where an object cannot be made, another is tried,
                and the outcome tells which.
        """
        module = subjects[0].module
        asked = {
            "module": module.name,
            "path": module.path,
            "mutants": MUTANTS,
            "elsewhere": {name: each.module for name, each in mentioned(module, calls)},
            "functions": [
                {**target(one), "calls": [call_of(each) for each in tried], "receivers": list(made)}
                for one, tried, made in zip(subjects, calls, receivers or [()] * len(subjects), strict=True)
            ],
        }
        told, result = self._ask("codebot_observe.py", asked, {}, _OBSERVE)
        if told is None:
            return f"importing it ended the process ({result.ended}, status {result.code})"
        if told["import"]:
            return str(told["import"])
        return [_observed(one, each) for one, each in zip(subjects, told["functions"], strict=True)]

    def tests(
        self,
        runner: Runner,
        files: Mapping[str, bytes],
        path: str,
        *,
        only: Sequence[str] | None = None,
        subjects: Sequence[Subject] = (),
        order: int | None = None,
        shift: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Report:
        """Run tests of one file in a fresh process.

        Args:
            runner: By what.
            files: What to add to the repository: the test file.
            path: Of the test file.
            only: Names of tests; default: all of the file's.
            subjects: Whose coverage and mutants to look at.
            order: Seed to shuffle them by.
            shift: Let the process believe in another day.
            env: Further variables.
        """
        asked = {
            "runner": runner,
            "files": [path],
            "only": list(only) if only is not None else None,
            "cover": bool(subjects),
            "measured": sorted({one.module.path for one in subjects}),
            "targets": [{**target(one), "path": one.module.path} for one in subjects],
            "mutants": MUTANTS,
            "order": order,
            "shift": shift,
        }
        return self._probe(asked, files, _TESTS, env)

    def _probe(
        self,
        asked: dict[str, Any],
        files: Mapping[str, bytes],
        seconds: float,
        env: Mapping[str, str] | None = None,
    ) -> Report:
        told, result = self._ask("codebot_probe.py", asked, files, seconds, env)
        if told is None:
            said = (result.stderr or result.stdout)[-800:].decode("utf-8", "replace")
            return Report(
                {}, problems=(f"{result.ended} {result.detail} {said}".strip(),), ended=result.ended
            )
        results = {
            str(name): Tried(str(each["error"]), {p: _reached(r) for p, r in each.get("reached", {}).items()})
            for name, each in told["results"].items()
        }
        mutants = tuple(_mutant(each, each["qualname"]) for each in told["mutants"])
        coverage = {path: _coverage(each) for path, each in told.get("coverage", {}).get("files", {}).items()}
        return Report(results, mutants, tuple(map(str, told["problems"])), coverage)

    def _ask(
        self,
        script: str,
        asked: dict[str, Any],
        files: Mapping[str, bytes],
        seconds: float,
        env: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any] | None, Result]:
        """Run a script on a request; None where it left no report."""
        self.runs += 1
        request = {**asked, "paths": self.paths, "coverage": str(coverage_folder() or "")}
        limits = replace(self.sandbox.limits, seconds=seconds, cpu_seconds=int(seconds))
        result = self.sandbox.run(
            ["python", str(inside() / script)],
            files={**self.files, **files, _REQUEST: json.dumps(request).encode()},
            outputs=[_REPORT],
            limits=limits,
            env={"PYTHONHASHSEED": "0", **(env or {})},
        )
        try:
            told = json.loads(result.files[_REPORT])
        except (KeyError, ValueError):
            return None, result
        return (told if isinstance(told, dict) else None), result


def coverage_folder() -> Path | None:
    """Return where codebot's own coverage lies, for projects without one; nothing of it is imported."""
    found = importlib.util.find_spec("coverage")
    return Path(os.path.dirname(found.origin)) if found is not None and found.origin else None


def _reached(told: Mapping[str, Any]) -> Reached:
    return Reached(frozenset(told.get("lines", ())), _arcs(told.get("arcs", ())))


def _arcs(told: Sequence[Sequence[int]]) -> frozenset[Arc]:
    return frozenset((int(one), int(other)) for one, other in told)


def _coverage(told: Mapping[str, Any]) -> Coverage:
    return Coverage(
        Reached(frozenset(told["executed_lines"]), _arcs(told["executed_branches"])),
        Reached(frozenset(told["missing_lines"]), _arcs(told["missing_branches"])),
    )


def _mutant(told: Mapping[str, Any], qualname: str) -> Mutant:
    killed = told["killed"]
    return Mutant(qualname, int(told["line"]), str(told["what"]), None if killed is None else tuple(killed))


def _observed(one: Subject, told: Mapping[str, Any]) -> Observed:
    outcomes = tuple(Outcome(str(each["kind"]), each, _reached(each)) for each in told["calls"])
    mutants = tuple(_mutant(each, one.qualname) for each in told["mutants"])
    return Observed(outcomes, mutants, bool(told["crashed"]))
