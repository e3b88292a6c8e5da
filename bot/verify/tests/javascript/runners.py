"""The three runners of JavaScript's tests: how each is started, and what its report says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.tasks.tests.javascript.project import Project, Runner
    from bot.verify.sandbox.node import Node

__all__ = ["REPORT", "REPORTER", "command", "inside", "installed", "results", "unfit"]

REPORT, REPORTER = ".codebot/report.json", ".codebot/reporter.mjs"
_PROGRAMS: dict[Runner, tuple[str, str]] = {  # the package, and what of it is run
    "vitest": ("vitest", "vitest.mjs"),
    "jest": ("jest", "bin/jest.js"),
}
_ONE_BY_ONE = 4  # the version of vitest from which a process has one file


def inside() -> Path:
    """Return the folder of the scripts that run in the sandbox."""
    return Path(__file__).with_name("inside")


def installed(root: Path, folder: str, package: str) -> str:
    """Return where a package lies for a project, relative to the root; "" where it is not installed."""
    while True:
        path = f"{folder}/node_modules/{package}".lstrip("/")
        if (root / path).is_dir():
            return path
        if not folder:
            return ""
        folder = folder.rpartition("/")[0]


def unfit(root: Path, project: Project, node: Node, language: str) -> str:
    """Return why files in a language cannot be tested, with what to do about it; "" if they can."""
    if project.runner != "node":
        package = _PROGRAMS[project.runner][0]
        if not installed(root, project.folder, package):
            where = project.folder or "the repository"
            return f"{package} is not installed: run npm ci (or npm install) in {where}"
    typed = language != "javascript"
    if typed and project.runner == "node" and not node.strips_types and not _tsx(root, project):
        version = ".".join(map(str, node.version))
        return (
            f"Node {version} cannot run TypeScript by itself: npm install --save-dev tsx, or name vitest, or "
            "jest with ts-jest, in package.json"
        )
    if typed and project.runner == "jest":
        known = ("ts-jest", "@swc/jest", "esbuild-jest", "@babel/preset-typescript")
        if not any(each in project.packages or installed(root, project.folder, each) for each in known):
            some = ", ".join(known)
            return (
                f"jest cannot read TypeScript here: install one of {some}, and name it in its configuration"
            )
    return ""


def _tsx(root: Path, project: Project) -> bool:
    return bool(installed(root, project.folder, "tsx"))


def command(
    root: Path,
    inside_root: Path,
    project: Project,
    node: Node,
    files: Sequence[str],
    *,
    plain: bool = False,
    together: bool = False,
) -> list[str]:
    """Return the command that runs test files, to be started in the project's folder.

    Args:
        root: The repository on disk.
        inside_root: Where it lies in the sandbox.
        project: Whose runner.
        node: The interpreter.
        files: Their paths, relative to the repository.
        plain: Run one file by node itself, without a runner around it.
        together: Files may share a process, as long as each has its modules anew.
    """
    head = [str(node.executable)]
    paths = [os.path.relpath(each, project.folder or ".") for each in files]
    paths = [f"./{each}" if each.startswith("-") else each for each in paths]
    report = str(inside_root / REPORT)
    if project.runner == "node":
        typed = any(each.endswith(("ts", "tsx")) for each in files)
        if typed and not node.strips_types:
            head += ["--import", "tsx"]
        if plain:
            return [*head, *paths]
        reporter = (inside_root / REPORTER).as_uri()
        if node.version >= (20, 11):
            head.append("--test-timeout=30000")  # of a file, which is then ended
        return [
            *head,
            "--test",
            f"--test-reporter={reporter}",
            f"--test-reporter-destination={report}",
            *paths,
        ]
    package, program = _PROGRAMS[project.runner]
    head.append(str(inside_root / installed(root, project.folder, package) / program))
    if project.runner == "vitest":
        if together and _major(root / installed(root, project.folder, package)) < _ONE_BY_ONE:
            paths = ["--pool=forks", "--poolOptions.forks.singleFork", *paths]
        return [
            *head,
            "run",
            "--reporter=json",
            f"--outputFile={report}",
            "--coverage.enabled=false",
            *paths,
        ]
    options = ["--json", f"--outputFile={report}", "--coverage=false", "--ci", "--watchman=false"]
    options += ["--runInBand"] if together else []
    return [*head, *options, "--runTestsByPath", *paths]


def _major(package: Path) -> int:
    try:
        return int(
            str(json.loads((package / "package.json").read_text("utf-8"))["version"]).partition(".")[0]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return _ONE_BY_ONE


def results(runner: Runner, raw: bytes, root: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the file, name and error ("" where it passed) of each test, and of each file that did not load.

    Raises:
        ValueError: The report is none.
    """
    if runner == "node":
        for line in raw.decode("utf-8", "replace").splitlines():
            told = json.loads(line)
            yield _inner(str(told["file"]), root), str(told["title"]), str(told["error"])
        return
    told = json.loads(raw)
    for each in told.get("testResults", ()):
        path = _inner(str(each.get("name", "")), root)
        found = each.get("assertionResults", ())
        if not found and each.get("status") != "passed":
            yield path, "", str(each.get("message") or "it did not load")
        yield from ((path, str(one["title"]), _error(one)) for one in found)


def _error(one: Mapping[str, Any]) -> str:
    if one.get("status") == "passed":
        return ""
    said = one.get("failureMessages") or [str(one.get("status", "failed"))]
    return str(said[0])[:1500]


def _inner(path: str, root: Path) -> str:
    path = path.removeprefix("file://")
    real = os.path.realpath(root)
    for top in (str(root), real):
        if path.startswith(f"{top}/"):
            return path.removeprefix(f"{top}/")
    return path
