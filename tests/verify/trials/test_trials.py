"""What tests say of a fix: real pytest and unittest, in a real sandbox."""

from __future__ import annotations

import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.data import Change, Rejected
from bot.findings.finding import Finding, Region
from bot.findings.locate import locate
from bot.tasks.fixes import suggest
from bot.verify.fix import Fix, Standing
from bot.verify.ruff import Ruff
from bot.verify.sandbox import find_python, open_sandbox
from bot.verify.trials import Reaching, Trials
from tests.verify.sandbox.conftest import require_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Try = Callable[..., Sequence[Standing | Rejected]]

CODE = """\
def double(x):
    y = f"unused"
    return x * 2


def half(x):
    y = f"unused"
    return x / 2


def alone(x):
    y = f"unused"
    return x
"""
TESTS = """\
from sums import double, half


def test_double():
    assert double(2) == 4


def test_double_none():
    assert double(0) == 0


def test_half():
    assert half(2) == 1


def test_that_fails_anyway():
    assert half(2) == 2
"""
UNITTESTS = """\
import unittest

from sums import double


class Doubles(unittest.TestCase):
    def test_two(self):
        self.assertEqual(double(2), 4)

    def test_three(self):
        for n in (3, 4):
            with self.subTest(n=n):
                self.assertEqual(double(n), 2 * n)
"""


@pytest.fixture
def tried(tmp_path: Path) -> Try:
    """Return what takes edits of `sums.py` through the tests of a repository."""
    require_sandbox()

    def run(
        *edits: tuple[str, str], tests: str = TESTS, python: Path | None = None
    ) -> Sequence[Standing | Rejected]:
        (tmp_path / "sums.py").write_text(CODE, encoding="utf-8")
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / "test_sums.py").write_text(tests, encoding="utf-8")
        source = CODE.encode()
        change = Change("sums.py", source, source)
        found = locate(change, "python", Ruff(tmp_path).check("sums.py", source, rules=["F541"]))[0]
        fixes = []
        for old, new in edits:
            start = source.index(old.encode())
            edit = (start, start + len(old), new)
            here = [one for one in found if one.symbol.start <= start < one.symbol.end]
            fix = Fix(suggest(here[:1], [edit], "an edit"), (here[0],))
            fixes.append(Standing(fix, CODE.replace(old, new).encode(), (), (here[0],)))
        other = Change("tests/test_sums.py", tests.encode(), tests.encode())
        interpreter = find_python(tmp_path, configured=python or Path(sys.executable))
        with open_sandbox(tmp_path, python=interpreter) as sandbox:
            return Trials(sandbox, Reaching(lambda: [change, other]))(fixes)

    return run


def said(one: Standing | Rejected) -> tuple[str, str]:
    assert isinstance(one, Standing), one
    return one.evidence[-1].check, one.evidence[-1].detail


def test_tests_that_go_through_a_fix_are_counted(tried: Try) -> None:
    (one,) = tried(("return x * 2", "return 2 * x"))
    assert said(one) == ("tests", "3 tests pass, 2 of them through this")


def test_a_fix_that_breaks_a_test_is_rejected_with_the_test_and_its_error(tried: Try) -> None:
    (one,) = tried(("return x * 2", "return x * 3"))
    assert isinstance(one, Rejected)
    assert one.reason == "test-fails"
    assert "tests/test_sums.py::test_double" in one.detail
    assert "assert 6 == 4" in one.detail
    assert not one.evidence[-1].passed


def test_of_several_fixes_only_the_one_to_blame_is_rejected(tried: Try) -> None:
    good, bad = tried(("return x * 2", "return 2 * x"), ("return x / 2", "return x // 3"))
    assert said(good) == ("tests", "3 tests pass, 2 of them through this")
    assert isinstance(bad, Rejected)
    assert "test_half" in bad.detail


def test_a_function_that_no_test_calls_is_labelled(tried: Try) -> None:
    (one,) = tried(("    return x\n", "    return +x\n"))
    assert said(one) == ("untested", "no test reaches this")


def test_nothing_runs_where_only_layout_changes(tried: Try) -> None:
    (one,) = tried(("return x * 2", "return (x * 2)  # twice"))
    assert said(one) == ("same-program", "the syntax tree is the same")


def test_tests_that_cannot_run_here_are_no_evidence(tried: Try) -> None:
    (one,) = tried(("return x * 2", "return 2 * x"), tests=f"import not_installed_here\n{TESTS}")
    check, detail = said(one)
    assert check == "untested"
    assert "No module named 'not_installed_here'" in detail


def test_a_test_run_that_dies_is_no_evidence(tried: Try) -> None:
    (one,) = tried(
        ("return x * 2", "return 2 * x"), tests=TESTS + "\n\ndef test_x():\n    import os; os._exit(0)\n"
    )
    assert said(one)[0] == "untested"


def test_a_fix_that_ends_the_test_run_is_rejected(tried: Try) -> None:
    (one,) = tried(("return x * 2", "__import__('os')._exit(0)"))
    assert isinstance(one, Rejected)
    assert one.reason == "test-fails"


def test_without_pytest_unittest_runs_them(tried: Try, tmp_path: Path) -> None:
    venv.create(tmp_path / "python", with_pip=False)
    python = tmp_path / "python"
    (good,) = tried(("return x * 2", "return 2 * x"), tests=UNITTESTS, python=python)
    assert said(good) == ("tests", "2 tests pass, 2 of them through this")
    (bad,) = tried(("return x * 2", "return x + 2"), tests=UNITTESTS, python=python)
    assert isinstance(bad, Rejected)
    assert "test_three" in bad.detail


def failing(root: Path, old: str, new: str, test: str) -> Standing | Rejected:
    """Take an edit that is to mend a failing test of `sums.py` through the tests."""
    require_sandbox()
    broken = CODE.replace("x * 2", "x * 3")
    (root / "sums.py").write_text(broken, encoding="utf-8")
    (root / "test_sums.py").write_text(TESTS, encoding="utf-8")
    source = broken.encode()
    change, other = Change("sums.py", source, source), Change("test_sums.py", TESTS.encode(), TESTS.encode())
    finding = Finding(
        "test", "test_double", "6 != 4", "sums.py", Region(3), test=test, test_file="test_sums.py"
    )
    (one,) = locate(change, "python", [finding])[0]
    start = source.index(old.encode())
    fix = Fix(suggest([one], [(start, start + len(old), new)], "an edit"), (one,), written=True)
    standing = Standing(fix, broken.replace(old, new).encode(), (), (one,))
    python = find_python(root, configured=Path(sys.executable))
    with open_sandbox(root, python=python) as sandbox:
        return Trials(sandbox, Reaching(lambda: [change, other]))([standing])[0]


def test_a_failing_test_that_passes_now_proves_its_fix(tmp_path: Path) -> None:
    one = failing(tmp_path, "x * 3", "2 * x", "test_sums.test_double")
    assert said(one) == ("tests", "test_sums.test_double passes now, and 2 others as before")


def test_a_fix_that_mends_one_test_and_breaks_another_is_rejected(tmp_path: Path) -> None:
    one = failing(tmp_path, "x * 3", "4", "test_sums.test_double")
    assert isinstance(one, Rejected)
    assert "test_double_none" in one.detail


@pytest.mark.parametrize(
    ("test", "reason"), [("test_sums.test_half", "test-passes"), ("test_sums.test_x", "test-not-run")]
)
def test_a_test_that_does_not_fail_here_proves_nothing(test: str, reason: str, tmp_path: Path) -> None:
    one = failing(tmp_path, "x * 3", "2 * x", test)
    assert isinstance(one, Rejected)
    assert one.reason == reason
