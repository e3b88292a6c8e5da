"""Missing tests on packages that nobody here wrote: the funnel, and coverage before and after.

    python -m tests.benchmarks.bench_tests FOLDER… [--python INTERPRETER] [--bare]
    python -m tests.benchmarks.bench_tests FOLDER… --ratio
    python -m tests.benchmarks.bench_tests --humaneval humanevalpack.jsonl --quixbugs FOLDER

The last asks whether the tests catch bugs: they are made on right versions of programs with a known bug, then
run on the faulty ones, and the other way round (`known_bugs` tells where the programs are).

FOLDER is an unpacked source distribution. It is copied into a repository of its own; `--bare` leaves its
tests out, so that everything is missing. Every suggestion is applied to a fresh clone, where its tests run
five times. INTERPRETER needs pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bot.tasks.tests.subject import test_path
from bot.verify.tests.lab import coverage_folder
from tests.benchmarks.catching import Programs
from tests.benchmarks.catching import report as caught
from tests.benchmarks.known_bugs import Bug, humaneval, quixbugs
from tests.benchmarks.sandbox_cost import ratio
from tests.benchmarks.told import say_notes, say_rest

PASSES = 5
MEASURE = """
import json, sys, runpy
sys.path.insert(0, {coverage!r})
import coverage
options = {{"source": ["."], "omit": ["*test*", "setup.py"], "messages": False}}
measured = coverage.Coverage(data_file=None, branch=True, config_file=False, **options)
measured.start()
import pytest
pytest.main(["-q", "-p", "no:cacheprovider", "-o", "addopts="])
measured.stop()
measured.json_report(outfile=sys.argv[1], ignore_errors=True)
"""


def main() -> None:
    """Run over each folder and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--humaneval", type=Path)
    parser.add_argument("--quixbugs", type=Path)
    parser.add_argument("--limit", type=int, help="bugs of each")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--bare", action="store_true", help="leave the package's own tests out")
    parser.add_argument("--ratio", action="store_true", help="only time the sandbox against plain pytest")
    parser.add_argument("--pairs", type=int, default=30, help="of runs, for --ratio")
    options = parser.parse_args()
    options.python = options.python.absolute()
    with tempfile.TemporaryDirectory() as scratch:
        for number, folder in enumerate(options.folders):
            place = Path(scratch, str(number), folder.name)
            repository(folder, place, bare=options.bare)
            if options.ratio:
                ratio(place, options.python, options.pairs)
            else:
                package(place, options.python)
        for name, read in (("humaneval", humaneval), ("quixbugs", quixbugs)):
            if where := getattr(options, name):
                catches(name, list(read(where))[: options.limit], Path(scratch), options.python)


def repository(folder: Path, place: Path, *, bare: bool) -> None:
    """Copy a package into a repository of its own."""

    def left_out(_parent: str, names: list[str]) -> list[str]:
        return [
            n for n in names if n in {".git", "docs"} or (bare and (n in {"tests", "test"} or test_path(n)))
        ]

    shutil.copytree(folder, place, ignore=left_out)
    commit(place)


def commit(place: Path) -> None:
    """Make a folder a repository."""
    git(place, "init", "-q")
    git(place, "add", "-A")
    git(place, "commit", "-qm", "as it is published")


def git(place: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ["-c", "user.name=A Person", "-c", "user.email=person@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=place, check=True, capture_output=True)


def package(place: Path, python: Path) -> None:
    """Suggest tests for one package, apply them in a fresh clone, and run them there."""
    before = covered(place, python)
    started = time.perf_counter()
    told = suggested(place, python)
    seconds = time.perf_counter() - started
    fresh = place.with_name(f"{place.name}-fresh")
    git(place.parent, "clone", "-q", str(place), str(fresh))
    apply(told, fresh)
    after = covered(fresh, python)
    report(place.name, told, before, after, failing(fresh, python, told), seconds)


def suggested(place: Path, python: Path) -> dict[str, Any]:
    """Return what codebot tells of a repository's missing tests."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "annotate", ".", "--tasks", "tests", "--format", "json",
         "--python", str(python)],
        cwd=place, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    if not ran.stdout:
        sys.exit(ran.stderr)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def apply(told: dict[str, Any], place: Path) -> None:
    """Write all suggestions into the files of a clone."""
    for one in told["suggestions"]:
        target = place / one["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = target.read_text().splitlines(keepends=True) if target.exists() else []
        new = one["replacement"]
        kept = [*lines[: one["start_line"] - 1], new, *lines[one["end_line"] :]] if lines else [new]
        target.write_text("".join(kept))


def catches(name: str, bugs: list[Bug], scratch: Path, python: Path) -> None:
    """Make tests on one version of programs with a bug, run them on the other, and the other way round."""
    programs = Programs(bugs)
    for fixed in (True, False):
        place = scratch / f"{name}-{fixed}"
        programs.write(place, fixed=fixed)
        commit(place)
        started = time.perf_counter()
        told = suggested(place, python)
        seconds = time.perf_counter() - started
        apply(told, place)
        found = programs.tried(place, python, fixed=fixed)
        caught(name, found, fixed=fixed)
        rejected = Counter(told["tasks"]["test"]["rejected"])
        print(f"  rejected: {dict(rejected.most_common())}; {seconds:.0f} s", flush=True)


def covered(place: Path, python: Path) -> tuple[int, int]:
    """Return covered and all lines and branches together, by the tests that are there."""
    folder = coverage_folder()
    assert folder is not None
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "coverage.json")
        script = Path(scratch, "measure.py")
        script.write_text(MEASURE.format(coverage=str(folder.parent)))
        paths = [str(place / "src"), str(place)]
        subprocess.run(
            [str(python), str(script), str(out)], cwd=place, capture_output=True, check=False,
            env={"PYTHONPATH": ":".join(paths), "PATH": os.environ["PATH"], "COVERAGE_CORE": "ctrace"},
        )  # fmt: skip
        totals: dict[str, Any] = json.loads(out.read_text())["totals"] if out.exists() else {}
    found = totals.get("covered_lines", 0) + totals.get("covered_branches", 0)
    return found, totals.get("num_statements", 0) + totals.get("num_branches", 0)


def failing(place: Path, python: Path, told: dict[str, Any]) -> int:
    """Run every file of suggestions five times; return how many runs failed."""
    failed = 0
    for one in told["suggestions"]:
        names = re.findall(r"^\s*(?:async )?def (test_\w+)", one["replacement"], re.MULTILINE)
        for number in range(PASSES):
            ran = subprocess.run(
                [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", one["path"],
                 "-k", " or ".join(names)],
                cwd=place, capture_output=True, text=True, check=False,
                env={"PYTHONPATH": f"{place / 'src'}:{place}", "PATH": os.environ["PATH"],
                     "PYTHONHASHSEED": str(number)},
            )  # fmt: skip
            if ran.returncode != 0:
                failed += 1
                print(ran.stdout[-1500:])
    return failed


def report(  # noqa: PLR0917 - one package's figures
    name: str,
    told: dict[str, Any],
    before: tuple[int, int],
    after: tuple[int, int],
    failed: int,
    seconds: float,
) -> None:
    """Print one package's figures."""
    say_notes(name, told, seconds)
    share = [100 * found / total if total else 0.0 for found, total in (before, after)]
    print(f"  lines and branches covered: {share[0]:.1f} % before, {share[1]:.1f} % after")
    say_rest(told)
    print(f"  in a fresh clone: {PASSES * len(told['suggestions'])} runs, {failed} failed", flush=True)


if __name__ == "__main__":
    main()
