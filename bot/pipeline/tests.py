"""The flow of missing tests: which functions lack them, what to call them with, and the proof.

The project's own tests run once, to see what they reach. Then, file by file: calls are tried in the sandbox,
the few that show something new are written down as tests, and the test file is proven as a whole.
"""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Union

from bot.chunk.split import split
from bot.data import Change, Outcome, Skipped, Task, Verified
from bot.languages import detect
from bot.pipeline.asking import Asker
from bot.pipeline.testing import Funnel, Ready, missing, skip, test_module
from bot.tasks.tests.layout import habits
from bot.tasks.tests.subject import Module, Subject, module_of, subject, test_path
from bot.verify.tests.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.pipeline.flow import Work
    from bot.ports import Engine
    from bot.verify.sandbox import Sandbox

__all__ = ["MissingTests"]

_PROSE = (".rst", ".md", ".txt")
_BUDGET = 1 << 20  # bytes of a chunk: no function is cut
_TOLD = 3  # reasons why modules cannot be imported
_RELATED = 400  # test files that are run for coverage at most


@dataclass(frozen=True, slots=True)
class MissingTests:
    """The flow of missing tests."""

    root: Path
    tree: Callable[[], Iterator[Change | Skipped]]
    sandbox: Callable[[], Sandbox]
    private: bool = False
    limit: int | None = None
    jobs: int | None = None  # files in work at once; None: as many as there are cores
    engine: Callable[[], Engine] | None = None  # opens it; None: only what the repository tells is tried
    note: Callable[[str], None] = lambda _text: None
    funnel: Funnel = field(default_factory=Funnel)

    @property
    def task(self) -> Task:
        """Whose suggestions it makes."""
        return "test"

    def outcomes(self, work: Work) -> Iterator[Outcome]:
        """Yield one outcome for every chunk of every file, and one for every file that is skipped whole."""
        work.observer.start("reading")
        packages: set[str] = set()
        before: dict[str, Change] = {}
        prose: list[bytes] = []
        for item in self.tree():
            if item.path.endswith("__init__.py"):  # an empty one too
                packages.add(item.path.rpartition("/")[0])
            if isinstance(item, Change) and item.path.endswith(".py"):
                before[item.path] = item
            elif isinstance(item, Change) and item.path.endswith(_PROSE) and b">>> " in item.source:
                prose.append(item.source)
        found: list[tuple[Module, list[Subject]]] = []
        changed: dict[str, bytes] = {}
        for item in work.files:
            if isinstance(item, Skipped):
                yield item
                continue
            changed[item.path] = item.raw
            told = list(self._look(item, frozenset(packages)))
            yield from (each for each in told if not isinstance(each, Subject))
            subjects = [each for each in told if isinstance(each, Subject)]
            if subjects:
                found.append((subjects[0].module, subjects))
        if not found:
            return
        work.observer.start("running tests")
        ready = self._ready(found, before, changed, self.sandbox(), work)
        yield from self._told(self._all(found, replace(ready, prose=prose), work))
        if self.funnel.functions:
            self.note(f"{self.funnel}.")

    def _told(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """Pass outcomes on, and note why modules could not be imported: each reason once."""
        broken: dict[str, str] = {}
        for outcome in outcomes:
            if isinstance(outcome, Skipped) and outcome.reason == "not-importable":
                broken.setdefault(outcome.detail, outcome.path)
            yield outcome
        for why, path in list(broken.items())[:_TOLD]:
            hint = "Is the project installed in that environment (pip install -e .)?"
            self.note(f"{path} cannot be imported in the sandbox: {why}. {hint}")

    def _look(self, change: Change, packages: frozenset[str]) -> Iterator[Union[Subject, Outcome]]:
        """Yield what of a file is to be tested, and an outcome for every other chunk."""
        chunks = split(change, budget=_BUDGET)
        reason = ""
        module = None
        if detect(change.path, change.source[:80]) != "python":
            reason = "no-runner"
        elif test_path(change.path):
            reason = "is-a-test"
        else:
            module = module_of(change, packages)
            reason = "" if module is not None else "unparsable"
        for chunk in chunks:
            if module is None:
                yield Skipped(change.path, reason, "", chunk)
            else:
                yield subject(chunk, module, private=self.private)

    def _all(
        self,
        found: Sequence[tuple[Module, list[Subject]]],
        ready: Ready,
        work: Work,
    ) -> Iterator[Outcome]:
        lacking: list[tuple[Module, list[Subject]]] = []
        for module, subjects in found:
            covered = [one for one in subjects if not missing(one, ready.coverage)]
            yield from (skip(one, "tested") for one in covered)
            if rest := [one for one in subjects if one not in covered]:
                lacking.append((module, rest))
        chosen = self._ranked(lacking, ready)
        work.observer.start("testing", sum(len(each) for each in chosen.values()))
        for module, subjects in lacking:
            for one in subjects:
                if one not in chosen.get(module.path, ()):
                    yield skip(one, "limit")

        lock = Lock()

        def tested(module: Module) -> list[Outcome]:
            subjects = chosen.get(module.path, [])
            if work.cancel.is_set():
                return [skip(one, "interrupted") for one in subjects]
            own = Funnel()
            outcomes = list(test_module(module, subjects, ready, own)) if subjects else []
            with lock:
                self.funnel.add(own)
            shown = sum(isinstance(each, Verified) for each in outcomes)
            work.observer.advance(len(subjects), suggestions=shown, files=1)
            return outcomes

        with ThreadPoolExecutor(self.jobs or os.cpu_count() or 1) as pool:
            for outcomes in pool.map(tested, [module for module, _ in lacking]):
                yield from outcomes

    def _ready(
        self,
        found: Sequence[tuple[Module, list[Subject]]],
        before: Mapping[str, Change],
        changed: Mapping[str, bytes],
        sandbox: Sandbox,
        work: Work,
    ) -> Ready:
        """Run the project's own tests once."""
        differing = {p: raw for p, raw in changed.items() if p not in before or before[p].raw != raw}
        lab = Lab(sandbox, _import_roots(module for module, _ in found), differing)
        lab.warm()
        known = habits({path: each.source for path, each in before.items()}, pytest=lab.has("pytest"))
        stems = {module.name.rpartition(".")[2] for module, _ in found}
        related = [
            path
            for path in known.files
            if any(stem.encode() in before[path].source for stem in stems)
            or len(known.files) <= _RELATED // 10
        ][:_RELATED]
        names = [module.name for module, _ in found]
        report = lab.suite(known.runner, related) if related else None
        if report is None or not report.coverage:
            if report is not None:
                why = next(iter(report.problems), "they ended without a report").strip().splitlines()[-1:]
                said = "".join(why)[:160]
                self.note(
                    f"The project's own tests could not be run ({said}): only imports count as coverage."
                )
            report = lab.suite("imports", names)
        asker = Asker(self.engine(), work.cancel) if self.engine is not None else None
        return Ready(self.root, lab, known, report.coverage, before, asker=asker)

    def _ranked(
        self, lacking: Sequence[tuple[Module, list[Subject]]], ready: Ready
    ) -> dict[str, list[Subject]]:
        """Return the functions to look at, by path: with a limit, those where a mistake would cost most."""
        everyone = [one for _, subjects in lacking for one in subjects]
        if self.limit is not None and len(everyone) > self.limit:
            text = b"\n".join(each.source for each in ready.before.values())

            def risk(one: Subject) -> int:
                lacking = missing(one, ready.coverage)
                arcs = sum(isinstance(each, tuple) for each in lacking)
                callers = min(text.count(f"{one.node.name}(".encode()), 10)
                return 2 * arcs + len(lacking) - arcs + 3 * callers

            everyone = sorted(everyone, key=risk, reverse=True)[: self.limit]
        chosen: dict[str, list[Subject]] = defaultdict(list)
        for one in everyone:
            chosen[one.module.path].append(one)
        return {path: sorted(some, key=lambda one: one.node.lineno) for path, some in chosen.items()}


def _import_roots(modules: Iterator[Module]) -> list[str]:
    """Return the folders that the modules are imported from, the repository's root first."""
    roots = {""}
    for module in modules:
        parts = module.path.removesuffix(".py").removesuffix("/__init__").split("/")
        depth = len(module.name.split("."))
        roots.add("/".join(parts[: len(parts) - depth]))
    return sorted(roots)
