"""The command line as a user meets it: real processes, real git, the real embedded model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any, cast

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = b"""\
def read_numbers(path):
    numbers = []
    with open(path) as lines:
        for line in lines:
            numbers.append(int(line))
    return numbers


def is_even(number):
    remainder = number % 2
    return remainder == 0
"""


def codebot(*argv: str, cwd: Path, check: int = 0) -> subprocess.CompletedProcess[str]:
    """Run codebot as a process and assert its exit code."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *argv], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == check, done.stderr + done.stdout
    return done


def git(repo: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", str(repo), *argv], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "a repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "numbers_file.py").write_bytes(SOURCE)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    return folder


SHOW_ALL = ("--confidence", "off")  # what the gate lets through depends on the model's calibration


def report(repo: Path, *argv: str) -> dict[str, Any]:
    out = codebot("annotate", "--format", "json", *SHOW_ALL, *argv, cwd=repo).stdout
    found = json.loads(out)
    ledger = found["ledger"]
    asked = ledger["completed"] + ledger["cached"]
    assert ledger["chunks"] == asked + sum(ledger["skipped"].values()) + sum(ledger["failed"].values())
    assert asked == ledger["verified"] + sum(ledger["rejected"].values())
    assert ledger["verified"] == len(found["suggestions"])
    return cast("dict[str, Any]", found)


def test_a_repository_gets_suggestions_with_evidence(repo: Path) -> None:
    """The default run prints what it proposes, why it may be trusted, and how to take it."""
    out = codebot("annotate", *SHOW_ALL, cwd=repo).stdout
    assert "numbers_file.py" in out
    assert "syntax tree unchanged" in out
    assert "--apply" in out
    assert "codebot explain" in out


def test_a_second_run_asks_the_engine_nothing(repo: Path) -> None:
    """Over an unchanged tree every answer is remembered."""
    first, second = report(repo), report(repo)
    assert first["suggestions"], "the embedded model says something about these functions"
    before, after = first["ledger"], second["ledger"]
    assert (after["completed"], after["cached"]) == (0, before["completed"])
    assert [s["id"] for s in first["suggestions"]] == [s["id"] for s in second["suggestions"]]


def test_the_patch_applies_and_the_result_is_the_same_as_apply(repo: Path, tmp_path: Path) -> None:
    """The patch and `--apply` give the same files, and nothing is left to suggest for them."""
    patch = tmp_path / "x.patch"
    codebot("annotate", *SHOW_ALL, "--format", "patch", "--output", str(patch), cwd=repo)
    git(repo, "apply", str(patch))
    patched = (repo / "numbers_file.py").read_bytes()
    assert patched != SOURCE
    git(repo, "checkout", "-q", ".")
    done = codebot("annotate", *SHOW_ALL, "--apply", cwd=repo)
    assert (repo / "numbers_file.py").read_bytes() == patched
    assert "wrote" in done.stderr
    symbols = {s["symbol"] for s in report(repo)["suggestions"]}
    assert not symbols & {"read_numbers", "is_even"} or b'"""' not in patched


def test_check_is_for_scripts(repo: Path) -> None:
    """--check exits with 1 when something is suggested and writes nothing."""
    codebot("annotate", *SHOW_ALL, "--check", cwd=repo, check=1)
    assert (repo / "numbers_file.py").read_bytes() == SOURCE
    codebot("annotate", "--check", "--limit", "0", cwd=repo, check=0)


def test_staged_reads_the_index_not_the_working_file(repo: Path) -> None:
    """Only what is staged is annotated, as it is staged."""
    nothing = report(repo, "--staged")
    assert nothing["suggestions"] == []
    path = repo / "numbers_file.py"
    path.write_bytes(
        SOURCE + b"\n\ndef count_words(text):\n    words = text.split()\n    return len(words)\n"
    )
    git(repo, "add", "-A")
    path.write_bytes(b"syntax error(\n")
    symbols = {s["symbol"] for s in report(repo, "--staged")["suggestions"]}
    assert symbols <= {"count_words"}


def test_since_limits_to_what_a_branch_changed(repo: Path) -> None:
    """--since REV asks about the functions that changed after the merge base."""
    git(repo, "checkout", "-qb", "feature")
    (repo / "words.py").write_text(
        "def count_words(text):\n    words = text.split()\n    return len(words)\n"
    )
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "words")
    paths = {s["path"] for s in report(repo, "--since", "main")["suggestions"]}
    assert paths <= {"words.py"}
    error = codebot("annotate", "--since", "no-such-rev", cwd=repo, check=2).stderr
    assert "no-such-rev" in error


def test_a_folder_without_git_works_too(tmp_path: Path) -> None:
    """Code that is in no repository is read as it is; what needs git says so."""
    (tmp_path / "numbers_file.py").write_bytes(SOURCE)
    assert report(tmp_path)["suggestions"]
    assert "git repository" in codebot("annotate", "--staged", cwd=tmp_path, check=2).stderr


def test_mistakes_are_answered_with_what_to_do(repo: Path) -> None:
    """Wrong paths, engines, flags and settings: one message, a hint, the documented exit code."""
    assert "no such file" in codebot("annotate", "nowhere", cwd=repo, check=2).stderr
    assert "no such file" in codebot("annotate", "no/where.py", cwd=repo.parent, check=2).stderr
    assert "unknown engine" in codebot("annotate", "--engine", "magic:", cwd=repo, check=2).stderr
    assert codebot("annotate", "--engine", "embedded:/no/such/model", cwd=repo, check=3).stderr
    assert (
        "exclude each other" in codebot("annotate", "--staged", "--since", "main", cwd=repo, check=2).stderr
    )
    (repo / ".codebot.toml").write_text("engin = 'embedded:'\n")
    assert "engine" in codebot("annotate", cwd=repo, check=2).stderr


def test_explain_traces_a_suggestion_back(repo: Path) -> None:
    """explain shows chunk, prompt, answer and checks of what the last run suggested."""
    first = report(repo)["suggestions"][0]
    out = codebot("explain", first["id"][:6], cwd=repo).stdout
    assert first["symbol"] in out
    for part in ("Chunk", "Prompt", "<fim_prefix>", "Answer", "Checks", "tree-unchanged"):
        assert part in out
    by_name = codebot("explain", f"{first['path']}:{first['symbol']}", "--format", "json", cwd=repo).stdout
    assert json.loads(by_name)["id"] == first["id"]
    assert "nothing is remembered" in codebot("explain", "ffffff", cwd=repo, check=2).stderr


def test_doctor_tells_what_is_there(repo: Path) -> None:
    """doctor names versions, grammars and the engine, and says when the engine is missing."""
    out = codebot("doctor", cwd=repo).stdout
    for part in ("Python", "git version", "ctranslate2", "python", "starcoder", "answered"):
        assert part in out
    assert "missing" in codebot("doctor", "--engine", "embedded:/nowhere", cwd=repo, check=3).stdout


def test_the_cache_can_be_looked_at_and_cleared(repo: Path) -> None:
    """After clear, nothing is remembered."""
    report(repo)
    assert "completion" in codebot("cache", "info", cwd=repo).stdout
    codebot("cache", "clear", cwd=repo)
    assert "completion" not in codebot("cache", "info", cwd=repo).stdout


def test_recorded_answers_can_be_replayed(repo: Path, tmp_path: Path) -> None:
    """--record writes what replay: reads: the same suggestions without a model."""
    recorded = report(repo, "--no-cache", "--record", str(tmp_path / "tape"))
    replayed = report(repo, "--no-cache", "--engine", f"replay:{tmp_path / 'tape'}")
    assert recorded["suggestions"]
    assert [s["replacement"] for s in recorded["suggestions"]] == [
        s["replacement"] for s in replayed["suggestions"]
    ]


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process on Windows")
def test_ctrl_c_leaves_every_file_whole_and_the_ledger_adding_up(tmp_path: Path) -> None:
    """Interrupted while asking, the run reports what it has; what is left is on the ledger."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    tree = Path(sysconfig.get_path("stdlib")) / "email"
    argv = [
        sys.executable,
        "-m",
        "bot",
        "annotate",
        "--format",
        "json",
        "--jobs",
        "1",
        "--no-cache",
        str(tree),
    ]
    with subprocess.Popen(argv, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        time.sleep(4)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=60)
    if run.returncode == 0:
        pytest.skip("the run was over before it could be interrupted")
    assert run.returncode == 130
    ledger = json.loads(out)["ledger"]
    asked = ledger["completed"] + ledger["cached"]
    assert ledger["chunks"] == asked + sum(ledger["skipped"].values()) + sum(ledger["failed"].values())
    assert ledger["skipped"]["interrupted"] > 0
