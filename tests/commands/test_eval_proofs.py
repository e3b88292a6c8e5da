"""`codebot eval tests` and `eval fixes` as a user runs them: real git, sandbox and ruff, scripted models."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands.test_commands import codebot, git
from tests.scripted_model import scripted_model
from tests.verify.tests.conftest import require_sandbox

pytest.importorskip("httpx2", reason="the openai extra is not installed")

if TYPE_CHECKING:
    from pathlib import Path

LABEL = """\
def label(connection):
    return connection.name.upper() + "!"


def tested(number):
    return number + 1
"""
TESTS = "from names import tested\n\n\ndef test_tested():\n    assert tested(1) == 2\n"
RIGHT = "from types import SimpleNamespace\n    assert label(SimpleNamespace(name='ab')) == 'AB!'\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "names.py").write_text(LABEL)
    (folder / "test_names.py").write_text(TESTS)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    return folder


def compared(task: str, *argv: str, cwd: Path) -> dict[str, Any]:
    """Return the report of a comparison, having seen that nothing was written and that counts add up."""
    done = codebot("eval", task, "--format", "json", *argv, cwd=cwd)
    report: dict[str, Any] = json.loads(done.stdout)
    assert not git(cwd, "status", "--porcelain")
    for row in report["rows"]:
        shown = round(row["shown"]["value"] * row["asked"] / 100)
        ended = [sum(row[kind].values()) for kind in ("rejected", "skipped", "failed")]
        assert shown + sum(ended) == row["asked"] == len(row["ends"])
        assert row["shown"]["low"] <= row["shown"]["value"] <= row["shown"]["high"]
    return report


def test_what_an_engine_writes_is_proven_and_counted(repo: Path, tmp_path: Path) -> None:
    """Nothing in the repository says what to call it with: only the engine knows."""
    require_sandbox()
    chart = tmp_path / "chart.svg"
    (repo / "names.py").write_text(LABEL.partition("\n\n\n")[0] + "\n")
    (repo / "test_names.py").unlink()  # running it takes as long as proving
    git(repo, "commit", "-qam", "one function")
    with scripted_model(lambda _: RIGHT) as url:
        report = compared("tests", "--engine", url, "--plot", str(chart), cwd=repo)
    (row,) = report["rows"]
    assert [each["case"] for each in row["ends"]] == ["names.py label"]
    assert (row["shown"]["value"], row["held"]["value"]) == (100, 100)
    assert row["mutants"] >= row["caught"] > 0
    assert row["tokens"] > 0
    assert row["sandbox_seconds"] > 0
    assert ET.parse(chart).getroot().tag.endswith("svg")  # noqa: S314 - our own file


def test_what_does_not_hold_is_told_with_its_reason(repo: Path) -> None:
    """Of two functions one is tested already, so that nobody is asked about it."""
    require_sandbox()
    with scripted_model(lambda _: "assert label(None) == 1\n") as url:
        out = codebot("eval", "tests", "--engine", url, cwd=repo).stdout
    assert "1 function without a test, from repository" in out
    assert "100 %  no call had an outcome that a test could assert" in out


SUMS = """\
def halve(number):
    try:
        return number / 2
    except:
        return 0


"""
TOTAL = """\
def total(prices, limit):
    result = 0
    for price in prices:
        if price < limit:
            result += price
    return result
"""
TOTALS = """\
from sums import total


def test_total():
    assert total([1, 2, 5], 5) == 3
    assert total([], 5) == 0
"""


@pytest.fixture
def faulty(repo: Path) -> Path:
    """One finding that ruff has no fix for, and one function that a test reaches."""
    (repo / "names.py").unlink()
    (repo / "test_names.py").unlink()
    (repo / "sums.py").write_text(SUMS + TOTAL)
    (repo / "test_sums.py").write_text(TOTALS)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "sums")
    return repo


def mends(prompt: str) -> str:
    """Return the right lines for the finding, and the right function for the mistake."""
    if "<commit_before>" in prompt:
        return TOTAL if "def total" in prompt else ""
    return "except TypeError:"


def test_findings_and_mistakes_are_mended_or_not(faulty: Path) -> None:
    """Both models see the same cases; one writes what was there before the mistake."""
    require_sandbox()
    with scripted_model(mends, "mender") as good, scripted_model(lambda _: "", "mute") as mute:
        report = compared("fixes", "--engine", good, "--engine", mute, cwd=faulty)
    mended, left = report["rows"]
    assert [each["case"] for each in mended["ends"]] == [each["case"] for each in left["ends"]]
    assert mended["ends"][0]["case"] == "sums.py:4 ruff E722"
    assert mended["ends"][1]["case"].startswith("sums.py total: line ")
    assert [mended[each]["value"] for each in ("findings", "faults", "restored")] == [100, 100, 100]
    assert left["shown"]["value"] == 0
    assert left["rejected"] == {"no-answer": 2}


def test_findings_alone_need_no_tests(faulty: Path) -> None:
    """What the columns of mistakes would say is left out."""
    with scripted_model(mends) as url:
        out = codebot("eval", "fixes", "--faults", "0", "--engine", url, cwd=faulty).stdout
    assert "1 case to fix, from repository" in out
    assert "100 %  shown" in out
    assert "restored" not in out.partition("In brackets")[0]


def test_an_engine_that_fails_is_told_apart_from_one_that_is_wrong(faulty: Path, tmp_path: Path) -> None:
    """A recording has no answer to what it was never asked."""
    recording = tmp_path / "recording"
    with scripted_model(mends) as url:
        codebot("eval", "fixes", "--faults", "0", "--engine", url, cwd=faulty)
        argv = ("--tasks", "docstrings", "--engine", url, "--record", str(recording))
        codebot("annotate", *argv, cwd=faulty)
    out = codebot("eval", "fixes", "--faults", "0", "--engine", f"replay:{recording}", cwd=faulty).stdout
    assert "The engine had no answer to 2 of 2 questions." in out


def test_nothing_to_fix_and_settings_nobody_trusts_end_with_what_to_do(repo: Path) -> None:
    with scripted_model(lambda _: "") as url:
        done = codebot("eval", "fixes", "--faults", "0", "--engine", url, cwd=repo, check=2)
    assert "nothing to fix here" in done.stderr
    engine = ("--engine", "openai+http://127.0.0.1:9/v1?patience=0.5")  # nobody is there
    assert "127.0.0.1:9" in codebot("eval", "tests", *engine, cwd=repo, check=3).stderr
    (repo / ".codebot.toml").write_text('test_commands = ["ruby: ruby {path}"]\n')
    for task in ("tests", "fixes"):
        done = codebot("eval", task, *engine, cwd=repo, check=2)
        assert "which you have not trusted" in done.stderr
        assert "codebot trust" in done.stderr


@pytest.mark.parametrize("task", ["tests", "fixes"])
def test_the_packaged_model_is_not_asked(repo: Path, task: str) -> None:
    done = codebot("eval", task, cwd=repo, check=2)
    assert f"embedded:) is not asked for {task}" in done.stderr
    assert "--engine URL" in done.stderr
