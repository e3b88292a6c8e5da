"""Missing tests of JavaScript and TypeScript, run by node --test, vitest or jest."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Union

from bot.chunk.split import split
from bot.data import Change, Outcome, Skipped
from bot.languages import detect
from bot.pipeline.dialects.base import Unready
from bot.pipeline.dialects.javascript.asking import Asker
from bot.pipeline.dialects.javascript.module import test_module
from bot.pipeline.dialects.javascript.ready import Place, Ready, missing
from bot.tasks.tests.javascript.layout import habits, is_test_file
from bot.tasks.tests.javascript.project import manifest_folder, project_of
from bot.tasks.tests.javascript.subject import LANGUAGES_SPOKEN, Subject, module_of, subject, test_path
from bot.verify.sandbox.node import find_node
from bot.verify.tests.javascript.instrument import instrument
from bot.verify.tests.javascript.lab import Lab
from bot.verify.tests.javascript.runners import unfit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bot.pipeline.dialects.base import Funnel, Setting
    from bot.verify.sandbox import Sandbox
    from bot.verify.sandbox.node import Node

__all__ = ["JavaScriptTests"]

_BUDGET = 1 << 20  # bytes of a chunk: no function is cut
_RELATED = 200  # test files that are run for coverage at most
_PROSE = (".md", ".mdx", ".markdown")


class JavaScriptTests:
    """The dialect."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._before: dict[str, Change] = {}
        self._manifests: dict[str, bytes] = {}
        self._prose: list[bytes] = []

    def speaks(self, language: str) -> bool:
        """Whether it is JavaScript or TypeScript."""
        return language in LANGUAGES_SPOKEN

    def learn(self, item: Change | Skipped) -> None:
        """Keep code, manifests, and documents with examples."""
        if not isinstance(item, Change):
            return
        if item.path.rpartition("/")[2] == "package.json":
            self._manifests[item.path] = item.source
        elif item.path.endswith(_PROSE):
            if b"```" in item.source:
                self._prose.append(item.source)
        elif detect(item.path, item.source[:80]) in LANGUAGES_SPOKEN:
            self._before[item.path] = item

    def look(self, change: Change) -> Iterator[Union[Subject, Outcome]]:
        """Yield what of a file is to be tested, and an outcome for every other chunk."""
        module = None
        if test_path(change.path):
            reason = "is-a-test"
        else:
            module = module_of(change)
            reason = "" if module is not None else "unparsable"
        for chunk in split(change, budget=_BUDGET):
            if module is None:
                yield Skipped(change.path, reason, "", chunk)
            else:
                yield subject(chunk, module, private=self._setting.private)

    def prepare(
        self, found: Sequence[Sequence[Subject]], changed: Mapping[str, bytes], sandbox: Sandbox
    ) -> JavaScript | Unready:
        """Find the runners, and run the projects' own tests once."""
        node = find_node(os.environ, self._setting.root)
        if node is None:
            return Unready("no-test-runner", "node is not on the path: install Node.js 20 or newer")
        self._setting.note(f"Tests of JavaScript ran with {node.executable}.")
        before = self._before
        differing = {p: raw for p, raw in changed.items() if p not in before or before[p].raw != raw}
        folders: dict[str, list[Sequence[Subject]]] = defaultdict(list)
        for subjects in found:
            folders[manifest_folder(subjects[0].module.path, self._manifests)].append(subjects)
        places = {
            folder: self._place(folder, some, sandbox, node, differing) for folder, some in folders.items()
        }
        opened, cancel, prompts = self._setting.engine, self._setting.cancel, self._setting.prompts
        asker = Asker.of(opened(), cancel, prompts) if opened is not None else None
        return JavaScript(Ready(before, self._prose, self._manifests, places, asker))

    def _place(
        self,
        folder: str,
        found: Sequence[Sequence[Subject]],
        sandbox: Sandbox,
        node: Node,
        differing: Mapping[str, bytes],
    ) -> Place | str:
        """Return one project, or why its tests cannot be run."""
        own = {
            path: each.source
            for path, each in self._before.items()
            if manifest_folder(path, self._manifests) == folder
        }
        tests = {path: s for path, s in own.items() if test_path(path) and is_test_file(path, s)}
        project = project_of(folder, self._manifests, list(tests.values()))
        if isinstance(project, str):
            return project
        if why := unfit(self._setting.root, project, node, "javascript"):
            return why
        known = habits(project, tests, {p: s for p, s in own.items() if not test_path(p)})
        lab = Lab(self._setting.root, sandbox, node, project, differing)
        typed = unfit(self._setting.root, project, node, "typescript")
        place = Place(project, known, lab, typed)
        self._cover(place, found, tests)
        return place

    def _cover(self, place: Place, found: Sequence[Sequence[Subject]], tests: Mapping[str, bytes]) -> None:
        """Run a project's own tests, and note the blocks that they reach."""
        stems = {some[0].module.path.rpartition("/")[2].partition(".")[0].encode() for some in found}
        related = [
            path
            for path, source in sorted(tests.items())
            if len(tests) <= _RELATED // 10 or any(stem in source for stem in stems)
        ][:_RELATED]
        if not related:
            return
        first, texts, numbers = 1, {}, {}
        for some in found:
            made = instrument(some[0].module, some, first=first, mutate=False)
            texts[some[0].module.path] = made.text
            for one, blocks in zip(some, made.blocks, strict=True):
                numbers[one.module.path, one.qualname] = [block.number for block in blocks]
                first = max([first, *(block.number + 1 for block in blocks)])
        report, hits = place.lab.suite(related, texts)
        if not report.results:
            self._setting.note(
                f"The tests of {place.project.folder or 'the project'} could not be run ({report.problem}): "
                "nothing is known of what they reach."
            )
        for key, own in numbers.items():
            place.reached[key] = frozenset(n for n, number in enumerate(own) if number in hits)


class JavaScript:
    """The dialect over one repository, ready."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._text = b"\n".join(each.source for each in ready.before.values())

    def missing(self, one: Subject) -> Collection[object]:
        """Return the blocks that nothing reaches, by number from the function's start."""
        return missing(one, self._ready)

    def risk(self, one: Subject) -> int:
        """Weigh what is not reached, and who calls it."""
        callers = min(self._text.count(f"{one.name}(".encode()), 10)
        return 2 * len(missing(one, self._ready)) + 3 * callers

    def test(self, subjects: Sequence[Subject], funnel: Funnel) -> Iterator[Outcome]:
        """Look for tests of one file's functions."""
        return test_module(subjects, self._ready, funnel)
