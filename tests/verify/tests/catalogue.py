"""Tests that must never be shown, each with the reason that it is refused for, and a few that may be."""

from __future__ import annotations

from dataclasses import dataclass

# ruff: noqa: E501 - a test a line

__all__ = ["RIGHT", "WRONG", "Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A test of one function of the shop."""

    name: str
    function: str
    text: str
    reason: str = ""  # key of REJECTIONS; "" where it is to be shown
    imports: tuple[tuple[str, str], ...] = ()


def wrong(reason: str, name: str, function: str, text: str, *imports: str) -> Sample:
    """Return a sample that is refused; `imports` are modules."""
    return Sample(name, function, text, reason, tuple((each, "") for each in imports))


WRONG = (
    wrong("test-does-not-parse", "unfinished", "total", "def test_it():\n    assert total([1, 2]) == (\n"),
    wrong("test-does-not-parse", "prose", "total", "Here is a test for total:\n"),
    wrong("fails", "wrong value", "total", "def test_it():\n    assert total([1, 2]) == 4\n"),
    wrong("fails", "wrong type", "label", "def test_it():\n    assert label('ab') == b'Ab'\n"),
    wrong("fails", "wrong error", "total",
          "def test_it():\n    with pytest.raises(KeyError):\n        total([1], discount=101)\n", "pytest"),
    wrong("fails", "expects an error that is not raised", "total",
          "def test_it():\n    with pytest.raises(ValueError):\n        total([1], discount=100)\n", "pytest"),
    wrong("fails", "random numbers", "draw", "def test_it():\n    assert draw(10**9) == 5\n"),
    wrong("fails", "a name that does not exist", "total", "def test_it():\n    assert totals([1]) == 1\n"),
    wrong("fails", "a fixture that does not exist", "total",
          "def test_it(database):\n    assert total(database.prices) == 3\n"),
    wrong("test-import", "a module that does not exist", "total",
          "def test_it():\n    assert total([nothing_at_all.ONE]) == 1\n", "nothing_at_all"),
    wrong("test-import", "an error when it is imported", "total",
          "@pytest.mark.parametrize('n', [1 / 0])\ndef test_it(n):\n    assert total([n]) == n\n", "pytest"),
    wrong("asserts-nothing", "only calls", "total", "def test_it():\n    total([1, 2])\n"),
    wrong("asserts-nothing", "always true", "total", "def test_it():\n    total([1, 2])\n    assert True\n"),
    wrong("asserts-nothing", "itself", "total", "def test_it():\n    r = total([1])\n    assert r == r\n"),
    wrong("asserts-nothing", "or true", "total", "def test_it():\n    assert total([1]) == 5 or True\n"),
    wrong("asserts-nothing", "literals", "total", "def test_it():\n    total([1])\n    assert 1 + 1 == 2\n"),
    wrong("kills-nothing", "not None", "label", "def test_it():\n    assert label is not None\n"),
    wrong("kills-nothing", "callable", "total", "def test_it():\n    assert callable(total)\n"),
    wrong("kills-nothing", "not called", "total", "def test_it():\n    assert sum([1, 2]) == len('abc')\n"),
    wrong("kills-nothing", "too weak", "tags", "def test_it():\n    assert tags is not tags(['a'])\n"),
    wrong("banned", "sleeps", "total", "def test_it():\n    time.sleep(0)\n    assert total([1]) == 1\n", "time"),
    wrong("banned", "network", "label",
          "def test_it():\n    import urllib.request\n    assert label('a') == 'A'\n"),
    wrong("banned", "a socket", "label", "import socket\n\n\ndef test_it():\n    assert label('a') == 'A'\n"),
    wrong("banned", "a program", "label",
          "def test_it():\n    import subprocess\n    assert label('a') == 'A'\n"),
    wrong("banned", "the clock", "stamp",
          "def test_it():\n    year = datetime.date.today().year\n    assert stamp('a') == f'{year} a'\n",
          "datetime"),
    wrong("banned", "no seed", "draw", "def test_it():\n    assert draw(random.randint(1, 1)) == 0\n", "random"),
    wrong("banned", "a path of this machine", "label",
          "def test_it():\n    assert label('/home/me/x') == '/Home/Me/X'\n"),
    wrong("banned", "an address", "label", "def test_it():\n    assert label(repr(label)) == '<Function at 0x7f00aa>'\n"),
    wrong("banned", "skips itself", "total",
          "@pytest.mark.skip\ndef test_it():\n    assert total([1]) == 1\n", "pytest"),
    wrong("banned", "expects to fail", "total",
          "@pytest.mark.xfail\ndef test_it():\n    assert total([1]) == 2\n", "pytest"),
    wrong("banned", "swallows its failure", "total",
          "def test_it():\n    try:\n        assert total([1]) == 2\n    except AssertionError:\n        pass\n"),
    wrong("banned", "ends the process", "total",
          "def test_it():\n    import os\n    assert total([1]) == 2 or os._exit(0)\n"),
    wrong("flaky", "the order of a set", "tags",
          "def test_it():\n    assert tags(['a', 'b', 'c', 'd', 'e']) == list({'a', 'b', 'c', 'd', 'e'})[:0] + "
          "tags(['e', 'd', 'c', 'b', 'a']) and tags(['ab', 'cd', 'ef', 'gh'])[0] == {first!r}\n"),
    wrong("flaky", "today's year", "stamp", "def test_it():\n    assert stamp('a') == '{year} a'\n"),
    wrong("flaky", "the hour", "clock", "def test_it():\n    assert clock() in {hours}\n"),
)  # fmt: skip
RIGHT = (
    Sample("a sum", "total", "def test_it():\n    assert total([1, 2]) == 3\n"),
    Sample(
        "an error",
        "total",
        "def test_it():\n    with pytest.raises(ValueError, match='no such'):\n        total([], -1)\n",
        imports=(("pytest", ""),),
    ),
    Sample("rows", "label",
           "@pytest.mark.parametrize('name', ['ab', 'Ab'])\ndef test_it(name):\n    assert label(name) == 'Ab'\n",
           imports=(("pytest", ""),)),
)  # fmt: skip
