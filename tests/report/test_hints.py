"""Hints in a text report: short, grouped by rule, and harmless whatever a tool wrote."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from bot.data import Hint, Rejected
from bot.report import render

if TYPE_CHECKING:
    from tests.report.conftest import Maker

SOURCE = b"def a():\n    return 1\n" * 40


def hint(make: Maker, rule: str, line: int, message: str = "it is so", **more: str) -> Rejected:
    chunk = make.chunk(make.change("a.py", SOURCE), line, "a")
    found = Hint(f"{rule}{line}", "ruff", rule, message, line, line, **more)
    return Rejected(chunk, "unsafe-fix", "it says so", hint=found)


def text(make: Maker, *found: Rejected) -> str:
    stream = io.StringIO()
    render(make.review(*found), stream=stream, width=100, color=False)
    return stream.getvalue()


def test_a_hint_names_the_rule_the_cause_the_place_and_what_speaks_against_a_fix(make: Maker) -> None:
    out = text(make, hint(make, "F841", 3, cause="It is likely a mistake.", offer="Remove it"))
    assert "1 hint: " in out
    assert "ruff F841  It is likely a mistake." in out
    assert "a.py:3  a  it is so" in out
    assert "the tool itself calls its fix unsafe; it offers: Remove it" in out
    assert "No suggestions: no fix could be proven." in out


def test_many_hints_take_few_lines_and_the_rare_rule_comes_first(make: Maker) -> None:
    out = text(make, *(hint(make, "E501", line) for line in range(1, 40)), hint(make, "F821", 7))
    assert out.index("F821") < out.index("E501")
    assert "and 36 more" in out
    assert len(out.splitlines()) < 30


def test_many_rules_end_in_a_count(make: Maker) -> None:
    out = text(make, *(hint(make, f"E{n}", n) for n in range(1, 31)))
    assert "and 18 more of 18 rules; --format json lists all" in out


def test_hostile_words_print_as_what_they_are(make: Maker) -> None:
    hostile = "x\x1b]0;owned\x07\n::error::y\r\u202e" + "long " * 10_000
    out = text(make, hint(make, hostile, 1, hostile, cause=hostile, offer=hostile))
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert not any(line.lstrip().startswith("::") for line in out.splitlines())
    assert len(out) < 4_000
