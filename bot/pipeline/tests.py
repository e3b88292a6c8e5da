"""The flow of missing tests: which functions lack them, what to call them with, and the proof.

What that means in a language is its dialect's to say. Here: the project's own tests run once, to see what
they reach. Then, file by file: calls are tried in the sandbox, the few that show something new are written
down as tests, and the test file is proven as a whole.
"""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.chunk.split import split
from bot.data import Change, Failed, Outcome, Rejected, Skipped, Task, Verified
from bot.languages import detect
from bot.pipeline.dialects import Funnel, Setting, Unready, dialects, skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bot.pipeline.dialects import Dialect, Prepared, Subject
    from bot.pipeline.flow import Work
    from bot.ports import Engine
    from bot.verify.sandbox import Sandbox

__all__ = ["MissingTests"]

_BUDGET = 1 << 20  # bytes of a chunk: no function is cut
_OUTCOMES = (Verified, Rejected, Skipped, Failed)
_TOLD = 3  # reasons why modules cannot be imported


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
    commands: Sequence[str] = ()  # the setting `test_commands`
    funnel: Funnel = field(default_factory=Funnel)
    prompts: Path | None = None  # folder of the user's own wordings

    @property
    def task(self) -> Task:
        """Whose suggestions it makes."""
        return "test"

    def outcomes(  # noqa: C901, PLR0912 - read, look, get ready, test: one after the other
        self, work: Work
    ) -> Iterator[Outcome]:
        """Yield one outcome for every chunk of every file, and one for every file that is skipped whole."""
        work.observer.start("reading")
        setting = Setting(
            self.root, work.cancel, self.private, self.engine, self.note, self.prompts, self.commands
        )
        spoken = dialects(setting)
        for item in self.tree():
            for dialect in spoken:
                dialect.learn(item)
        found: list[list[list[Subject]]] = [[] for _ in spoken]  # by dialect, by file
        changed: dict[str, bytes] = {}
        for item in work.files:
            if isinstance(item, Skipped):
                yield item
                continue
            changed[item.path] = item.raw
            subjects = []
            number, looked = _look(item, spoken)
            for each in looked:
                if isinstance(each, _OUTCOMES):
                    yield each
                else:
                    subjects.append(each)
            if subjects:
                found[number].append(subjects)
        if not any(found):
            return
        work.observer.start("running tests")
        ready: list[tuple[Prepared[Any], list[list[Subject]]]] = []
        for dialect, files in zip(spoken, found, strict=True):
            prepared = dialect.prepare(files, changed, self.sandbox()) if files else None
            if isinstance(prepared, Unready):
                yield from (skip(one, prepared.reason, prepared.detail) for some in files for one in some)
                self.note(prepared.detail)
            elif prepared is not None:
                ready.append((prepared, files))
        yield from self._told(self._all(ready, work))
        if self.funnel.functions:
            self.note(f"{self.funnel}.")

    def _told(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """Pass outcomes on, and note why modules could not be imported, or run: each reason once."""
        broken: dict[str, str] = {}
        unrun: dict[str, None] = {}
        for outcome in outcomes:
            if isinstance(outcome, Skipped) and outcome.reason == "not-importable":
                broken.setdefault(outcome.detail, outcome.path)
            elif isinstance(outcome, Skipped) and outcome.reason == "no-test-runner":
                unrun[f"{outcome.path} was left out: {outcome.detail}."] = None
            yield outcome
        for what in list(unrun)[:_TOLD]:
            self.note(what)
        for why, path in list(broken.items())[:_TOLD]:
            hint = "Is the project installed in that environment (pip install -e .)?"
            if detect(path) != "python":
                hint = "Are the project's packages installed in it (npm ci)?"
            self.note(f"{path} cannot be imported in the sandbox: {why}. {hint}")

    def _all(
        self, ready: Sequence[tuple[Prepared[Any], Sequence[Sequence[Subject]]]], work: Work
    ) -> Iterator[Outcome]:
        lacking: list[tuple[Prepared[Any], list[Subject]]] = []  # by file
        for prepared, files in ready:
            for subjects in files:
                rest = [one for one in subjects if prepared.missing(one)]
                yield from (skip(one, "tested") for one in subjects if one not in rest)
                if rest:
                    lacking.append((prepared, rest))
        chosen = self._ranked(lacking)
        work.observer.start("testing", sum(len(each) for each in chosen))
        for (_, subjects), some in zip(lacking, chosen, strict=True):
            yield from (skip(one, "limit") for one in subjects if one not in some)

        lock = Lock()

        def tested(number: int) -> list[Outcome]:
            subjects = chosen[number]
            if work.cancel.is_set():
                return [skip(one, "interrupted") for one in subjects]
            own = Funnel()
            outcomes = list(lacking[number][0].test(subjects, own)) if subjects else []
            with lock:
                self.funnel.add(own)
            shown = sum(isinstance(each, Verified) for each in outcomes)
            work.observer.advance(len(subjects), suggestions=shown, files=1)
            return outcomes

        with ThreadPoolExecutor(self.jobs or os.cpu_count() or 1) as pool:
            for outcomes in pool.map(tested, range(len(lacking))):
                yield from outcomes

    def _ranked(self, lacking: Sequence[tuple[Prepared[Any], list[Subject]]]) -> list[list[Subject]]:
        """Return the functions to look at, by file: with a limit, those where a mistake would cost most."""
        everyone = [(n, prepared, one) for n, (prepared, subjects) in enumerate(lacking) for one in subjects]
        if self.limit is not None and len(everyone) > self.limit:
            everyone.sort(key=lambda each: each[1].risk(each[2]), reverse=True)
            everyone = everyone[: self.limit]
        chosen: dict[int, list[Subject]] = defaultdict(list)
        for n, _, one in everyone:
            chosen[n].append(one)
        return [sorted(chosen[n], key=lambda one: one.chunk.start) for n in range(len(lacking))]


def _look(item: Change, spoken: Sequence[Dialect[Any]]) -> tuple[int, Iterator[Any]]:
    """Return whose file it is, and what that dialect says of it."""
    language = detect(item.path, item.source[:80])
    for number, dialect in enumerate(spoken):
        if dialect.speaks(language):
            return number, dialect.look(item)
    return 0, (Skipped(item.path, "no-runner", "", chunk) for chunk in split(item, budget=_BUDGET))
