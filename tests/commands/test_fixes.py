"""`codebot annotate --tasks fixes` as a user meets it: real processes, real git, the project's own ruff."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.commands.test_commands import ROOT, codebot, git
from tests.verify.sandbox.conftest import require_sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CORE = """\
import json
import os
import sys
from typing import Optional


def load(path):
    unused = 1
    with open(path) as stream:
        found = json.load(stream)
    if found == None:
        return {}
    return dict(found) if not "x" in found else found


def name(a: Optional[str] = None):
    try:
        return f"name"
    except:
        return a
"""
USER = "from core import sys\n\nprint(sys.path)\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "a repository"
    write(folder, {"ruff.toml": 'lint.extend-select = ["E", "UP"]\n', "core.py": CORE, "user.py": USER})
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def report(repo: Path, *argv: str) -> dict[str, Any]:
    out = codebot("annotate", "--tasks", "fixes", "--format", "json", *argv, cwd=repo).stdout
    found: dict[str, Any] = json.loads(out)
    schema = json.loads((ROOT / "bot/report/schema/codebot-v1.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    ledger = found["ledger"]
    asked = ledger["completed"] + ledger["cached"]
    assert ledger["chunks"] == asked + sum(ledger["skipped"].values()) + sum(ledger["failed"].values())
    assert asked == ledger["verified"] + sum(ledger["rejected"].values())
    assert len(found["hints"]) == sum(ledger["rejected"].values())
    return found


def hinted(found: dict[str, Any]) -> dict[str, str]:
    """Return the reason of every hint, by "rule line"."""
    return {f"{h['rule']} {h['start_line']}": h["reason"] for h in found["hints"]}


def test_safe_fixes_are_suggested_and_the_rest_is_hinted_at(repo: Path) -> None:
    found = report(repo)
    fixes = {s["start_line"]: s for s in found["suggestions"]}
    assert all(s["task"] == "fix" and s["path"] == "core.py" for s in fixes.values())
    assert fixes[13]["replacement"] == '    return dict(found) if "x" not in found else found\n'
    assert fixes[18]["replacement"] == '        return "name"\n'
    assert "ruff E713" in fixes[13]["message"]
    checks = [e["check"] for e in fixes[13]["evidence"]]
    assert {"parses", "finding-gone", "no-new-finding", "signatures"} <= set(checks)
    reasons = hinted(found)
    assert reasons["F841 8"] == "unsafe-fix"
    assert reasons["E722 19"] == "no-fix"


def test_applying_the_fixes_is_what_ruff_is_content_with(repo: Path) -> None:
    codebot("annotate", "--tasks", "fixes", "--apply", cwd=repo)
    ast.parse((repo / "core.py").read_text(encoding="utf-8"))
    left = {h["rule"] for h in report(repo)["hints"]}
    assert not left & {"F541", "E713"}


def test_an_import_that_another_file_takes_from_here_stays(repo: Path) -> None:
    """Ruff calls it unused and its removal safe; it would break the other file."""
    found = report(repo)
    reasons = {h["message"]: (h["reason"], h["detail"]) for h in found["hints"]}
    assert reasons["`sys` imported but unused"] == ("signature-changed", "user.py imports sys from here")


def test_only_what_changed_is_looked_at(repo: Path) -> None:
    changed = CORE.replace('return f"name"', 'return f"other"')
    write(repo, {"core.py": changed})
    found = report(repo, "--since", "HEAD")
    assert [s["start_line"] for s in found["suggestions"]] == [18]
    assert not found["hints"]
    git(repo, "add", "-A")
    write(repo, {"core.py": "def broken(:\n"})
    assert [s["start_line"] for s in report(repo, "--staged")["suggestions"]] == [18]


def test_a_finding_keeps_its_name_when_lines_shift(repo: Path) -> None:
    before = {(h["rule"], h["message"]): h["id"] for h in report(repo)["hints"]}
    write(repo, {"core.py": f'"""Core."""\n\n{CORE}'})
    after = {(h["rule"], h["message"]): h["id"] for h in report(repo)["hints"]}
    assert before == after
    assert len(set(before.values())) == len(before)


def test_a_report_for_people_groups_hints_and_explains_them(repo: Path) -> None:
    out = codebot("annotate", "--tasks", "fixes", cwd=repo).stdout
    assert "finding gone" in out
    assert "○ no test" in out
    assert "E722" in out
    assert "core.py:19  name" in out
    assert "the tool itself calls its fix unsafe" in out
    found = report(repo)
    explained = codebot("explain", found["hints"][0]["id"], cwd=repo).stdout
    assert "core.py" in explained


def test_a_patch_holds_the_fixes_and_no_hint(repo: Path) -> None:
    patch = codebot("annotate", "--tasks", "fixes", "--format", "patch", cwd=repo).stdout
    done = subprocess.run(["git", "apply", "--check", "-"], cwd=repo, input=patch, text=True, check=False)
    assert done.returncode == 0
    assert "E722" not in patch


def test_two_fixes_that_do_not_go_together_are_not_both_suggested(repo: Path) -> None:
    """Each alone leaves a body; both would leave none."""
    write(
        repo,
        {
            "ruff.toml": 'lint.select = ["PIE790"]\n',
            "core.py": "def f():\n    ...\n    pass\n",
            "user.py": "x = 1\n",
        },
    )
    codebot("annotate", "--tasks", "fixes", "--apply", cwd=repo)
    ast.parse((repo / "core.py").read_text(encoding="utf-8"))


def test_a_file_that_does_not_parse_and_one_without_findings_are_on_the_ledger(repo: Path) -> None:
    write(repo, {"core.py": "def f(:\n", "notes.md": "# Notes\n"})
    skipped = report(repo)["ledger"]["skipped"]
    assert skipped["unparsable"] == 1
    assert skipped["no-finding"] == 1  # user.py
    assert skipped["no-tool"] >= 1


def test_a_broken_ruff_configuration_is_named(repo: Path) -> None:
    write(repo, {"ruff.toml": "lint.select = 3\n"})
    done = codebot("annotate", "--tasks", "fixes", cwd=repo, check=2)
    assert "ruff cannot check" in done.stderr
    assert "ruff.toml" in done.stderr
    assert "Traceback" not in done.stderr


LINT = """\
import json, sys

path = sys.argv[1]
results = []
for number, line in enumerate(open(path), 1):
    if line.startswith("var "):
        region = {"startLine": number, "startColumn": 1, "endColumn": 4}
        place = {"artifactLocation": {"uri": path}, "region": region}
        change = {"deletedRegion": region, "insertedContent": {"text": "let" if "ok" in line else "var"}}
        fix = {"artifactChanges": [{"artifactLocation": {"uri": path}, "replacements": [change]}]}
        results.append(
            {"ruleId": "no-var", "message": {"text": "Unexpected var."}, "fixes": [fix],
             "locations": [{"physicalLocation": place}]}
        )
run = {"tool": {"driver": {"name": "Shout"}}, "results": results}
json.dump({"version": "2.1.0", "runs": [run]}, sys.stdout)
"""


def test_findings_of_another_linter_are_rechecked_by_its_command(repo: Path) -> None:
    require_sandbox()
    write(repo, {"lint.py": LINT, "a.js": "// first\nvar ok = 1\nvar stays = 2\n"})
    log = subprocess.run(
        [sys.executable, "lint.py", "a.js"], cwd=repo, capture_output=True, text=True, check=True
    ).stdout
    write(repo, {"shout.sarif": log})
    unproven = report(repo, "--findings", "shout.sarif")
    assert {h["reason"] for h in unproven["hints"]} == {"no-recheck"}
    assert not unproven["suggestions"]
    write(repo, {".codebot.toml": 'recheck = ["shout: python lint.py {path}"]\n'})
    found = report(repo, "--findings", "shout.sarif")
    assert [(s["path"], s["replacement"]) for s in found["suggestions"]] == [("a.js", "let ok = 1\n")]
    assert [(h["start_line"], h["reason"]) for h in found["hints"]] == [(3, "does-not-apply")]


def test_a_linter_that_lies_in_a_folder_of_the_users_is_found_in_the_sandbox(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_sandbox()
    tools = tmp_path / "of the user" / "tools"
    write(tools, {"shout-lint": f'#!/bin/sh\nexec {sys.executable} lint.py "$@"\n', "secret": "not shown"})
    (tools / "shout-lint").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    write(repo, {"lint.py": LINT, "a.js": "// first\nvar ok = 1\n"})
    log = subprocess.run(["shout-lint", "a.js"], cwd=repo, capture_output=True, text=True, check=True).stdout
    write(repo, {"shout.sarif": log, ".codebot.toml": 'recheck = ["shout: shout-lint {path}"]\n'})
    found = report(repo, "--findings", "shout.sarif")
    assert [s["replacement"] for s in found["suggestions"]] == ["let ok = 1\n"]


def test_an_old_report_of_ruff_is_matched_and_what_is_gone_is_said(repo: Path) -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--output-format=json", "--exit-zero", "-o", "ruff.json"]
    subprocess.run(ruff, cwd=repo, check=True)
    write(repo, {"core.py": "# moved\n\n" + CORE.replace("    unused = 1\n", "")})
    found = report(repo, "--findings", "ruff.json")
    assert {s["start_line"] for s in found["suggestions"]} >= {14, 19}
    assert found["ledger"]["skipped"]["stale-finding"] == 1


def test_a_failing_test_is_a_hint_at_the_code_it_calls(repo: Path) -> None:
    tests = "from core import name\n\n\ndef test_name():\n    assert name('a') == 'b'\n"
    write(repo, {"tests/test_core.py": tests})
    pytest_ = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--junitxml=report.xml",
        "tests",
    ]
    subprocess.run(pytest_, cwd=repo, check=False, capture_output=True, env={**os.environ, "PYTHONPATH": "."})
    found = report(repo, "--junit", "report.xml")
    (hint,) = found["hints"]
    assert (hint["path"], hint["symbol"], hint["rule"]) == ("core.py", "name", "test_name")
    assert "'name' == 'b'" in hint["message"]


def test_a_report_that_cannot_be_read_is_an_error_that_names_it(repo: Path) -> None:
    write(repo, {"bad.sarif": "{"})
    done = codebot("annotate", "--tasks", "fixes", "--findings", "bad.sarif", cwd=repo, check=2)
    assert "bad.sarif is not JSON" in done.stderr
    done = codebot("annotate", "--tasks", "fixes", "--junit", "missing.xml", cwd=repo, check=2)
    assert "missing.xml" in done.stderr
    assert "Traceback" not in done.stderr
