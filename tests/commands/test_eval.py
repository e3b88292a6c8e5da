"""`codebot eval` as a user runs it: real processes, the real embedded model, a package of Python's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "CODEBOT_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "bot.cli", "eval", "docstrings", *arguments]
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python's own `json`, whose functions people documented."""
    folder = tmp_path_factory.mktemp("json-package")
    shutil.copytree(
        Path(sysconfig.get_path("stdlib")) / "json",
        folder / "json",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return folder


def test_engines_and_wordings_stand_side_by_side(package: Path, tmp_path: Path) -> None:
    """One row each over the same functions, with intervals, reasons that add up, and a chart."""
    prompts = tmp_path / "terse"
    shutil.copytree(ROOT / "bot" / "prompt" / "wording", prompts)
    chart = tmp_path / "chart.svg"
    before = {path: path.read_bytes() for path in package.rglob("*.py")}
    done = run(
        *("--prompts", str(prompts), "--limit", "5", "--format", "json", "--plot", str(chart)),
        cwd=package,
        cache=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [row["wording"] for row in report["rows"]] == ["", "terse"]
    for row in report["rows"]:
        assert row["asked"] == len(row["scores"]) > 1
        shown = round(row["shown"]["value"] * row["asked"] / 100)
        ended = [sum(row[kind].values()) for kind in ("rejected", "skipped", "failed")]
        assert shown + sum(ended) == row["asked"]
        assert row["bleu"]["low"] <= row["bleu"]["value"] <= row["bleu"]["high"]
    assert report["rows"][0]["scores"] == report["rows"][1]["scores"]  # the same wording by another name
    assert ET.parse(chart).getroot().tag.endswith("svg")  # noqa: S314 - our own file
    assert {path: path.read_bytes() for path in package.rglob("*.py")} == before
    again = run("--limit", "5", cwd=package, cache=tmp_path)
    assert "BLEU-4" in again.stdout
    assert "cached" in again.stdout


def test_a_folder_without_documented_functions_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    return 1\n")
    done = run(cwd=tmp_path, cache=tmp_path)
    assert done.returncode == 2
    assert "no documented functions" in done.stderr
    assert run("--repo", "nowhere", cwd=tmp_path, cache=tmp_path).returncode == 2
