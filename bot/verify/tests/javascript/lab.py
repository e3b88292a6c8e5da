"""Where tests of JavaScript are tried: probes and test files, run in a sandbox, and what they tell."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.tasks.tests.javascript.imports import header
from bot.verify.tests.javascript.report import Report, told_error
from bot.verify.tests.javascript.runners import REPORT, REPORTER, command, inside, results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bot.tasks.tests.javascript.imports import Sheet
    from bot.tasks.tests.javascript.project import Project
    from bot.tasks.tests.javascript.propose import Call
    from bot.tasks.tests.javascript.subject import Subject
    from bot.verify.sandbox import Result, Sandbox
    from bot.verify.sandbox.node import Node
    from bot.verify.tests.javascript.instrument import Instrumented

__all__ = ["Lab", "Observed", "Outcome", "beside"]

_PROBED, _HITS = ".codebot/probe.jsonl", ".codebot/hits"
_SUITE = 300.0  # seconds for the project's own tests
_OBSERVE = 180.0
_TESTS = 120.0
_TRIES = 8  # runs of a probe, each without the call that ended the last one
_CRASHES = 2  # calls that end the process, after which a function is let be


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call."""

    kind: str  # "value", "raises", "mutates", "state", "attrs"; the rest say nothing
    told: Mapping[str, Any]
    hits: frozenset[int] = frozenset()  # blocks it reached


@dataclass(slots=True)
class Observed:
    """What came of one function's calls, in their order, and which of them noticed which mutant."""

    outcomes: list[Outcome]
    killed: dict[int, tuple[int, ...] | None] = field(default_factory=dict)  # None: it hung
    crashed: bool = False


class Lab:
    """A sandbox over one project."""

    def __init__(
        self, root: Path, sandbox: Sandbox, node: Node, project: Project, files: Mapping[str, bytes]
    ) -> None:
        """Use a sandbox; it has to show what `node` needs.

        Args:
            root: The repository, as it lies on disk.
            sandbox: Over it.
            node: The interpreter.
            project: Whose tests.
            files: What differs from the disk, such as the staged contents.
        """
        self.root = root
        self.sandbox = sandbox
        self.node = node
        self.project = project
        self.files = dict(files)

    def suite(self, tests: Sequence[str], modules: Mapping[str, bytes]) -> tuple[Report, frozenset[int]]:
        """Run the project's own tests over instrumented modules; return the blocks they reach, too."""
        report, result = self._tests(tests, modules, {"CODEBOT_HITS": _HITS}, _SUITE)
        hits = result.files.get(_HITS, b"").split()
        return report, frozenset(int(each) for each in hits if each.isdigit())

    def tests(
        self,
        files: Mapping[str, bytes],
        paths: Sequence[str],
        env: Mapping[str, str] | None = None,
        seconds: float = _TESTS,
        *,
        together: bool = False,
    ) -> Report:
        """Run test files, each in a process or a realm of its own.

        Args:
            files: What to add to the repository, or change in it.
            paths: Of the test files.
            env: Further variables.
            seconds: For all of them.
            together: They may share a process, as long as each has its modules anew.
        """
        return self._tests(paths, files, env or {}, seconds, together=together)[0]

    def observe(
        self,
        sheet: Sheet,
        subjects: Sequence[Subject],
        calls: Sequence[Sequence[Call]],
        instrumented: Instrumented,
    ) -> list[Observed] | str:
        """Try calls of functions of one module; the reason where it cannot be imported."""
        path = beside(sheet.path, "codebot-observe")
        found = [Observed([Outcome("late", {}) for _ in some]) for some in calls]
        asked = [_asked(n, one, calls[n], instrumented) for n, one in enumerate(subjects)]
        for turn in range(_TRIES):
            text = _probe(sheet, asked, str(self.sandbox.root / _PROBED))
            files = {path: text.encode(), subjects[0].module.path: instrumented.text}
            lines, result = self._probed(path, files)
            if not lines and turn == 0:
                return self._reported(result).broken(path) or told_error(result)
            finished = _take(lines, found)
            asked = [each for each in asked if each["id"] not in finished]
            culprit = _last(lines)
            if not asked or culprit is None:
                break
            for each in asked:
                if each["id"] == culprit["at"]:
                    key, name = ("skip", "call") if "call" in culprit else ("hung", "mutant")
                    each[key] = [*each[key], culprit[name]]
            asked = [each for each in asked if len(each["skip"]) < _CRASHES]
        for each in asked:
            found[each["id"]].crashed = True
        for n, one in enumerate(found):
            one.crashed = one.crashed or (bool(calls[n]) and not any(o.told for o in one.outcomes))
        return found

    def _probed(self, path: str, files: Mapping[str, bytes]) -> tuple[list[dict[str, Any]], Result]:
        result = self._run([path], files, {}, _OBSERVE, plain=True)
        lines = []
        for line in result.files.get(_PROBED, b"").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:  # cut in the middle
                break
        return lines, result

    def _tests(
        self,
        paths: Sequence[str],
        files: Mapping[str, bytes],
        env: Mapping[str, str],
        seconds: float,
        *,
        together: bool = False,
    ) -> tuple[Report, Result]:
        result = self._run(paths, files, env, seconds, together=together)
        return self._reported(result), result

    def _reported(self, result: Result) -> Report:
        """Read what a runner reports."""
        found: dict[tuple[str, str], str] = {}
        try:
            for path, title, error in results(self.project.runner, result.files[REPORT], self.sandbox.root):
                found[path, title] = error or found.get((path, title), "")
        except (KeyError, ValueError, TypeError):
            return Report(found, told_error(result))
        return Report(found, "" if found else told_error(result))

    def _run(
        self,
        paths: Sequence[str],
        files: Mapping[str, bytes],
        env: Mapping[str, str],
        seconds: float,
        *,
        plain: bool = False,
        together: bool = False,
    ) -> Result:
        root = self.sandbox.root
        argv = command(self.root, root, self.project, self.node, paths, plain=plain, together=together)
        variables = {"TZ": "UTC", "CI": "true", "NODE_ENV": "test", **env}
        if "--experimental-vm-modules" in self.project.script:
            variables["NODE_OPTIONS"] = "--experimental-vm-modules"
        if _HITS in env.values():
            variables["CODEBOT_HITS"] = str(root / _HITS)
        reporter = (inside() / "reporter.mjs").read_bytes()
        limits = replace(
            self.sandbox.limits, seconds=seconds, cpu_seconds=int(seconds), memory=4 << 30, processes=256
        )
        return self.sandbox.run(
            argv,
            files={**self.files, REPORTER: reporter, **files},
            env=variables,
            limits=limits,
            cwd=self.project.folder,
            outputs=[_PROBED, REPORT, _HITS],
        )


def beside(path: str, name: str) -> str:
    """Return a path in the same folder, with the same kind of name, that is surely free."""
    folder, slash, last = path.rpartition("/")
    ending = re.search(r"((?:[._-](?:test|spec))?\.[cm]?[jt]sx?)$", last)
    return f"{folder}{slash}{name}{ending[1] if ending else ''}"


def _asked(number: int, one: Subject, calls: Sequence[Call], text: Instrumented) -> dict[str, Any]:
    return {
        "id": number,
        "awaited": one.awaited,
        "returns": one.returns,
        "calls": [
            {"receiver": c.receiver, "name": c.name, "arguments": list(c.arguments), "attribute": c.attribute}
            for c in calls
        ],
        "mutants": [each.number for each in text.mutations[number]],
        "skip": [],  # calls that ended the process
        "hung": [],  # mutants that did
    }


def _probe(sheet: Sheet, asked: Sequence[Mapping[str, Any]], report: str) -> str:
    """Return a file that imports the module as a test would, and tries calls of it."""
    request = {"report": report, "quote": sheet.habits.quote, "indent": "  ", "functions": list(asked)}
    names = ", ".join(sorted({name for name, _ in sheet.locals.values()}))
    tools = ("fs", "vm", "worker_threads")
    if sheet.esm:
        lines = [f'import * as codebot_{each} from "node:{each}";' for each in tools]
        lines += ['import { test as codebotTest } from "vitest";'] if sheet.runner == "vitest" else []
    else:
        lines = [f'const codebot_{each} = require("node:{each}");' for each in tools]
    script = (inside() / "probe.js").read_text("utf-8")
    call = (
        f"codebotProbe({{ {names} }}, {json.dumps(request)}, codebot_fs, codebot_vm, codebot_worker_threads)"
    )
    if sheet.runner == "node":
        end = f"{call}.then(() => process.reallyExit(0));"
    else:
        word = "codebotTest" if sheet.runner == "vitest" else "test"
        end = f'{word}("codebot", () => {call}, {int(_OBSERVE * 1000)});'
    return "\n".join(["// @ts-nocheck", header(sheet), *lines, script, end])


def _take(lines: Sequence[Mapping[str, Any]], found: Sequence[Observed]) -> set[int]:
    """Book a probe's lines; return the functions that it finished."""
    finished = set()
    for line in lines:
        one = found[int(line["id"])] if "id" in line else None
        if one is None:
            continue
        if "outcome" in line:
            told = line["outcome"]
            one.outcomes[int(line["number"])] = Outcome(str(told["kind"]), told, frozenset(line["hits"]))
        elif "mutant" in line:
            killed = line["killed"]
            one.killed[int(line["mutant"])] = None if killed is None else tuple(killed)
        elif line.get("done"):
            finished.add(int(line["id"]))
    return finished


def _last(lines: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return what a probe was at when it ended; None where it was at nothing."""
    return lines[-1] if lines and "at" in lines[-1] else None
