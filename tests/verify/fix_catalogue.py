"""Seeded wrong fixes with the reason each is to be rejected for, and right ones that pass."""

from __future__ import annotations

from tests.verify.fixing import Case

__all__ = ["RIGHT", "SELECT", "WRONG"]

SELECT = (
    '"F", "E711", "E712", "B006", "B007", "SIM102", "UP007", "C416", "B904", "PERF401", "RET504", "UP031", '
    '"I001"'
)

TOTAL = '''
"""Sums."""

LIMIT = 10


def total(rows: list[int], start: int = 0) -> int:
    """Sum rows."""
    count = 0
    result = start
    for row in rows:
        if row is None:
            raise ValueError("no row")
        if row > LIMIT and result:
            result += LIMIT
        result += row
    return result


def mean(rows):
    """Average rows."""
    return total(rows) / len(rows)
'''
CHECKS = """
import unittest

import pytest

from sums import mean, total


def test_total():
    spare = 1
    assert total([1]) == 1
    assert total([1, 2]) == 3 and mean([1, 1]) == 1
    with pytest.raises(ValueError):
        total([None])


def test_mean():
    assert mean([2]) == 2


class MeanTest(unittest.TestCase):
    def test_equal(self):
        spare = 1
        self.assertEqual(mean([3]), 3)
        self.assertTrue(mean([3]) == 3)
"""
IMPORTS = '''
"""Helpers."""

import json
import os

from shapes import Circle

__all__ = ["Circle", "load"]


def load(path):
    with open(path) as stream:
        return json.load(stream)
'''
DEFAULT = """
def add(item: str, basket: list[str] = []) -> list[str]:
    basket.append(item)
    return basket


def _private(item, basket):
    return basket == None
"""
LATIN = """
# -*- coding: latin-1 -*-
def greet(name):
    word = "Grüß dich"
    return f"hello" + name
"""
NESTED = '''
def both(a, b):
    if a:
        if b:
            return 1
    return 2


class Shelf:
    """Books."""

    size = f"large"

    def find(self, title, books):
        best = None
        for book in books:
            if book == None:
                continue
            best = book
        return best
'''

UNIONS = """
from typing import Optional, Union


def f(a: Optional[int], b: Union[int, str]):
    return a, b


y: Union[int, str] = 1
"""

OPTIONAL = """
try:
    import readline
except Exception:
    readline = None

try:
    import sqlite3
    HAVE_SQLITE = True
except Exception:
    HAVE_SQLITE = False
"""

UNUSED = "    count = 0\n"
SPARE = "def test_total():\n    spare = 1\n"


def _total(*edits: tuple[str, str], gone: bool = True) -> Case:
    return Case(TOTAL, "F841", ((UNUSED, ""), *edits) if gone else edits)


def _checks(*edits: tuple[str, str]) -> Case:
    return Case(CHECKS, "F841", ((SPARE, "def test_total():\n"), *edits), path="tests/test_sums.py")


def _shelf(*edits: tuple[str, str]) -> Case:
    return Case(NESTED, "E711", (("book == None", "book is None"), *edits))


WRONG: tuple[tuple[str, Case], ...] = (
    # it does not fit, or is no text to put into a file
    ("does-not-apply", _total(("    result = start\n", "    result = start\n"), gone=False)),
    ("does-not-parse", _total(("    result = start\n", "    result = (start\n"))),
    (
        "does-not-parse",
        _total(("        if row is None:\n            raise", "        if row is None:\n        raise")),
    ),
    ("unsafe-text", _total(('"no row"', '"no \u202erow"'))),
    ("unsafe-text", _total(('"no row"', '"no \x1b[2Jrow"'))),
    ("unsafe-text", _total(('"no row"', '"no ro\u200bw"'))),
    ("unsafe-text", Case(LATIN, "F541", (('f"hello"', '"hello → "'),), encoding="latin-1")),
    # it edits something else
    (
        "outside-symbol",
        _total(("    return total(rows) / len(rows)", "    return total(rows) / max(len(rows), 1)")),
    ),
    ("outside-symbol", _total(("LIMIT = 10", "LIMIT = 100"))),
    (
        "outside-symbol",
        Case(IMPORTS, "F401", (("import os\n", ""), ("with open(path)", "with open(path, 'rb')"))),
    ),
    ("outside-symbol", _shelf(("            return 1\n", "            return 3\n"))),
    # the tools are not content
    ("finding-remains", _total((UNUSED, "    number = 0\n"), gone=False)),
    ("finding-remains", _total(("    result = start\n", "    result = 0 + start\n"), gone=False)),
    (
        "finding-remains",
        _shelf(("            best = book\n", "            best = None if book == None else book\n")),
    ),
    ("new-finding", _total(("    result = start\n", "    import os\n    result = start\n"))),
    ("new-finding", _total(('ValueError("no row")', 'ValueError(f"no row")'))),
    ("new-finding", _total(("        result += row\n", "        result += amount\n"))),
    ("finding-remains", _total(("        result += row\n", "        result += row\n        last = row\n"))),
    (
        "new-finding",
        Case(
            DEFAULT,
            "B006",
            (
                ("= [])", "= None)"),
                ("    basket.append", "    if basket == None:\n        basket = []\n    basket.append"),
            ),
        ),
    ),
    # it makes somebody look away
    ("silences", _total((UNUSED, "    count = 0  # noqa: F841\n"), gone=False)),
    ("silences", _total((UNUSED, "    count = 0  # noqa\n"), gone=False)),
    ("silences", _total(("    result = start\n", "    result = start  # type: ignore\n"))),
    (
        "silences",
        _total(
            (
                '            raise ValueError("no row")\n',
                '            raise ValueError("no row")  # pragma: no cover\n',
            )
        ),
    ),
    (
        "silences",
        _total(
            (
                "        result += row\n",
                "        try:\n            result += row\n        except:\n            result += 1\n",
            )
        ),
    ),
    (
        "silences",
        _total(
            (
                "        result += row\n",
                "        try:\n            result += row\n        except Exception:\n            pass\n",
            )
        ),
    ),
    (
        "silences",
        _total(
            (
                "        result += row\n",
                "        try:\n            result += row\n        except TypeError:\n            pass\n",
            )
        ),
    ),
    ("silences", _checks(("def test_total", "@pytest.mark.skip\ndef test_total"))),
    (
        "silences",
        _checks(("    assert total([1]) == 1\n", "    pytest.skip('later')\n    assert total([1]) == 1\n")),
    ),
    # it asks less of the code
    ("weakens-check", _total(('        if row is None:\n            raise ValueError("no row")\n', ""))),
    ("weakens-check", _total(('            raise ValueError("no row")\n', "            continue\n"))),
    ("weakens-check", _total(("        if row is None:\n", "        if False:\n"))),
    (
        "weakens-check",
        _total(("        if row > LIMIT and result:\n", "        if row > LIMIT and False:\n")),
    ),
    ("weakens-check", _total(("    result = start\n", "    return start\n    result = start\n"))),
    (
        "weakens-check",
        Case(
            NESTED,
            "SIM102",
            (("    if a:\n        if b:\n            return 1\n    return 2\n", "    return 2\n"),),
        ),
    ),
    ("weakens-check", _checks(("    assert total([1]) == 1\n", ""))),
    ("weakens-check", _checks(("    assert total([1]) == 1\n", "    assert True\n"))),
    ("weakens-check", _checks(("    assert total([1]) == 1\n", "    assert total([1])\n"))),
    ("weakens-check", _checks(("    assert total([1]) == 1\n", "    assert total([1]) >= 1\n"))),
    ("weakens-check", _checks(("    assert total([1]) == 1\n", "    assert total([1]) == 1 or True\n"))),
    ("weakens-check", _checks(("    assert total([1]) == 1\n", "    assert total([1]) == total([1])\n"))),
    ("weakens-check", _checks(("== 3 and mean([1, 1]) == 1", "== 3"))),
    ("weakens-check", _checks(("pytest.raises(ValueError)", "pytest.raises(Exception)"))),
    ("weakens-check", _checks(("def test_total", "def check_total"))),
    (
        "weakens-check",
        Case(
            CHECKS.replace(SPARE, "def test_total():\n"),
            "F841",
            (("        spare = 1\n", ""), ("self.assertEqual(mean([3]), 3)", "self.assertTrue(mean([3]))")),
            path="tests/test_sums.py",
        ),
    ),
    (
        "weakens-check",
        Case(OPTIONAL, "F401", (("    import sqlite3\n    HAVE", "    HAVE"),), written=False),
    ),
    # callers would notice
    ("signature-changed", _total(("start: int = 0", "begin: int = 0"), ("result = start", "result = begin"))),
    ("signature-changed", _total(("start: int = 0", "start: int = 1"))),
    ("signature-changed", _total(("start: int = 0", "start: int = 0, *, strict: bool = False"))),
    ("signature-changed", _total((") -> int:", ") -> float:"))),
    ("signature-changed", _total(("def total(", "async def total("))),
    ("signature-changed", _shelf(("def find(", "def search("))),
    ("signature-changed", Case(IMPORTS, "F401", (("import os\n", ""),), imported="os", written=False)),
    (
        "signature-changed",
        Case(IMPORTS, "F401", (("import os\n", ""),), path="pkg/__init__.py", written=False),
    ),
    (
        "signature-changed",
        Case(
            DEFAULT,
            "B006",
            (
                ("basket: list[str] = []", "bag: list[str] = None"),
                (
                    "    basket.append(item)\n    return basket\n",
                    "    bag = bag or []\n    bag.append(item)\n    return bag\n",
                ),
            ),
        ),
    ),
)

SORTED = """
try:
    from resource import getrlimit, RLIMIT_NOFILE, setrlimit
except ImportError:
    getrlimit = RLIMIT_NOFILE = None
"""

RIGHT: tuple[Case, ...] = (
    Case(SORTED, "I001", (("getrlimit, RLIMIT_NOFILE, setrlimit", "RLIMIT_NOFILE, getrlimit, setrlimit"),)),
    _total(),
    _total(("    result = start\n", "    result = int(start)\n")),
    _checks(),
    Case(IMPORTS, "F401", (("import os\n", ""),), written=False),
    Case(LATIN, "F541", (('f"hello"', '"hello"'),), encoding="latin-1"),
    Case(LATIN, "F841", (('    word = "Grüß dich"\n', ""),), encoding="latin-1"),
    Case(DEFAULT, "E711", (("basket == None", "basket is None"),)),
    Case(
        DEFAULT,
        "B006",
        (
            ("basket: list[str] = []", "basket: list[str] | None = None"),
            (
                "    basket.append(item)\n",
                "    basket = [] if basket is None else basket\n    basket.append(item)\n",
            ),
        ),
    ),
    Case(
        NESTED,
        "SIM102",
        (("    if a:\n        if b:\n            return 1\n", "    if a and b:\n        return 1\n"),),
    ),
    Case(NESTED, "F541", (('f"large"', '"large"'),)),
    _shelf(),
    Case(
        UNIONS,
        "UP007",
        (("b: Union[int, str]):", "b: int | str):"),),
        written=False,
    ),
)
