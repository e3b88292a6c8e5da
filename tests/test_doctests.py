"""Examples of docstrings that fail, as findings: real doctest, a real sandbox, fixes by a scripted engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.data import Change, Outcome, Rejected, Skipped, Verified
from bot.pipeline import Work, run
from bot.pipeline.fixes import Fixes
from bot.pipeline.offering import EngineOffer
from bot.verify.checker import Tools
from bot.verify.examples.found import Doctests
from bot.verify.ruff import Ruff
from bot.verify.sandbox import open_sandbox
from bot.verify.trials import NoTrials
from tests.commands.test_fixes import repo, report, write  # noqa: F401 - `repo` is a fixture
from tests.test_fixing import Scripted
from tests.verify.sandbox.conftest import require_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Found = Callable[..., tuple[list[Outcome], list[str]]]

MEDIAN = '''\
def median(values):
    """Return the middle of some numbers.

    >>> median([3, 1, 2])
    2
    >>> median([4, 1, 3, 2])
    2.5
    >>> median([7])
    7
    """
    found = sorted(values)
    return found[len(found) // 2]
'''
FIXED = MEDIAN.replace(
    "    return found[len(found) // 2]\n",
    "    half = len(found) // 2\n"
    "    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2\n",
)


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Return what takes one module through the fix flow, with answers of an engine in turn."""
    require_sandbox()
    root = tmp_path / "project"
    root.mkdir()

    def flow(
        code: str, answers: Sequence[str] = ("",), *, select: str = "E7"
    ) -> tuple[list[Outcome], list[str]]:
        left = list(answers)
        (root / "ruff.toml").write_text(f'lint.select = ["{select}"]\n')
        notes: list[str] = []
        change = Change("numbers_of.py", code.encode(), code.encode())
        engine = Scripted(lambda _: f"```python\n{left.pop(0) if left else ''}```\n", chat=True)
        with open_sandbox(root) as sandbox:
            tools = Tools(Ruff(root), doctests=Doctests(lambda: sandbox, notes.append))
            offer = EngineOffer(engine) if answers else None
            fixes = Fixes(tools, NoTrials("no test"), lambda _path, _name: "", offer)
            return list(run(fixes, Work([change]))), [*notes, *(p.text for p in engine.asked)]

    return flow


def test_a_failing_example_is_found_and_its_fix_proven(found: Found) -> None:
    (outcome,), asked = found(MEDIAN, [FIXED])
    assert isinstance(outcome, Verified)
    assert "half = len(found) // 2" in outcome.suggestion.replacement
    told = {e.check: e.detail for e in outcome.evidence}
    assert told["finding-gone"] == "python doctest in median no longer reported"
    assert told["untested"] == "no test, but the example passes now and no other fails"
    assert "`median([4, 1, 3, 2])` gives 3; the docstring says 2.5" in asked[0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (MEDIAN.replace("2.5", "3"), "weakens-check"),
        (MEDIAN.replace("    >>> median([4, 1, 3, 2])\n    2.5\n", ""), "weakens-check"),
        (MEDIAN.replace("[4, 1, 3, 2])", "[4, 1, 3, 2])  # doctest: +SKIP"), "silences"),
        (MEDIAN.replace("// 2]", "// 2] + 0"), "finding-remains"),
        (FIXED.replace("found[half] if", "found[0] if"), "finding-remains"),  # another one fails now
        (
            MEDIAN.replace("    found = sorted", "    import nothing_there\n    found = sorted"),
            "finding-remains",
        ),
        ("import nothing_there\n" + FIXED, "new-finding"),
    ],
)
def test_what_is_no_fix_of_an_example(found: Found, answer: str, reason: str) -> None:
    (outcome,), _ = found(MEDIAN, [answer])
    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason
    assert outcome.hint
    assert (outcome.hint.rule, outcome.hint.start_line) == ("doctest", 6)


def test_a_tools_fix_that_breaks_an_example_is_refused(found: Found) -> None:
    """Ruff calls it safe: `type(a) == type(b)` is not what the example relies on, `== None` is."""
    code = (
        "class Odd:\n    def __eq__(self, other):\n        return True\n\n    __hash__ = None\n\n\n"
        'def check(value):\n    """Tell.\n\n    >>> check(Odd())\n    \'none\'\n    """\n'
        "    if value == None:\n        return 'none'\n    return 'some'\n"
    )
    fixed = code.split("\n\n\n")[1].replace("value == None", "value is None")
    (outcome,), _ = found(code, [fixed])
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "new-finding"
    assert "the docstring says 'none'" in outcome.detail


def test_an_import_that_only_an_example_uses_is_not_taken_away(found: Found) -> None:
    """Ruff calls it unused, and its removal safe."""
    code = (
        "import json\nimport math\n\n\ndef area(r):\n"
        '    """Return an area.\n\n    >>> math.floor(area(1))\n    3\n    """\n    return 3.1 * r * r\n'
    )
    outcomes, _ = found(code, (), select="F401")
    (kept,) = (one for one in outcomes if isinstance(one, Rejected))
    assert kept.reason == "new-finding"
    assert "NameError: name 'math' is not defined" in kept.detail
    (shown,) = (one.suggestion for one in outcomes if isinstance(one, Verified))
    assert (shown.start_line, shown.replacement) == (1, "")


def test_the_example_of_a_class_leads_to_the_method_that_it_calls(found: Found) -> None:
    code = (
        'class Shelf:\n    """Books.\n\n    >>> Shelf().add("b").count()\n    1\n    """\n\n'
        "    def __init__(self):\n        self.books = []\n\n"
        "    def add(self, book):\n        self.books.append(book)\n        return self\n\n"
        "    def count(self):\n        return len(self.books) + 1\n"
    )
    (outcome,), _ = found(code, ["    def count(self):\n        return len(self.books)\n"])
    assert isinstance(outcome, Verified)
    assert outcome.suggestion.replacement == "        return len(self.books)\n"


def test_examples_that_lack_what_fixtures_give_or_change_with_the_seed_are_no_findings(
    found: Found,
) -> None:
    code = (
        'def double(x):\n    """Double.\n\n    >>> np.array(1)\n    1\n    >>> import nothing_there\n'
        "    >>> list({'a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'g', 'h', 'i'})[0]\n    'a'\n"
        '    """\n    return 2 * x\n'
    )
    (outcome,), notes = found(code)
    assert isinstance(outcome, (Skipped, Rejected))
    if isinstance(outcome, Skipped):  # unless both seeds put another word first
        assert outcome.reason == "no-finding"
    assert "2 use names that nothing makes known to them" in notes[0]


def test_a_module_that_cannot_be_imported_is_told(found: Found) -> None:
    (outcome,), notes = found("import nothing_there\n\n\n" + MEDIAN)
    assert isinstance(outcome, Skipped)
    assert "No module named 'nothing_there'" in notes[0]


def test_examples_that_do_not_end_are_ended(found: Found) -> None:
    code = 'def turn():\n    """Turn.\n\n    >>> turn()\n    1\n    """\n    while True:\n        str()\n'
    (outcome,), _ = found(
        code, [code.replace("    while True:\n        str()\n", "    return len(str(0))\n")]
    )
    assert isinstance(outcome, Verified)


def test_where_the_project_names_no_flags_only_what_no_flag_excuses_is_a_finding(found: Found) -> None:
    code = (
        'def told(x):\n    """Tell.\n\n    >>> told(1)\n    u\'1   ...\'\n    >>> told(None)\n'
        "    Traceback (most recent call last):\n    ValueError: in other words\n    >>> told(2)\n    '3'\n"
        '    """\n    if x is None:\n        raise ValueError("none")\n    return f"{x} and more"\n'
    )
    outcomes, _ = found(code)
    hints = [one.hint for one in outcomes if isinstance(one, Rejected) and one.hint]
    assert [hint.message for hint in hints] == ["`told(2)` gives '2 and more'; the docstring says '3'"]


def test_the_command_finds_them_unless_told_not_to(repo: Path) -> None:  # noqa: F811 - a fixture
    require_sandbox()
    write(repo, {"core.py": MEDIAN, "user.py": "from core import median\n\nmedian([1])\n"})
    write(repo, {"pytest.ini": "[pytest]\ndoctest_optionflags = ELLIPSIS\n"})
    hints = report(repo)["hints"]
    assert [(h["path"], h["start_line"], h["tool"], h["rule"]) for h in hints] == [
        ("core.py", 6, "python", "doctest")
    ]
    assert not report(repo, "--no-doctests")["hints"]
    write(repo, {"core.py": MEDIAN.replace("2.5", "3...")})
    assert not report(repo)["hints"], "pytest's own flags count"
