"""Missing tests of Python, run by pytest or unittest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from bot.chunk.split import split
from bot.data import Change, Outcome, Skipped
from bot.languages import detect
from bot.pipeline.dialects.python.asking import Asker
from bot.pipeline.dialects.python.module import Ready, missing, test_module
from bot.tasks.tests.layout import habits
from bot.tasks.tests.subject import Module, Subject, module_of, others, subject, test_path
from bot.verify.tests.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from bot.pipeline.dialects.base import Funnel, Setting
    from bot.verify.sandbox import Sandbox

__all__ = ["PythonTests"]

_PROSE = (".rst", ".md", ".txt")
_BUDGET = 1 << 20  # bytes of a chunk: no function is cut
_RELATED = 400  # test files that are run for coverage at most


class PythonTests:
    """The dialect."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._packages: set[str] = set()
        self._before: dict[str, Change] = {}
        self._prose: list[bytes] = []

    def speaks(self, language: str) -> bool:
        """Whether it is Python."""
        return language == "python"

    def learn(self, item: Change | Skipped) -> None:
        """Keep Python, packages, and documents with examples."""
        if item.path.endswith("__init__.py"):  # an empty one too
            self._packages.add(item.path.rpartition("/")[0])
        if isinstance(item, Change) and item.path.endswith(".py"):
            self._before[item.path] = item
        elif isinstance(item, Change) and item.path.endswith(_PROSE) and b">>> " in item.source:
            self._prose.append(item.source)

    def look(self, change: Change) -> Iterator[Union[Subject, Outcome]]:
        """Yield what of a file is to be tested, and an outcome for every other chunk."""
        chunks = split(change, budget=_BUDGET)
        reason = ""
        module = None
        if detect(change.path, change.source[:80]) != "python":
            reason = "no-runner"
        elif test_path(change.path):
            reason = "is-a-test"
        else:
            module = self._module(change)
            reason = "" if module is not None else "unparsable"
        for chunk in chunks:
            if module is None:
                yield Skipped(change.path, reason, "", chunk)
            else:
                yield subject(chunk, module, private=self._setting.private)

    def _module(self, change: Change) -> Module | None:
        return module_of(change, frozenset(self._packages))

    def prepare(
        self, found: Sequence[Sequence[Subject]], changed: Mapping[str, bytes], sandbox: Sandbox
    ) -> Python:
        """Run the project's own tests once."""
        modules = [subjects[0].module for subjects in found]
        known_classes = others(filter(None, map(self._module, self._before.values())))
        for module in modules:
            module.elsewhere.update(known_classes)
        note = self._setting.note
        note(f"Tests ran with {sandbox.python.executable} ({sandbox.python.why}).")
        before = self._before
        differing = {p: raw for p, raw in changed.items() if p not in before or before[p].raw != raw}
        lab = Lab(sandbox, _import_roots(modules), differing)
        lab.warm()
        known = habits({path: each.source for path, each in before.items()}, pytest=lab.has("pytest"))
        stems = {module.name.rpartition(".")[2] for module in modules}
        related = [
            path
            for path in known.files
            if any(stem.encode() in before[path].source for stem in stems)
            or len(known.files) <= _RELATED // 10
        ][:_RELATED]
        report = lab.suite(known.runner, related) if related else None
        if report is None or not report.coverage:
            if report is not None:
                why = next(iter(report.problems), "they ended without a report").strip().splitlines()[-1:]
                said = "".join(why)[:160]
                note(f"The project's own tests could not be run ({said}): only imports count as coverage.")
            report = lab.suite("imports", [module.name for module in modules])
        opened = self._setting.engine
        asker = None
        if opened is not None:
            asker = Asker.of(opened(), self._setting.cancel, self._setting.prompts)
        return Python(
            Ready(self._setting.root, lab, known, report.coverage, before, self._prose, asker=asker)
        )


class Python:
    """The dialect over one project, ready."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._text = b"\n".join(each.source for each in ready.before.values())

    def missing(self, one: Subject) -> Collection[object]:
        """Return the lines and branches that nothing reaches."""
        return missing(one, self._ready.coverage)

    def risk(self, one: Subject) -> int:
        """Weigh what is not reached, and who calls it."""
        lacking = missing(one, self._ready.coverage)
        arcs = sum(isinstance(each, tuple) for each in lacking)
        callers = min(self._text.count(f"{one.node.name}(".encode()), 10)
        return 2 * arcs + len(lacking) - arcs + 3 * callers

    def test(self, subjects: Sequence[Subject], funnel: Funnel) -> Iterator[Outcome]:
        """Look for tests of one file's functions."""
        return test_module(subjects[0].module, subjects, self._ready, funnel)


def _import_roots(modules: Iterable[Module]) -> list[str]:
    """Return the folders that the modules are imported from, the repository's root first."""
    roots = {""}
    for module in modules:
        parts = module.path.removesuffix(".py").removesuffix("/__init__").split("/")
        depth = len(module.name.split("."))
        roots.add("/".join(parts[: len(parts) - depth]))
    return sorted(roots)
