"""Examples in docstrings: run in a real sandbox; what passes stays, what does not is cut and counted."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
from threading import Event
from typing import TYPE_CHECKING, get_args

import pytest

from bot.chunk.edit import edited_source
from bot.data import Change, Completion, Failed, Prompt, Verified
from bot.errors import UsageError
from bot.pipeline import Plan, annotate
from bot.pipeline.illustrating import Illustrations
from bot.ports import EngineInfo, Prompting
from bot.prompt.template import wording_for
from bot.tasks.docstrings import DocOptions, HouseStyle
from bot.tasks.style import Convention, StyleVotes
from bot.verify.confidence import NO_GATE
from bot.verify.examples.given import Examples
from bot.verify.sandbox import Sandbox, open_sandbox
from tests.test_fixing import TEMPLATE, Words
from tests.verify.sandbox.conftest import require_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    Documented = Callable[..., tuple[str, dict[str, str], Illustrations]]

CODE = """\
import random

_SEEN = {"a", "bb", "ccc", "dddd", "eeeee", "ffffff"}


def clamp(value: int, low: int, high: int) -> int:
    if low > high:
        raise ValueError(f"{low} is above {high}")
    return max(low, min(high, value))


def seen() -> list[str]:
    found = list(_SEEN)
    return found


class Shelf:
    def __init__(self, books: list[str]) -> None:
        self.books = books

    def first(self, start: str) -> str:
        found = [book for book in self.books if book.startswith(start)]
        return found[0] if found else ""
"""
ANSWERS = {
    "clamp": "Limit a value to the range from `low` to `high`.",
    "seen": "Return the words that were seen as a list.",
    "first": "Return the first book that starts with `start`.",
    "Shelf": "Books in the order they were put there.",
}
GOOD = ">>> clamp(12, 0, 10)\n10\n>>> clamp(5, 0, 10)\n5"


class Scripted:
    """A chat engine that answers by purpose and symbol."""

    def __init__(self, said: Mapping[str, str], *, chat: bool = True) -> None:
        self.said = {**{f"summary {name}": text for name, text in ANSWERS.items()}, **said}
        self.asked: list[Prompt] = []
        self.stop_at = ""
        self.tokenizer = Words()
        self.info = EngineInfo(
            "replay:",
            "scripted",
            "sha256:0",
            "none" if chat else "starcoder",
            4_096,
            chat=chat,
            prompting=Prompting(chat_template=TEMPLATE),
        )

    def complete(
        self, prompts: Iterable[Prompt], cancel: Event | None = None
    ) -> Iterator[Completion | Failed]:
        for prompt in prompts:
            self.asked.append(prompt)
            name = prompt.chunk.symbol.name if prompt.chunk.symbol else ""
            if f"{prompt.purpose} {name}" == self.stop_at and cancel is not None:
                cancel.set()
            text = self.said.get(f"{prompt.purpose} {name}", f"What the {name} needs of it.")
            yield Completion(prompt, text, "stop", prompt.tokens, 7, 0.01)

    def close(self) -> None:
        pass


@pytest.fixture
def documented(tmp_path: Path) -> Documented:
    """Return what runs the docstring flow over a module, with examples that are tried in a sandbox."""
    require_sandbox()
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").touch()
    (root / "shop" / "other.py").write_text("LIMIT = 3\n")

    def run(
        said: Mapping[str, str], code: str = CODE, *, chat: bool = True, opener: object = None, **more: object
    ) -> tuple[str, dict[str, str], Illustrations]:
        """Return the module as applied, evidence about examples by symbol, and the counts."""
        change = Change("shop/limits.py", code.encode(), code.encode())
        engine = Scripted(said, chat=chat)
        engine.stop_at = str(more.pop("stop_at", ""))
        cancel = more.pop("cancel", None)
        with open_sandbox(root) as sandbox:
            illustrations = Illustrations(Examples(opener or (lambda: sandbox)))  # type: ignore[arg-type]
            style = more.pop("style", HouseStyle())
            options = DocOptions(**{"examples": "always", **more})  # type: ignore[arg-type]
            wording = wording_for("docstring", engine.info)
            plan = Plan(options, style, NO_GATE, wording, examples=illustrations)  # type: ignore[arg-type]
            outcomes = list(annotate([change], engine, plan, cancel=cancel))  # type: ignore[arg-type]
        shown = [each for each in outcomes if isinstance(each, Verified)]
        text = edited_source(change, [each.suggestion for each in shown]).decode()
        return text, {_name(each): _told(each) for each in shown}, illustrations

    return run


def _name(one: Verified) -> str:
    symbol = one.suggestion.chunk.symbol
    return symbol.name if symbol else ""


def _told(one: Verified) -> str:
    found = [e for e in one.evidence if e.check.startswith("examples-")]
    return found[0].detail if found else ""


def docstring(source: str, name: str) -> str:
    tree = ast.parse(source)
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name]
    return ast.get_docstring(found[0]) or ""


def test_examples_that_pass_stay_and_are_told(documented: Documented) -> None:
    text, told, counts = documented({"examples clamp": f"```python\n{GOOD}\n```"})
    assert docstring(text, "clamp").endswith(
        "Examples:\n    >>> clamp(12, 0, 10)\n    10\n    >>> clamp(5, 0, 10)\n    5"
    )
    assert told["clamp"] == "2 examples run"
    assert counts.kept == 2
    assert "2 written, 2 ran and stay" in counts.told


def test_a_wrong_example_is_cut_and_the_rest_is_shown(documented: Documented) -> None:
    text, told, counts = documented({"examples clamp": GOOD.replace("\n10", "\n11")})
    assert "clamp(12" not in text
    assert ">>> clamp(5, 0, 10)\n" in text
    assert told["clamp"].startswith("1 example runs; 1 example cut: gives something else")
    assert "`clamp(12, 0, 10)` gives 10" in told["clamp"]
    assert counts.cut == {"fails": 1}


def test_what_only_passes_because_of_a_cut_example_goes_too(documented: Documented) -> None:
    text, told, counts = documented({"examples clamp": ">>> x = clamp(9, 0, 5); x\n4\n>>> x\n5\n"})
    assert ">>>" not in text
    assert "Limit a value" in docstring(text, "clamp")
    assert counts.cut == {"fails": 1, "unused": 1}
    assert "`x = clamp(9, 0, 5); x` gives 5" in told["clamp"]


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (">>> import time; time.sleep(1); clamp(1, 2, 3)\n2", "banned"),
        (">>> open('/etc/passwd').read(); clamp(1, 2, 3)\n2", "fails"),
        (">>> clamp(1, 2, 3)  # doctest: +SKIP\n5", "banned"),
        (">>> 1 + 1\n2", "unused"),
        (">>> clamp(1, 2\n2", "malformed"),
        (">>>clamp(1, 2, 3)\n2", "malformed"),
        (">>> clamp(1, 2, 3)\n'\x1b[31m'", "unsafe-text"),
        (">>> clamp(" + "1" * 120 + ", 2, 3)\n3", "too-wide"),
        (">>> import os; os._exit(0); clamp(1, 2, 3)\n2", "banned"),
        (">>> getattr(__import__('os'), '_exit')(0); clamp(1, 2, 3)\n2", "not-run"),
    ],
)
def test_what_is_cut_is_counted_with_its_reason(
    documented: Documented,
    session: str,
    reason: str,
) -> None:
    text, told, counts = documented({"examples clamp": session})
    assert ">>>" not in text
    assert "Limit a value" in docstring(text, "clamp")
    assert counts.cut[reason] == counts.cut.total() == 1
    assert "1 example cut" in told["clamp"]


def test_an_example_that_depends_on_the_order_of_a_set_is_cut(documented: Documented) -> None:
    """One order is as good as another: under some hash seed it is not the one written down."""
    words = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"]
    text, _, counts = documented({"examples seen": f">>> seen()\n{words}\n>>> len(seen())\n6"})
    assert ">>> len(seen())" in text
    assert ">>> seen()" not in text
    assert counts.kept == 1
    assert counts.cut.keys() <= {"fails", "flaky"}


def test_without_a_sandbox_examples_are_cut_and_it_is_said(documented: Documented) -> None:
    def none() -> Sandbox:
        raise UsageError("no sandbox works on this machine")

    text, told, counts = documented({"examples clamp": GOOD}, opener=none)
    assert ">>>" not in text
    assert "Limit a value" in docstring(text, "clamp")
    assert told["clamp"].startswith("2 examples cut: no sandbox")
    assert "0 ran and stay; 2 cut: no sandbox" in counts.told


def test_nothing_is_run_once_the_run_is_to_end(documented: Documented) -> None:
    """The docstring itself is proven by then, and is shown."""
    cancel = Event()

    def never() -> Sandbox:
        raise AssertionError("the sandbox was opened")

    text, told, counts = documented(
        {"examples clamp": GOOD}, opener=never, cancel=cancel, stop_at="examples clamp"
    )
    assert ">>>" not in text
    assert told["clamp"] == "2 examples cut: the run was to end before it ran"
    assert counts.cut == {"interrupted": 2}


def test_examples_in_a_summarys_own_answer_are_run_too(documented: Documented) -> None:
    """A wording that lets a model write a whole docstring."""
    whole = f'"""{ANSWERS["clamp"]}\n\nArgs:\n    value: What.\n\nExamples:\n    {GOOD}\n"""\n'
    whole = whole.replace("\n10\n>>> clamp(5, 0, 10)\n5", "\n    10")
    text, told, _ = documented({"summary clamp": whole}, examples="never")
    assert docstring(text, "clamp").endswith("Examples:\n    >>> clamp(12, 0, 10)\n    10")
    assert told["clamp"] == "1 example runs"


def test_a_model_that_fills_gaps_goes_on_behind_the_prompt(documented: Documented) -> None:
    answer = " clamp(12, 0, 10)\n        10\n        >>> clamp(5, 0, 10)\n        5"
    text, told, _ = documented({"examples clamp": answer}, chat=False)
    assert told["clamp"] == "2 examples run"
    assert "    Examples:\n        >>> clamp(12, 0, 10)\n        10\n" in text


def test_a_method_is_called_on_an_object_and_raised_errors_are_shown(
    documented: Documented,
) -> None:
    error = ">>> clamp(1, 3, 2)\nTraceback (most recent call last):\n    ...\nValueError: 3 is above 2"
    shelf = '>>> shelf = Shelf(["Emma", "Ulysses"])\n>>> shelf.first("U")\n\'Ulysses\''
    text, told, _ = documented({"examples clamp": error, "examples first": shelf})
    assert (told["clamp"], told["first"]) == ("1 example runs", "2 examples run")
    assert "ValueError: 3 is above 2" in docstring(text, "clamp")


@pytest.mark.parametrize("sections", ["never", "always"])
@pytest.mark.parametrize("convention", get_args(Convention))
def test_the_layout_is_the_conventions(
    documented: Documented,
    tmp_path: Path,
    convention: Convention,
    sections: str,
) -> None:
    """Ruff's D rules hold, doctest runs what is there, and sections stay what they were."""
    text, told, _ = documented(
        {"examples clamp": GOOD, "param:value clamp": "Number to limit.", "returns clamp": "Nearest number."},
        style=HouseStyle(convention, sections=sections == "always"),
        sections=sections,
    )
    assert told["clamp"] == "2 examples run"
    doc = docstring(text, "clamp")
    assert ("Number to limit." in doc) == (sections == "always")
    assert "\n\n>>> clamp" in doc or "\n\nExamples" in doc
    place = tmp_path / "limits.py"
    place.write_text(text)
    rules = ["--select=D", "--ignore=D1,D203,D213,D200,D212,D211"]
    setting = f"lint.pydocstyle.convention = '{convention if convention != 'sphinx' else 'pep257'}'"
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", *rules, "--config", setting, str(place)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    names: dict[str, object] = {}
    exec(compile(text, "limits.py", "exec"), names)  # noqa: S102 - our own module
    test = doctest.DocTestParser().get_doctest(doc, names, "clamp", None, None)
    assert doctest.DocTestRunner(verbose=False).run(test) == (0, 2)


def test_examples_are_asked_for_only_where_the_repository_has_them(
    documented: Documented,
) -> None:
    text, told, _ = documented({"examples clamp": GOOD}, examples="auto")
    assert ">>>" not in text
    assert not told["clamp"]
    votes = StyleVotes()
    for _ in range(9):
        votes.add('"""Do it."""', function=True)
    for _ in range(3):
        votes.add('"""Do it.\n\n    >>> f()\n    1\n    """', function=True)
    assert votes.style().examples
    text, _, _ = documented({"examples clamp": GOOD}, examples="auto", style=votes.style())
    assert ">>> clamp(12" in text


def test_a_relative_import_of_the_module_works(documented: Documented) -> None:
    code = CODE.replace("import random\n", "from .other import LIMIT\n").replace(
        "max(low, min", "max(LIMIT, min"
    )
    _, told, _ = documented({"examples clamp": ">>> clamp(0, 0, 9)\n3"}, code)
    assert told["clamp"] == "1 example runs"


def test_examples_that_a_person_wrote_stay_when_the_docstring_is_corrected(documented: Documented) -> None:
    """They are not the engine's: nothing runs them, and they keep no correction from being shown."""
    doc = (
        '    """Limit it.\n\n    Args:\n        value: What.\n        least: Gone.\n        low: Bottom.\n'
        "        high: Top.\n\n    Returns:\n        Nearest.\n\n    Raises:\n        ValueError: None.\n\n"
        '    Examples:\n        >>> clamp(1, 2, 3)\n        "not what it gives"\n    """\n'
    )
    code = CODE.replace("    if low > high", doc + "    if low > high", 1)
    text, told, _ = documented({}, code, improve=True)
    assert "least" not in text
    assert '"not what it gives"' in docstring(text, "clamp")
    assert not told["clamp"]
