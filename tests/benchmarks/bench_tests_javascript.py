"""Missing tests on npm packages that nobody here wrote: the funnel, and every test again in a fresh clone.

    python -m tests.benchmarks.bench_tests_javascript PACKAGE[@VERSION]… [--keep FOLDER]

A package is fetched by `npm pack`, its own tests are left out, and its package.json names `node --test`. What
it depends on is installed beside it. Every suggestion is applied to a fresh clone, where its file runs five
times. Needs node, npm and a registry.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from bot.tasks.tests.javascript.subject import test_path
from tests.benchmarks.bench_tests import git
from tests.benchmarks.told import say_notes, say_rest

PASSES = 5
BUILT = re.compile(r"(?:^|/)(?:dist|umd|build|min)/|\.min\.[cm]?js$|\.d\.[cm]?ts$|\.map$")


def main() -> None:
    """Run over each package and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--keep", type=Path, help="a folder for the repositories, to look at afterwards")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for number, name in enumerate(options.packages):
            place = (options.keep or Path(scratch)).resolve() / f"{number}-{re.sub(r'[^a-z0-9]+', '-', name)}"
            repository(name, place)
            package(name, place)


def repository(name: str, place: Path) -> None:
    """Put a package into a repository of its own, without its tests and what was built of its code."""
    place.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            ["npm", "pack", "--silent", name], cwd=folder, check=True, capture_output=True, text=True
        )
        with tarfile.open(Path(folder, told.stdout.split()[-1])) as archive:
            archive.extractall(folder, filter="data")
        top = next(each for each in Path(folder).iterdir() if each.is_dir())
        for path in sorted(each for each in top.rglob("*") if each.is_file()):
            inner = path.relative_to(top).as_posix()
            if BUILT.search(inner) or test_path(inner):
                continue
            (place / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place / inner)
    manifest = json.loads((place / "package.json").read_text())
    manifest["scripts"] = {"test": "node --test"}
    manifest.pop("devDependencies", None)
    (place / "package.json").write_text(json.dumps(manifest, indent=2))
    (place / ".gitignore").write_text("node_modules\n")
    if manifest.get("dependencies"):
        command = ["npm", "install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=place, check=True, capture_output=True)
    git(place, "init", "-q")
    git(place, "add", "-A")
    git(place, "commit", "-qm", "as it is published")


def package(name: str, place: Path) -> None:
    """Suggest tests for one package, apply them in a fresh clone, and run them there."""
    started = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "annotate", ".", "--tasks", "tests", "--format", "json"],
        cwd=place, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    if not ran.stdout:
        sys.exit(ran.stderr)
    told = json.loads(ran.stdout)
    seconds = time.perf_counter() - started
    fresh = place.with_name(f"{place.name}-fresh")
    git(place.parent, "clone", "-q", str(place), str(fresh))
    if (place / "node_modules").is_dir():
        shutil.copytree(place / "node_modules", fresh / "node_modules", symlinks=True)
    for one in told["suggestions"]:
        target = fresh / one["path"]
        assert one["new_file"], "the package's own tests are left out"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(one["replacement"])
    report(name, place, told, [failing(fresh, one["path"]) for one in told["suggestions"]], seconds)


def failing(place: Path, path: str) -> tuple[int, int]:
    """Run a file five times; return how many tests passed in all, and how many failed."""
    passed = failed = 0
    for _ in range(PASSES):
        ran = subprocess.run(["node", "--test", path], cwd=place, capture_output=True, text=True, check=False)
        found = dict(re.findall(r"^(?:# |\u2139 )(pass|fail) (\d+)", ran.stdout, re.MULTILINE))
        passed += int(found.get("pass", 0))
        failed += int(found.get("fail", 0)) + (ran.returncode != 0 and not found)
        if ran.returncode != 0:
            print(ran.stdout[-1500:])
    return passed, failed


def report(name: str, place: Path, told: dict[str, Any], ran: list[tuple[int, int]], seconds: float) -> None:
    """Print one package's figures."""
    version = json.loads((place / "package.json").read_text())["version"]
    say_notes(f"{name.partition('@')[0]} {version}", told, seconds)
    say_rest(told)
    passed, failed = (sum(each) for each in zip(*ran, strict=True)) if ran else (0, 0)
    print(
        f"  in a fresh clone, {PASSES} runs of each file: {passed} tests passed, {failed} failed", flush=True
    )


if __name__ == "__main__":
    main()
