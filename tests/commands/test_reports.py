"""`--format`, `--output` and `--report`: one run, as many reports as wanted, none of them half written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands.test_commands import SHOW_ALL, codebot, repo

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["repo"]  # the fixture
MARKS = {
    "html": "<!doctype html>",
    "markdown": "## codebot: ",
    "json": '"version": 1',
    "sarif": '"version": "2.1.0"',
    "rdjson": '"diagnostics"',
    "patch": "diff --git",
}


def test_one_run_writes_every_report(repo: Path, tmp_path: Path) -> None:
    """The terminal gets its text, and each file what was asked for, all of one run."""
    asked = [f"--report={form}={tmp_path / form}" for form in MARKS]
    done = codebot("annotate", *SHOW_ALL, *asked, cwd=repo)
    assert "numbers_file.py" in done.stdout
    for form, mark in MARKS.items():
        assert mark in (tmp_path / form).read_text(encoding="utf-8"), form
        assert str(tmp_path / form) in done.stderr
    assert "take them all:  codebot annotate --confidence off --apply\n" in done.stdout
    assert sorted(path.name for path in tmp_path.glob("*") if path.is_file()) == sorted(MARKS)
    (run,) = json.loads((tmp_path / "sarif").read_text())["runs"]
    assert len(run["results"]) == len(json.loads((tmp_path / "json").read_text())["suggestions"])


@pytest.mark.parametrize("form", MARKS)
def test_every_format_goes_to_standard_output_or_a_file(repo: Path, tmp_path: Path, form: str) -> None:
    """`--output` writes what would have been printed."""
    shown = codebot("annotate", *SHOW_ALL, "--format", form, cwd=repo).stdout
    codebot("annotate", *SHOW_ALL, "--format", form, "-o", str(tmp_path / "out"), cwd=repo)
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert MARKS[form] in text
    if form in {"patch", "rdjson"}:  # the others tell times too
        assert text == shown


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--report", "pdf=x"], "--report pdf=x: not FORMAT=FILE"),
        (["--report", "html"], "not FORMAT=FILE"),
        (["--report", "json="], "not FORMAT=FILE"),
        (["--report", "json=no/such/folder/x"], "there is no folder no/such/folder"),
        (["-o", "no/such/folder/x"], "there is no folder no/such/folder"),
        (["--report", "json=."], "is a folder"),
        (["--report", "json=x", "--report", "sarif=x"], "two reports for one file"),
    ],
)
def test_a_report_that_cannot_be_written_is_said_before_the_run(
    repo: Path, flags: list[str], message: str
) -> None:
    """Minutes of work are not lost to a typing mistake."""
    assert message in codebot("annotate", "--engine", "magic:", *flags, cwd=repo, check=2).stderr


def test_help_lists_the_formats(tmp_path: Path) -> None:
    """Each format is named with what takes it."""
    said = codebot("annotate", "--help", cwd=tmp_path).stdout
    for words in ("sarif     for code scanning", "rdjson    for reviewdog", "--report FORMAT=FILE"):
        assert words in said
