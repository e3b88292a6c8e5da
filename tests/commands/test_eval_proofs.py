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
    with scripted_model(lambda _: RIGHT) as url:
        report = compared("tests", "--engine", url, "--plot", str(chart), cwd=repo)
    (row,) = report["rows"]
    assert [each["case"] for each in row["ends"]] == ["names.py label"]  # the other one is tested
    assert (row["shown"]["value"], row["held"]["value"]) == (100, 100)
    assert row["mutants"] >= row["caught"] > 0
    assert row["tokens"] > 0
    assert row["sandbox_seconds"] > 0
    assert ET.parse(chart).getroot().tag.endswith("svg")  # noqa: S314 - our own file


def test_what_does_not_hold_is_told_with_its_reason(repo: Path) -> None:
    require_sandbox()
    with scripted_model(lambda _: "assert label(None) == 1\n") as url:
        out = codebot("eval", "tests", "--engine", url, cwd=repo).stdout
    assert "1 function without a test, from repository" in out
    assert "100 %  no call had an outcome that a test could assert" in out


@pytest.mark.parametrize("task", ["tests"])
def test_the_packaged_model_is_not_asked(repo: Path, task: str) -> None:
    done = codebot("eval", task, cwd=repo, check=2)
    assert f"embedded:) is not asked for {task}" in done.stderr
    assert "--engine URL" in done.stderr
