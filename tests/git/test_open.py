"""Opening a repository, and clear words where that cannot be done."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.errors import RepositoryError, UsageError
from bot.git import Repository
from bot.git.run import Git, failure
from tests.git.conftest import PACKAGES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.git.conftest import Sandbox


@pytest.mark.parametrize("start", [".", "pkg", "pkg/deep", "pkg/deep/a.py"])
def test_the_root_is_found_from_anywhere_inside(repo: Sandbox, start: str) -> None:
    repo.write("pkg/deep/a.py")
    with Repository.open(repo.root / start) as repository:
        assert repository.root == repo.root.resolve()


def test_head_is_the_commit_that_is_checked_out(repo: Sandbox) -> None:
    commit = repo.commit(a="a = 1\n")
    repo.git("checkout", "-q", "--detach")
    with Repository.open(repo.root) as repository:
        assert repository.head() == commit


def test_a_root_with_a_line_feed_in_its_name_is_found(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no such names")
    root = tmp_path / "odd\nname "
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    (root / "a.py").write_text("a = 1\n")
    with Repository.open(root) as repository:
        assert [found.path for found in repository.read()] == ["a.py"]


def test_outside_any_repository_is_none_or_an_error(tmp_path: Path) -> None:
    assert Repository.find(tmp_path) is None
    with pytest.raises(RepositoryError, match="not in a git repository"):
        Repository.open(tmp_path)


def test_a_start_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere: no such file"):
        Repository.open(tmp_path / "nowhere")


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "bare.git"], cwd=tmp_path, check=True)
    with pytest.raises(RepositoryError, match="bare repository"):
        Repository.open(tmp_path / "bare.git")


def test_the_inside_of_a_git_folder_has_no_files(repo: Sandbox) -> None:
    with pytest.raises(RepositoryError, match="bare repository"):
        Repository.open(repo.root / ".git" / "hooks")


def test_a_worktree_whose_repository_is_gone_is_an_error_and_not_a_plain_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(RepositoryError, match="not a git repository"):
        Repository.find(tmp_path)


def test_a_folder_of_another_user_comes_with_the_command_that_trusts_it(
    repo: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(RepositoryError, match="belongs to another user") as error:
        Repository.open(repo.root)
    assert error.value.hint.startswith("git config --global --add safe.directory ")
    assert str(repo.root) in error.value.hint


def test_without_git_the_hint_says_to_install_it(repo: Sandbox) -> None:
    """In a process of its own: GitPython looks for git once, when it is imported."""
    code = (
        "from bot.git import Repository\n"
        "from bot.errors import RepositoryError\n"
        f"try: Repository.open({str(repo.root)!r})\n"
        "except RepositoryError as error: print(error, '|', error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PATH": str(repo.root), "PYTHONPATH": PACKAGES},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("git was not found | install git")
    assert done.stderr == ""


def test_a_broken_index_is_told(repo: Sandbox) -> None:
    repo.commit(a="a = 1\n")
    (repo.root / ".git" / "index").write_bytes(b"rubbish")
    with pytest.raises(RepositoryError, match="git ls-files"):
        repo.read()


def test_no_hook_monitor_or_pager_of_the_repository_runs(repo: Sandbox, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("shell scripts")
    repo.commit(a="a = 1\n")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\nexit 1\n")
    trap.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "diff.external", "core.askPass", "diff.x.textconv"):
        repo.git("config", setting, str(trap))
    repo.write(".gitattributes", "*.py diff=x\n")
    repo.write("a.py", "a = 2\n")
    for name in ("post-index-change", "fsmonitor-watchman"):
        hook = repo.root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(trap.read_text())
        hook.chmod(0o755)
    assert repo.lines("a.py", "HEAD") == [(1, 1)]
    repo.read()
    assert not (tmp_path / "sprung").exists()


def test_reading_writes_nothing_into_the_repository(repo: Sandbox) -> None:
    repo.commit(a="a = 1\n")
    os.utime(repo.root / "a.py", (1, 1))  # git would like to refresh its index
    before = (repo.root / ".git" / "index").read_bytes()
    repo.read()
    assert repo.read(since="HEAD") == {}
    assert (repo.root / ".git" / "index").read_bytes() == before


def test_many_complaints_of_git_do_not_stop_its_output(repo: Sandbox) -> None:
    """More on standard error than a pipe holds, while standard output is read line by line."""
    repo.git("config", "alias.loud", "!seq 60000 >&2; echo done")
    assert list(Git(str(repo.root)).lines("loud")) == [b"done\n"]
    repo.git("config", "alias.bad", "!echo fatal: no luck >&2; exit 3")
    with pytest.raises(RepositoryError, match="git bad: no luck"):
        list(Git(str(repo.root)).lines("bad"))


def test_a_failure_without_words_is_still_an_error() -> None:
    assert str(failure(".", ["log"], "")) == "git log: no reason given"


def test_no_process_is_left_behind(repo: Sandbox) -> None:
    repo.write("a.py")
    repo.write("b.py")
    repo.git("add", ".")
    with Repository.open(repo.root) as repository:
        changes = repository.read(staged=True)
        next(changes)
        del changes  # abandoned half-way; an open pipe would be a ResourceWarning, which is an error here


class TestCompanions:
    """`recent_companions`."""

    def test_files_committed_together_most_often_come_first(self, repo: Sandbox) -> None:
        repo.commit(a="0\n", b="0\n", c="0\n", d="0\n")
        repo.commit(a="1\n", b="1\n")
        repo.commit(a="2\n", b="2\n", c="2\n")
        repo.commit(d="3\n")
        with Repository.open(repo.root) as repository:
            assert repository.recent_companions("a.py", 5) == ["b.py", "c.py"]
            assert repository.recent_companions("a.py", 1) == ["b.py"]
            assert repository.recent_companions("d.py", 5) == []

    def test_deleted_files_merges_and_sweeping_commits_do_not_count(self, repo: Sandbox) -> None:
        repo.commit()
        repo.commit(a="1\n", gone="1\n")
        repo.commit(**{f"f{n}": "1\n" for n in range(60)}, a="2\n")
        repo.git("rm", "-q", "gone.py")
        repo.commit()
        with Repository.open(repo.root) as repository:
            assert repository.recent_companions("a.py", 5) == []

    def test_odd_names_come_back_whole(self, repo: Sandbox) -> None:
        if sys.platform == "win32":
            pytest.skip("no such names")
        repo.commit()
        repo.write("\nfirst.py")
        repo.write("ü b.py")
        repo.commit(a="1\n")
        with Repository.open(repo.root) as repository:
            assert repository.recent_companions("a.py", 5) == ["\nfirst.py", "ü b.py"]
