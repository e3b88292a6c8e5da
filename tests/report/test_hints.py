"""Hints in a text report: short, grouped by rule, and harmless whatever a tool wrote."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from bot.data import Hint, Rejected
from bot.report import FORMATS, render
from bot.report.checks import batches

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


def test_every_format_tells_of_a_hint_and_edits_nothing_for_it(make: Maker) -> None:
    found = hint(make, "F821", 7, "undefined name `x`", url="https://docs.example/rules/F821")
    for form in FORMATS:
        stream = io.StringIO()
        render(make.review(found), form, stream=stream)
        told = stream.getvalue()
        assert (form == "patch") is ("F821" not in told), form
    (run,) = json.loads(rendered(make, "sarif", found))["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "codebot/hint" == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    assert "fixes" not in result
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 7, "endLine": 7}
    (diagnostic,) = json.loads(rendered(make, "rdjson", found))["diagnostics"]
    assert diagnostic["code"] == {"value": "ruff F821"}
    assert "suggestions" not in diagnostic
    (((row),),) = list(batches(make.review(found)))
    assert (row["annotation_level"], row["title"], row["start_line"]) == ("warning", "ruff F821", 7)
    page = rendered(make, "html", found)
    assert 'href="https://docs.example/rules/F821" rel="noreferrer">https://docs.example' in page


def test_a_hint_links_nowhere_odd(make: Maker) -> None:
    for url in ("javascript:alert(1)", "http://x/", "https://u@x/", 'https://x/"', "data:text/html,x"):
        assert (
            "noreferrer" not in rendered(make, "html", hint(make, "F821", 7, url=url)).partition("<body>")[2]
        )


def rendered(make: Maker, form: str, *found: Rejected) -> str:
    stream = io.StringIO()
    render(make.review(*found), form, stream=stream)
    return stream.getvalue()
