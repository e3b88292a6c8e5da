"""Do generated tests catch known bugs? Functions without any tests, in one version, tested in the other.

Many programs make one repository, some twenty a module, without tests and docstrings. Tests come from one
version of it; then each program's tests run with the other version of that one program in place.
"""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.benchmarks.known_bugs import Bug

__all__ = ["Programs", "report"]

_A_MODULE = 20  # programs
_CPU = 10  # seconds of processor time for one program's tests: many bugs loop for ever
_WALL = 300
_RUN = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({_CPU}, {_CPU} + 1))
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-o", "addopts=", "--tb=no", *sys.argv[1:]]))
"""


@dataclass
class Programs:
    """Programs laid out as modules; a module has no name twice."""

    bugs: Sequence[Bug]
    modules: list[list[Bug]] = field(default_factory=list)

    def __post_init__(self) -> None:
        taken: list[set[str]] = []
        for bug in self.bugs:
            names = _names(bug.buggy) | _names(bug.fixed)
            fitting = (n for n, known in enumerate(taken) if not names & known)
            number = next((n for n in fitting if len(self.modules[n]) < _A_MODULE), len(taken))
            if number == len(taken):
                self.modules.append([])
                taken.append(set())
            self.modules[number].append(bug)
            taken[number] |= names

    def write(self, folder: Path, *, fixed: bool) -> None:
        """Write all modules in one version."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(len(self.modules)):
            (folder / _file(number)).write_text(self.module(number, fixed=fixed), "utf-8")
        for name, text in {each: text for bug in self.bugs for each, text in bug.beside.items()}.items():
            (folder / name).write_text(text, "utf-8")

    def module(self, number: int, *, fixed: bool, other: Bug | None = None) -> str:
        """Return a module's text, with one program in the other version."""
        chosen = (bug.fixed if fixed != (bug is other) else bug.buggy for bug in self.modules[number])
        return "\n\n".join(chosen)

    def tried(self, folder: Path, python: Path, *, fixed: bool) -> list[Caught]:
        """Run each program's tests with the other version of it in place, in a folder that has the tests."""
        found = []
        for number, module in enumerate(self.modules):
            tests = _tests_of(folder, number)
            for bug in module:
                own = [name for name, called in tests.items() if bug.function in called]
                if not own:
                    found.append(Caught(bug, 0, 0, 0))
                    continue
                place = folder / _file(number)
                same = _failing(folder, python, own)
                place.write_text(self.module(number, fixed=fixed, other=bug), "utf-8")
                other = _failing(folder, python, own)
                place.write_text(self.module(number, fixed=fixed), "utf-8")
                found.append(Caught(bug, len(own), same, other))
        return found


@dataclass(frozen=True)
class Caught:
    """One program's tests."""

    bug: Bug
    tests: int
    same: int  # of them, that fail on the version that they were made on
    other: int  # that fail on the other one


def report(name: str, found: Sequence[Caught], *, fixed: bool) -> None:
    """Print what the tests of one version say of the other."""
    with_tests = [each for each in found if each.tests]
    tests, same, other = (sum(getattr(each, key) for each in found) for key in ("tests", "same", "other"))
    told = [each for each in with_tests if each.other]
    made = "right" if fixed else "faulty"
    print(f"{name}, tests made on the {made} version: {len(with_tests)} of {len(found)} programs got some")
    print(f"  {tests} tests, of which {tests - same} pass on it")
    if fixed:
        print(f"  bugs caught, that is some test fails on the faulty version: {len(told)} of {len(found)}")
        missed = [each.bug.name.rpartition("/")[2] for each in with_tests if not each.other]
        print(f"  tests that pass on both: {', '.join(missed) or 'none'}")
    else:
        print(f"  tests that pin the bug, that is fail on the right version: {other} of {tests}")
        print(f"  programs with such a test: {len(told)} of {len(found)}")
    none = [each.bug.name.rpartition("/")[2] for each in found if not each.tests]
    print(f"  without a test: {', '.join(none) or 'none'}", flush=True)


def _file(number: int) -> str:
    return f"programs_{number + 1}.py"


def _names(code: str) -> set[str]:
    return {n.name for n in ast.parse(code).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}


def _tests_of(folder: Path, number: int) -> dict[str, set[str]]:
    """Return a module's tests, as pytest names them, with the names that each mentions."""
    found: dict[str, set[str]] = {}
    for file in folder.rglob(f"test_{_file(number)}"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                found[f"{file.relative_to(folder)}::{node.name}"] = names
    return found


def _failing(folder: Path, python: Path, tests: Sequence[str]) -> int:
    """Return how many tests fail; one that runs for ever is alone, so that the others tell too."""

    def run(some: Sequence[str]) -> str:
        try:
            ran = subprocess.run(
                [str(python), "-c", _RUN, *some], cwd=folder, capture_output=True, text=True, check=False,
                timeout=_WALL, env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "killed"
        return ran.stdout if ran.returncode >= 0 else "killed"

    told = run(tests)
    if told == "killed":
        return 1 if len(tests) == 1 else sum(_failing(folder, python, [each]) for each in tests)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+?::\w+)", told, re.MULTILINE)
    return len(set(failed)) if failed or " passed" in told else len(tests)
