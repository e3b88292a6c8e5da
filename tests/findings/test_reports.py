"""Reports of strangers: read where they can be, else refused in words; never outside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.data import Change
from bot.errors import UsageError
from bot.findings.finding import Finding, Region, span
from bot.findings.locate import locate
from bot.findings.match import matched
from bot.findings.paths import inside
from bot.findings.reports import Reported, read_reports

ROOT = Path("/home/me/repo")


def change(path: str, text: str) -> Change:
    return Change(path, text.encode(), text.encode())


def sarif(*results: dict[str, Any], **run: Any) -> dict[str, Any]:  # noqa: ANN401
    driver = {"name": "eslint", "rules": [{"id": "no-var", "shortDescription": {"text": "No var."}}]}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results), **run}]}


def result(uri: str = "a.js", line: int = 2, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    place = {
        "artifactLocation": {"uri": uri},
        "region": {"startLine": line, "startColumn": 1, "endColumn": 4},
    }
    return {
        "ruleId": "no-var",
        "message": {"text": "Unexpected var."},
        "locations": [{"physicalLocation": place}],
        **more,
    }


def read(tmp_path: Path, report: object, *, tree: tuple[Change, ...] = ()) -> Reported:
    file = tmp_path / "report"
    if isinstance(report, bytes):
        file.write_bytes(report)
    else:
        file.write_text(json.dumps(report), encoding="utf-8")
    xml = isinstance(report, bytes) and report.lstrip().startswith(b"<")
    return read_reports([] if xml else [file], [file] if xml else [], ROOT, lambda: tree)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("a/b.py", "a/b.py"),
        ("./a//b.py", "a/b.py"),
        ("a\\b.py", "a/b.py"),
        ("/home/me/repo/a.py", "a.py"),
        ("file:///home/me/repo/a%20b.py", "a b.py"),
        ("file://localhost/home/me/repo/a.py", "a.py"),
        ("", None),
        ("../a.py", None),
        ("a/../../b.py", None),
        ("/etc/passwd", None),
        ("/home/me/repository/a.py", None),
        ("/home/me/repo/../x", None),
        ("file:///etc/passwd", None),
        ("file://host/home/me/repo/a.py", None),
        ("file:///home/me/repo/%2e%2e/x", None),
        ("https://example.org/a.py", None),
        ("C:\\Windows\\a.py", None),
        ("a\0b", None),
        ("a/" * 4_000 + "b", None),
    ],
)
def test_a_path_is_below_the_root_or_none_of_ours(path: str, wanted: str | None) -> None:
    assert inside(path, str(ROOT)) == wanted


@pytest.mark.parametrize(
    ("region", "text"),
    [
        (Region(1, 1, 1, 4), "let"),
        (Region(2), "s = 'é𝄞' + x"),
        (Region(2, 9, 2, 12), " + "),
        (Region(2, 10, 2, 13, "utf16"), " + "),
        (Region(2, 12, 2, 15, "bytes"), "' +"),
        (Region(1, 1, 2, 2), "let a\r\ns"),
        (Region(3, 1, 3, 99), "end"),
        (Region(3, 2, 3, 2), ""),
        (Region(9), None),
        (Region(0), None),
        (Region(2, 5, 1, 1), None),
    ],
)
def test_columns_count_what_the_tool_counts(region: Region, text: str | None) -> None:
    source = "let a\r\ns = 'é𝄞' + x\nend".encode()
    found = span(source, region)
    assert (None if found is None else source[found[0] : found[1]].decode()) == text


def test_sarif_gives_place_words_rule_and_fix(tmp_path: Path) -> None:
    fix = {
        "description": {"text": "Use let."},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": "a.js"},
                "replacements": [
                    {
                        "deletedRegion": {"startLine": 2, "startColumn": 1, "endColumn": 4},
                        "insertedContent": {"text": "let"},
                    }
                ],
            }
        ],
    }
    found = read(tmp_path, sarif(result(fixes=[fix]))).by_path["a.js"]
    assert [(f.tool, f.rule, f.message, f.region.start_line) for f in found] == [
        ("eslint", "no-var", "Unexpected var.", 2)
    ]
    assert found[0].fix is not None
    assert [edit.text for edit in found[0].fix.edits] == ["let"]


def test_sarif_resolves_bases_indices_and_message_strings(tmp_path: Path) -> None:
    place = {"artifactLocation": {"index": 0}, "region": {"startLine": 1}}
    report = sarif(
        {
            "ruleIndex": 0,
            "message": {"id": "m", "arguments": ["x"]},
            "locations": [{"physicalLocation": place}],
        },
        artifacts=[{"location": {"uri": "b.js", "uriBaseId": "SRC"}}],
        originalUriBaseIds={
            "SRC": {"uri": "lib/", "uriBaseId": "ROOT"},
            "ROOT": {"uri": "file:///home/me/repo/"},
        },
    )
    report["runs"][0]["tool"]["driver"]["rules"][0]["messageStrings"] = {"m": {"text": "Mind {0}."}}
    (found,) = read(tmp_path, report).by_path["lib/b.js"]
    assert (found.rule, found.message) == ("no-var", "Mind x.")


def test_what_is_suppressed_gone_or_no_complaint_is_left_out(tmp_path: Path) -> None:
    report = sarif(
        result(suppressions=[{"kind": "inSource"}]),
        result(baselineState="absent"),
        result(kind="pass"),
        result(suppressions=[{"kind": "external", "status": "rejected"}]),
    )
    assert len(read(tmp_path, report).by_path["a.js"]) == 1


def test_a_finding_outside_of_the_repository_is_counted_and_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, sarif(result("../../etc/passwd"), result("file:///etc/passwd"), result()))
    assert list(found.by_path) == ["a.js"]
    assert "2 findings outside of the repository" in found.notes[0]


def test_a_fix_that_reaches_into_another_file_is_none(tmp_path: Path) -> None:
    fix = {
        "artifactChanges": [
            {"artifactLocation": {"uri": "b.js"}, "replacements": [{"deletedRegion": {"startLine": 1}}]}
        ]
    }
    assert read(tmp_path, sarif(result(fixes=[fix]))).by_path["a.js"][0].fix is None


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"<testsuite/", "not XML"),
        (b"<html></html>", "not JUnit XML"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite>&b;</testsuite>', "document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>', "document type"),
        ({"version": "2.1.0"}, "neither SARIF nor ruff's or ESLint's JSON"),
        ({"version": "2.0.0", "runs": []}, "SARIF 2.0.0"),
        ({"version": "2.1.0", "runs": [{}]}, "run 1: lacks 'tool'"),
        (sarif(result(line="x")), "run 1, result 1"),  # type: ignore[arg-type]
        (
            sarif(result(), {"locations": [{"physicalLocation": {"region": {}}}]}),
            "run 1, result 2: lacks 'artifactLocation'",
        ),
        ([{"code": "F401"}], "neither SARIF nor ruff's or ESLint's JSON"),
        ([{"code": "F401", "message": "m", "filename": "a.py", "location": 3}], "finding 1"),
        (3, "neither SARIF nor ruff's or ESLint's JSON"),
    ],
)
def test_a_report_that_is_none_is_an_error_that_says_so(report: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        read(tmp_path, report)
    assert words in str(error.value)
    assert str(tmp_path / "report") in str(error.value)
    assert error.value.hint


def test_huge_words_are_cut(tmp_path: Path) -> None:
    (found,) = read(tmp_path, sarif(result(message={"text": "x" * 10_000_000}))).by_path["a.js"]
    assert len(found.message) < 5_000


CODE = change("pkg/sums.py", "def first(x):\n    return x\n\n\ndef total(rows):\n    return first(rows)[0]\n")
TESTS = change(
    "tests/test_sums.py",
    "from pkg.sums import total\n\n\ndef test_total():\n    rows = list([1])\n    assert total(rows) == 2\n",
)


def test_a_traceback_leads_to_the_innermost_line_of_code(tmp_path: Path) -> None:
    xml = b"""<testsuites><testsuite name="pytest"><testcase classname="tests.test_sums" name="test_total[1]">
    <failure message="IndexError: no">tests/test_sums.py:6: in test_total
pkg/sums.py:6: in total
/usr/lib/python3/x.py:1: IndexError</failure></testcase>
    <testcase classname="tests.test_sums" name="test_fine"/></testsuite></testsuites>"""
    (found,) = read(tmp_path, xml, tree=(CODE, TESTS)).by_path["pkg/sums.py"]
    assert (found.rule, found.message, found.region.start_line) == ("test_total", "IndexError: no", 6)
    assert (found.test, found.test_file) == ("tests.test_sums.test_total[1]", "tests/test_sums.py")


def test_without_a_traceback_into_code_the_function_that_the_test_calls_is_meant(tmp_path: Path) -> None:
    xml = b"""<testsuite><testcase classname="tests.test_sums" name="test_total">
    <failure message="assert 1 == 2">tests/test_sums.py:6: AssertionError</failure></testcase></testsuite>"""
    (found,) = read(tmp_path, xml, tree=(CODE, TESTS)).by_path["pkg/sums.py"]
    assert (found.region.start_line, found.region.end_line) == (5, 6)


def test_a_failing_test_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    xml = b'<testsuite><testcase classname="a.b" name="test_x"><error>boom</error></testcase></testsuite>'
    found = read(tmp_path, xml, tree=(CODE, TESTS))
    assert not found.by_path
    assert "a.b::test_x" in found.notes[0]


def test_an_old_report_is_found_again_by_its_words_and_then_by_nearness() -> None:
    text = "a = 1\nb = 2\na = 1\nc = 3\n"
    now = [Finding("ruff", "X1", f"bad {n}", "f.py", Region(n)) for n in (1, 2, 4)]
    now.append(Finding("ruff", "X1", "bad 1", "f.py", Region(3)))
    located, _ = locate(change("f.py", text), "python", now)
    old = [
        Finding("Ruff", "X1", "bad  1", "f.py", Region(9)),
        Finding("ruff", "X1", "gone", "f.py", Region(2)),
    ]
    found, gone = matched(old, located)
    assert [one.start_line for one in found] == [3]
    assert [one.message for one in gone] == ["gone"]
