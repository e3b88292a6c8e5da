"""`--staged`: the blob in the index, never the working file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from bot.data import Change
from bot.git import Repository
from tests.git.conftest import PACKAGES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.git.conftest import Sandbox

posix = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts as hooks")


def raw(found: Change | str) -> bytes:
    assert isinstance(found, Change), found
    return found.raw


def test_the_staged_blob_is_read_and_not_the_working_file(repo: Sandbox) -> None:
    repo.commit(a="one\ntwo\n", b="b = 1\n")
    repo.write("a.py", "one\nstaged\n")
    repo.git("add", "a.py")
    repo.write("a.py", "one\nstaged\nnot staged\n")
    repo.write("b.py", "not staged\n")
    repo.write("new.py", "not staged\n")
    found = repo.read(staged=True)
    assert list(found) == ["a.py"]
    assert raw(found["a.py"]) == b"one\nstaged\n"
    assert repo.lines("a.py", staged=True) == [(2, 2)]
    change = found["a.py"]
    assert isinstance(change, Change)
    assert (change.origin, change.blob) == ("index", repo.git("rev-parse", ":a.py"))


def test_before_the_first_commit_everything_staged_is_new(repo: Sandbox) -> None:
    repo.write("a.py", "one\ntwo\n")
    repo.git("add", "a.py")
    (repo.root / "a.py").unlink()
    assert repo.lines("a.py", staged=True) is None


def test_renames_deletions_links_modes_and_sizes(repo: Sandbox) -> None:
    text = "".join(f"x{n} = {n}\n" for n in range(20))
    repo.commit(old=text, gone="gone = 1\n", run="run = 1\n")
    repo.git("mv", "old.py", "new.py")
    repo.git("rm", "-q", "gone.py")
    repo.git("update-index", "--chmod=+x", "run.py")
    repo.write("big.txt", "x" * 2_000_000)
    (repo.root / "link").symlink_to("new.py")
    repo.git("add", "big.txt", "link", "new.py")
    found = repo.read(staged=True)
    moved, run = found.pop("new.py"), found.pop("run.py")
    assert isinstance(moved, Change)
    assert isinstance(run, Change)
    assert (moved.old_path, moved.ranges) == ("old.py", ())
    assert (run.mode, run.ranges) == (0o100755, ())
    assert found == {"big.txt": "too-large", "gone.py": "deleted", "link": "symlink"}


def test_files_after_one_that_is_too_large_are_read_right(repo: Sandbox) -> None:
    repo.write("a.txt", "x" * 3_000_000)
    repo.write("b.py", "b = 1\n")
    repo.git("add", ".")
    found = repo.read(staged=True)
    assert found["a.txt"] == "too-large"
    assert raw(found["b.py"]) == b"b = 1\n"


def test_the_index_has_utf8_where_the_working_tree_has_utf16(repo: Sandbox) -> None:
    repo.write(".gitattributes", "*.ps1 text working-tree-encoding=UTF-16LE\n")
    repo.write("a.ps1", "café\n".encode("utf-16-le"))
    repo.git("add", ".")
    assert raw(repo.read(staged=True)["a.ps1"]) == "café\n".encode()
    change = repo.read()["a.ps1"]
    assert isinstance(change, Change)
    assert (change.source, change.encoding) == ("café\n".encode(), "utf-16-le")


def test_attributes_are_the_staged_ones(repo: Sandbox) -> None:
    repo.write(".gitattributes", "a.py linguist-generated\n")
    repo.write("a.py")
    repo.git("add", ".")
    repo.write(".gitattributes", "")
    assert repo.read(staged=True)["a.py"] == "generated"


def test_a_merge_in_progress_shows_what_the_merge_brings(repo: Sandbox) -> None:
    repo.commit(a="a = 1\n")
    repo.git("checkout", "-qb", "side")
    repo.commit(b="b = 1\n")
    repo.git("checkout", "-q", "main")
    repo.commit(c="c = 1\n")
    repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    assert list(repo.read(staged=True)) == ["b.py"]


HOOK = """#!/bin/sh
{python} - > "$OUT" <<'END'
from bot.git import Repository
with Repository.open({where!r}) as repository:
    for found in repository.read(staged=True):
        print(found.path, getattr(found, "raw", b"").decode().strip(), sep="=")
END
"""


def install(repo: Sandbox, where: str = ".") -> None:
    hook = repo.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(python=sys.executable, where=where))
    hook.chmod(0o755)


@posix
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], "a.py=staged\n"), (["-a"], "a.py=edited\nb.py=edited\n"), (["b.py"], "b.py=edited\n")],
    ids=["commit", "commit -a", "commit FILE"],
)
def test_a_hook_sees_exactly_what_is_being_committed(
    repo: Sandbox, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    """`git commit -a` and `git commit FILE` use an index of their own, named by GIT_INDEX_FILE."""
    repo.commit(a="one\n", b="one\n")
    repo.write("a.py", "staged\n")
    repo.git("add", "a.py")
    repo.write("a.py", "edited\n")
    repo.write("b.py", "edited\n")
    install(repo)
    out = tmp_path / "out"
    repo.git("commit", "-qm", "x", *arguments, OUT=str(out), PYTHONPATH=PACKAGES)
    assert out.read_text() == expected


@posix
def test_a_hook_in_a_linked_worktree_sees_that_worktree(repo: Sandbox, tmp_path: Path) -> None:
    repo.commit(a="one\n")
    install(repo)
    repo.git("worktree", "add", "-q", "-b", "side", "../linked")
    (tmp_path / "linked" / "a.py").write_text("two\n")
    out = tmp_path / "out"
    repo.git("-C", "../linked", "commit", "-qam", "x", OUT=str(out), PYTHONPATH=PACKAGES)
    assert out.read_text() == "a.py=two\n"


@posix
def test_a_hook_that_looks_into_another_repository_sees_the_other_one(
    repo: Sandbox, other: Sandbox, tmp_path: Path
) -> None:
    other.write("theirs.py", "theirs\n")
    other.git("add", ".")
    repo.commit(a="one\n")
    repo.write("a.py", "two\n")
    install(repo, str(other.root))
    out = tmp_path / "out"
    repo.git("commit", "-qam", "x", OUT=str(out), PYTHONPATH=PACKAGES)
    assert out.read_text() == "theirs.py=theirs\n"


def test_variables_of_another_repository_do_not_leak(
    repo: Sandbox, other: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(mine="mine = 1\n")
    other.commit(theirs="theirs = 1\n")
    leaks = {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(other.root / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.root / ".git" / "objects"),
        "GIT_COMMON_DIR": str(other.root / ".git"),
        "GIT_PREFIX": "sub/",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_LITERAL_PATHSPECS": "x",
        "GIT_NAMESPACE": "x",
    }
    for name, value in leaks.items():
        monkeypatch.setenv(name, value)
    with Repository.open(repo.root) as repository:
        assert [found.path for found in repository.read()] == ["mine.py"]
        assert list(repository.read(staged=True)) == []
        assert list(repository.read(since="HEAD")) == []
    assert {name: os.environ[name] for name in leaks} == leaks, "put back for whoever is next"


def test_a_tree_without_a_git_folder_is_found_by_the_variables_that_name_both(
    repo: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(a="a = 1\n")
    (repo.root / ".git").rename(tmp_path / "dotfiles.git")
    assert Repository.find(repo.root) is None
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "dotfiles.git"))
    assert Repository.find(repo.root) is None, "GIT_DIR alone does not say whose tree it is"
    monkeypatch.setenv("GIT_WORK_TREE", str(repo.root))
    assert list(repo.read()) == ["a.py"]
    assert Repository.find(tmp_path) is None
