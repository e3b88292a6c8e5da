"""Missing tests where a function needs objects that no call in the repository makes, or returns some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.data import Verified
from tests.test_missing_tests import outcomes_of

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = b"""\
import enum


class Unit(enum.Enum):
    METRE = "m"
    FOOT = "ft"


class Point:
    def __init__(self, x, y=0, parent=None):
        if isinstance(x, list):
            raise TypeError("a list is no number")
        self.x = x
        self.y = y
        self.parent = parent

    def __repr__(self):
        return f"Point({self.x!r}, {self.y!r})"

    def moved(self, dx: int):
        found = Point(self.x, self.y)
        found.x = found.x * 2 if isinstance(found.x, str) else found.x + dx
        return [self, found]


class Walk:
    __slots__ = ("name", "steps")

    def __init__(self, steps: int):
        self.name = "a walk"
        self.steps = steps

    @property
    def longer(self):
        return self.steps + 1

    @classmethod
    def of(cls, steps: int):
        return cls(steps * 2 + 1)
"""
TOOLS = b'''\
import json


def above(node):
    """Count what a thing hangs from."""
    found = 0
    while node.parent is not None and node.x is not None:
        node = node.parent
        found += 1
    return found


def convert(value: int, unit: "Unit"):
    return value * 3 if unit.value == "m" else value


def note(text: str, stream):
    stream.write(f"- {text}\\n")


def stored(json_text):
    return sorted(json.loads(json_text))


def weekday(dt):
    return dt.strftime("%A")
'''


@pytest.fixture(scope="module")
def tests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the proven test files of a package with two modules, by path."""
    root: Path = tmp_path_factory.mktemp("repo")
    (root / "plan").mkdir()
    for name, text in (("__init__.py", b""), ("shapes.py", SHAPES), ("tools.py", TOOLS)):
        (root / "plan" / name).write_bytes(text)
    found = [each.suggestion for each in outcomes_of(root) if isinstance(each, Verified)]
    return {each.path: each.replacement for each in found}


def test_objects_are_made_by_what_a_function_uses_of_them(tests: dict[str, str]) -> None:
    """Nothing but `node.parent` and `node.x` tells that `above` wants a Point, which another file defines."""
    text = tests["tests/test_tools.py"]
    assert "from plan.shapes import Point" in text
    assert "above(Point(" in text or "(Point(" in text
    assert "convert(" in text
    assert "Unit.METRE" in text


def test_streams_dates_and_json_are_guessed_by_name_and_use(tests: dict[str, str]) -> None:
    text = tests["tests/test_tools.py"]
    assert "given.getvalue() == " in text
    assert "datetime.datetime(" in text
    assert "stored(" in text


def test_a_list_of_objects_is_asserted_by_what_they_call_themselves(tests: dict[str, str]) -> None:
    text = tests["tests/test_shapes.py"]
    assert "[str(each) for each in Point(" in text


def test_an_object_without_attributes_of_its_own_is_asserted_by_slots_and_properties(
    tests: dict[str, str],
) -> None:
    assert "result.steps == " in tests["tests/test_shapes.py"]


def test_only_what_a_mutant_changes_is_asserted(tests: dict[str, str]) -> None:
    """No mutant of `of` changes the name or the type of what it returns."""
    text = tests["tests/test_shapes.py"]
    _, _, body = text.partition("def test_walk_of(")
    test, _, _ = body.partition("\ndef ")
    assert "result.steps == " in test
    assert "type(result)" not in test
    assert "result.name" not in test
