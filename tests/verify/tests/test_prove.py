"""Wrong tests are refused for the right reason, right ones are shown with evidence."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import pytest

from bot.reasons import REJECTIONS
from bot.tasks.tests.compose import Written
from bot.verify.tests.dropped import Unproven
from bot.verify.tests.prove import Proof, prove
from tests.verify.tests.catalogue import RIGHT, WRONG, Sample
from tests.verify.tests.conftest import SHOP, subjects_of

if TYPE_CHECKING:
    from bot.verify.tests.lab import Lab

SUBJECTS = {one.qualname: one for one in subjects_of("shop.py", SHOP)}


def written(sample: Sample) -> Written:
    one = SUBJECTS[sample.function]
    imports = frozenset({*sample.imports, ("shop", sample.function)})
    text = sample.text
    if "{year}" in text and "f'" not in text:
        text = text.replace("{year}", str(time.gmtime().tm_year))
    hour = time.gmtime().tm_hour
    text = text.replace("{hours}", str((hour, (hour + 1) % 24)))  # it may strike while the test runs
    if "{first!r}" in text:  # what hash seed 0, which the first run has, puts first
        text = text.replace("{first!r}", repr(first_of_set()))
    return Written("test_it", text, imports, one, ())


def first_of_set() -> str:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    script = "print(list({'ab', 'cd', 'ef', 'gh'})[0], end='')"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def proven(lab: Lab, sample: Sample) -> Proof | Unproven[Written]:
    return prove(
        lab, "test_shop.py", None, [written(sample)], runner="pytest", coverage={}, tidy=lambda text: text
    )


@pytest.mark.parametrize("sample", WRONG, ids=lambda sample: sample.name)
def test_a_wrong_test_is_refused(lab: Lab, sample: Sample) -> None:
    result = proven(lab, sample)
    assert isinstance(result, Unproven), result
    assert [each.reason for each in result.dropped] == [sample.reason], result.dropped
    assert sample.reason in REJECTIONS


@pytest.mark.parametrize("sample", RIGHT, ids=lambda sample: sample.name)
def test_a_right_test_is_shown(lab: Lab, sample: Sample) -> None:
    result = proven(lab, sample)
    assert isinstance(result, Proof), result
    told = {each.check: each.detail for each in result.evidence}
    assert told["passes"] == "5/5 passes"
    assert told["reaches"].startswith("+")
    assert int(told["catches"].split()[1]) >= 1


def test_every_reason_is_in_the_catalogue() -> None:
    """A reason that no wrong test is refused for is a check that nobody has seen work."""
    assert {sample.reason for sample in WRONG} == {
        *("test-does-not-parse", "test-import", "fails", "asserts-nothing"),
        *("kills-nothing", "banned", "flaky"),
    }
    assert len(WRONG) >= 30


def test_a_failing_row_goes_alone(lab: Lab) -> None:
    text = (
        "@pytest.mark.parametrize(\n    ('name', 'expected'),\n    [\n"
        "        ('ab', 'Ab'),\n        ('cd', 'wrong'),\n        ('x-a', 'A'),\n    ],\n)\n"
        "def test_label(name, expected):\n    assert label(name) == expected\n"
    )
    one = dataclasses.replace(
        written(RIGHT[2]),
        name="test_label",
        text=text,
        cases=(object(),) * 3,  # type: ignore[arg-type]
    )
    result = prove(lab, "test_shop.py", None, [one], runner="pytest", coverage={}, tidy=lambda text: text)
    assert isinstance(result, Proof), result
    assert "wrong" not in result.page.text
    assert "'x-a'" in result.page.text
    assert len(result.tests[0].cases) == 2


def test_tests_that_depend_on_one_another_are_refused(lab: Lab) -> None:
    """In another order, or alone, they fail."""
    calls = {"remember": "remember('a') == 1", "recalled": "recalled() == ['a']"}
    tests = [
        Written(
            f"test_{name}",
            f"def test_{name}():\n    assert {call}\n",
            frozenset({("shop", name)}),
            SUBJECTS[name],
            (),
        )
        for name, call in calls.items()
    ]
    result = prove(lab, "test_shop.py", None, tests, runner="pytest", coverage={}, tidy=lambda text: text)
    assert {each.reason for each in result.dropped} <= {"flaky", "fails"}
    assert "test_recalled" in {each.test.name for each in result.dropped}


def rows(*given: tuple[str, str]) -> Written:
    """Return a parametrized test of `label`."""
    lines = "".join(f"        ({name!r}, {expected!r}),\n" for name, expected in given)
    text = (
        "@pytest.mark.parametrize(\n    ('name', 'expected'),\n    [\n"
        f"{lines}    ],\n)\ndef test_label(name, expected):\n    assert label(name) == expected\n"
    )
    cases: tuple[object, ...] = (object(),) * len(given)
    return dataclasses.replace(written(RIGHT[2]), name="test_label", text=text, cases=cases)  # type: ignore[arg-type]


def test_rows_that_add_nothing_to_the_others_go(lab: Lab) -> None:
    one = rows(("ab", "Ab"), ("cd", "Cd"), ("x-a", "A"), ("ef", "Ef"))
    result = prove(lab, "test_shop.py", None, [one], runner="pytest", coverage={}, tidy=lambda text: text)
    assert isinstance(result, Proof), result
    assert "('ab', 'Ab')" in result.page.text
    assert "('x-a', 'A')" in result.page.text
    assert "Cd" not in result.page.text
    assert "Ef" not in result.page.text
    assert not result.dropped


def test_of_two_tests_that_show_the_same_one_stays(lab: Lab) -> None:
    texts = {f"test_{n}": f"def test_{n}():\n    assert total([{n}, 2]) == {n + 2}\n" for n in (3, 4)}
    one, imports = SUBJECTS["total"], frozenset({("shop", "total")})
    tests = [Written(name, text, imports, one, ()) for name, text in texts.items()]
    result = prove(lab, "test_shop.py", None, tests, runner="pytest", coverage={}, tidy=lambda text: text)
    assert isinstance(result, Proof), result
    assert [each.name for each in result.tests] == ["test_3"]
