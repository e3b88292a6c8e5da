"""The product's prompt for a test, over a project without the very test that is the answer."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.data import Completion
from bot.prompt.asking import asking_for
from bot.prompt.asking_tests import ANSWER, ask
from bot.tasks.tests.answer import one_assertion_each, read
from bot.tasks.tests.calls import calls_in, examples_in, of_module
from bot.tasks.tests.layout import habits, nearest
from bot.tasks.tests.subject import test_path
from bot.tasks.tests.wanted import name_of, style_in, wanted
from bot.verify.tests.prove import static
from training.answerable import asserts, tells
from training.unittest_way import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Prompt
    from bot.engines.tokenizer import FileTokenizer
    from bot.ports import EngineInfo
    from bot.tasks.tests.layout import Habits
    from training.answerable import Fit
    from training.project import Project

__all__ = ["Pages"]

_SPARE = 4  # tokens of the answer's room that are left
_FILES = re.compile(r"\b(open|(read|write)_(text|bytes)|mkdir|unlink|exists|iterdir|touch)\(")

_Calls = dict[str, list[tuple[ast.Call, int]]]  # by name, each with the id of its test; 0 for none


class Pages:
    """Makes prompts and answers of one project's tests."""

    def __init__(self, project: Project, info: EngineInfo, tokenizer: FileTokenizer) -> None:
        self._project, self._info, self._tokenizer = project, info, tokenizer
        self._words = asking_for("test", info)
        sources = {path: text.encode() for path, text in project.texts.items()}
        self._habits: Habits = habits(sources, pytest=True)
        self._calls: dict[str, _Calls] = {}

    def example(self, fit: Fit, *, alone: bool) -> tuple[str, str]:
        """Return the prompt, and what it is to be answered.

        Args:
            fit: The test.
            alone: Whether the function is shown as one that no test calls: without any test's calls of
                that name, and with the style of a test that has none.

        Raises:
            Unfit: The product would not ask, or would not keep the answer.
        """
        calls = self._called(fit.one.node.name, fit.test.origin, alone=alone)
        style = next(filter(None, self._styles(fit, alone=alone)), "")
        asked = wanted(fit.one, of_module(calls, fit.one.module), style)
        prompt = ask(asked, self._info, self._tokenizer, self._words)
        if prompt is None:
            raise Unfit("no room for the function")
        answer = self._answer(fit.body)
        if why := _refused(fit, prompt, answer):
            raise Unfit(why)
        if style and answer.replace("\n    ", "\n") in _bodies(style):
            raise Unfit("a copy is its style")
        return prompt.text, answer

    def _answer(self, body: list[ast.stmt]) -> str:
        """Return what fits the room of an answer: whole statements, the last of them an assertion."""
        for end in range(len(body), 0, -1):
            answer = "\n".join(map(ast.unparse, body[:end])).replace("\n", "\n    ")
            if asserts(body[end - 1]) and len(self._tokenizer.ids(answer)) < ANSWER - _SPARE:
                if not any(map(tells, body[:end])):
                    break
                return answer
        raise Unfit("too long an answer")

    def _called(self, name: str, hidden: ast.FunctionDef, *, alone: bool) -> Iterator[tuple[str, ast.Call]]:
        for path, text in self._project.texts.items():
            if name not in text or (alone and test_path(path)):
                continue
            if path not in self._calls:
                self._calls[path] = self._all(path)
            yield from ((name, call) for call, test in self._calls[path].get(name, ()) if test != id(hidden))

    def _all(self, path: str) -> _Calls:
        found: _Calls = defaultdict(list)
        module = self._project.module(path)
        if module is None:
            return found
        inside = {}
        if test_path(path):
            inside = {id(call): id(test) for test in _tests(module.tree) for _, call in calls_in(test)}
        for name, call in calls_in(module.tree):
            found[name].append((call, inside.get(id(call), 0)))
        for tree in examples_in(self._project.texts[path]):
            for name, call in calls_in(tree):
                found[name].append((call, 0))
        return found

    def _styles(self, fit: Fit, *, alone: bool) -> Iterator[str]:
        name = fit.one.node.name
        for path in nearest(fit.one.module, self._habits):
            module = self._project.module(path)
            others = [node for node in module.tree.body if node is not fit.test.origin] if module else []
            if alone:
                others = [each for each in others if all(called != name for called, _ in calls_in(each))]
            yield style_in(others)


def _refused(fit: Fit, prompt: Prompt, answer: str) -> str:
    """Return why the product would not keep an answer as it is; "" where it would."""
    name, called = name_of(fit.one), re.escape(fit.one.node.name)
    test = read(fit.one, Completion(prompt, answer, "stop", 0, 0, 0.0), name)
    if test is None or test.text != f"def {name}():\n    {answer}\n" or any(s in answer for s in prompt.stop):
        return "not read as it is"
    variants = list(one_assertion_each(test))
    if not variants or len(static(variants)[0]) < len(variants):
        return "refused by the product"
    if _FILES.search(answer):
        return "files"
    return "" if re.search(rf"\b{called}\b", answer) else "calls nothing of the project"


def _tests(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test"):
                yield each


def _bodies(style: str) -> str:
    return "\n".join("\n".join(map(ast.unparse, getattr(node, "body", ()))) for node in ast.parse(style).body)
