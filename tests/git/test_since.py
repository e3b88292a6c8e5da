"""`--since REV`: what changed from the merge base to the working tree, line by line."""

from __future__ import annotations

import pytest

from bot.data import Change
from bot.errors import RepositoryError, UsageError
from tests.git.conftest import Sandbox, make

TEN = "".join(f"line_{n} = {n}\n" for n in range(1, 11))


def edit(text: str, **lines: str) -> str:
    """Return `text` with its line 3 replaced by `l3`."""
    old = text.splitlines(keepends=True)
    for name, new in lines.items():
        old[int(name[1:]) - 1] = new
    return "".join(old)


def test_changed_lines_are_those_of_the_new_side(repo: Sandbox) -> None:
    repo.commit(a=TEN, same=TEN)
    repo.write("a.py", edit(TEN, l2="new\nnew\n", l5="", l9="nine\n"))
    assert repo.lines("a.py", "HEAD") == [(2, 3), (5, 5), (9, 9)]
    assert list(repo.read(since="HEAD")) == ["a.py"]


def test_a_removal_at_the_top_stands_at_the_first_line(repo: Sandbox) -> None:
    repo.commit(a=TEN)
    repo.write("a.py", edit(TEN, l1="", l2=""))
    assert repo.lines("a.py", "HEAD") == [(1, 1)]


def test_committed_staged_unstaged_and_untracked_work_all_count(repo: Sandbox) -> None:
    base = repo.commit(a=TEN, b=TEN, c=TEN)
    repo.commit(a=edit(TEN, l1="a\n"))
    repo.write("b.py", edit(TEN, l2="b\n"))
    repo.git("add", "b.py")
    repo.write("c.py", edit(TEN, l3="c\n"))
    repo.write("new.py", TEN)
    assert list(repo.read(since=base)) == ["a.py", "b.py", "c.py", "new.py"]
    assert [repo.lines(f"{n}.py", base) for n in "abc"] == [[(1, 1)], [(2, 2)], [(3, 3)]]
    assert repo.lines("new.py", base) is None


def test_work_on_the_other_branch_since_the_merge_base_does_not_count(repo: Sandbox) -> None:
    repo.commit(a=TEN, b=TEN)
    repo.git("checkout", "-qb", "feature")
    repo.commit(a=edit(TEN, l1="mine\n"))
    repo.git("checkout", "-q", "main")
    repo.commit(b=edit(TEN, l1="theirs\n"))
    repo.git("checkout", "-q", "feature")
    assert list(repo.read(since="main")) == ["a.py"]


def test_a_merge_commit_as_head_compares_with_its_merge_base(repo: Sandbox) -> None:
    repo.commit(a=TEN, b=TEN)
    repo.git("checkout", "-qb", "feature")
    repo.commit(a=edit(TEN, l1="mine\n"))
    repo.git("checkout", "-q", "main")
    repo.commit(b=edit(TEN, l1="theirs\n"))
    repo.git("checkout", "-q", "feature")
    repo.git("merge", "-q", "--no-edit", "main")
    assert list(repo.read(since="main")) == ["a.py"]


def test_a_rename_keeps_its_old_name_and_only_its_own_lines(repo: Sandbox) -> None:
    repo.commit(old=TEN, moved=TEN.replace("line", "row"))
    repo.git("mv", "old.py", "new.py")
    repo.write("new.py", edit(TEN, l4="four\n"))
    repo.git("mv", "moved.py", "there.py")
    found = repo.read(since="HEAD")
    change = found["new.py"]
    assert isinstance(change, Change)
    assert (change.old_path, [r.start for r in change.ranges or ()]) == ("old.py", [4])
    assert repo.lines("there.py", "HEAD") == []
    assert set(found) == {"new.py", "there.py"}


def test_deletions_are_told(repo: Sandbox) -> None:
    repo.commit(a=TEN, b="b = 1\n")
    repo.git("rm", "-q", "a.py")
    (repo.root / "b.py").unlink()
    assert repo.read(since="HEAD") == {"a.py": "deleted", "b.py": "deleted"}


def test_only_a_mode_changed_and_no_line_did(repo: Sandbox) -> None:
    repo.commit(a=TEN)
    repo.git("update-index", "--chmod=+x", "a.py")
    (repo.root / "a.py").chmod(0o755)
    change = repo.read(since="HEAD")["a.py"]
    assert isinstance(change, Change)
    assert (change.ranges, change.mode) == ((), 0o100755)


def test_a_link_that_became_a_file_is_new_as_a_whole(repo: Sandbox) -> None:
    repo.write("b.py", TEN)
    (repo.root / "a.py").symlink_to("b.py")
    repo.commit()
    (repo.root / "a.py").unlink()
    repo.write("a.py", TEN)
    assert repo.lines("a.py", "HEAD") is None


def test_a_moved_submodule_pointer_is_no_file(repo: Sandbox, other: Sandbox) -> None:
    other.commit(a="a = 1\n")
    repo.git("submodule", "--quiet", "add", str(other.root), "sub")
    repo.commit()
    Sandbox(repo.root / "sub").commit(b="b = 1\n")
    assert repo.read(since="HEAD") == {"sub": "submodule"}


def test_carriage_returns_and_a_missing_final_newline_are_counted_right(repo: Sandbox) -> None:
    repo.commit(a="one\r\ntwo\r\nthree", b="one\ntwo")
    repo.write("a.py", "one\r\nTWO\r\nthree\r\n")
    repo.write("b.py", "one\ntwo\nthree")
    assert repo.lines("a.py", "HEAD") == [(2, 3)]
    assert repo.lines("b.py", "HEAD") == [(2, 3)]
    change = repo.read(since="HEAD")["a.py"]
    assert isinstance(change, Change)
    assert (change.raw, change.newline) == (b"one\r\nTWO\r\nthree\r\n", "\r\n")


def test_a_file_that_holds_a_diff_does_not_confuse_the_reader(repo: Sandbox) -> None:
    nasty = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n\\ No newline at end of file\n"
    repo.commit(a=TEN, x=TEN)
    repo.write("a.py", nasty + TEN)
    repo.write("x.py", edit(TEN, l10="++ b/a.py\n"))
    assert repo.lines("a.py", "HEAD") == [(1, 6)]
    assert repo.lines("x.py", "HEAD") == [(10, 10)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_lines_are_found_where_git_sees_a_binary_file(repo: Sandbox, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    text = "\n".join("Ċ਀ good"[n % 3 :] for n in range(9))  # U+010A, U+0A00: a line feed's byte in each
    repo.commit(a=mark + text.encode(encoding))
    repo.write("a.py", mark + (text + "\nlast\n").encode(encoding))
    assert repo.lines("a.py", "HEAD") == [(10, 10)]


def test_lines_are_found_in_files_marked_as_no_diff(repo: Sandbox) -> None:
    repo.write(".gitattributes", "*.py -diff\n")
    repo.commit(a=TEN)
    repo.write("a.py", edit(TEN, l7="seven\n"))
    assert repo.lines("a.py", "HEAD") == [(7, 7)]


def test_the_users_diff_settings_change_nothing(repo: Sandbox) -> None:
    repo.commit(a=TEN)
    repo.write("sub/a.py", TEN)
    repo.commit()
    repo.write("a.py", edit(TEN, l2="2\n", l4="4\n"))
    for setting in (
        "color.ui=always",
        "color.diff=always",
        "core.quotePath=false",
        "diff.context=9",
        "diff.external=false",
        "diff.interHunkContext=9",
        "diff.mnemonicPrefix=true",
        "diff.noPrefix=true",
        "diff.relative=true",
        "diff.renames=copies",
        "diff.submodule=log",
        "log.showSignature=true",
    ):
        repo.git("config", *setting.split("=", 1))
    assert repo.lines("a.py", "HEAD") == [(2, 2), (4, 4)]


@pytest.mark.parametrize("revision", ["nowhere", "", "-h", "--all", "a..b", "HEAD^{tree}", "x\ny", "HEAD~99"])
def test_an_unknown_revision_is_named(repo: Sandbox, revision: str) -> None:
    repo.commit(a=TEN)
    with pytest.raises(RepositoryError, match="unknown revision") as error:
        repo.read(since=revision)
    assert error.value.hint


def test_without_commits_there_is_nothing_to_compare_with(repo: Sandbox) -> None:
    with pytest.raises(RepositoryError, match="no commits yet"):
        repo.read(since="HEAD")


def test_unrelated_histories_have_no_merge_base(repo: Sandbox) -> None:
    repo.commit(a=TEN)
    repo.git("checkout", "-q", "--orphan", "island")
    repo.commit(b=TEN)
    with pytest.raises(RepositoryError, match="no common ancestor"):
        repo.read(since="main")


def test_since_and_staged_exclude_each_other(repo: Sandbox) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        repo.read(since="HEAD", staged=True)


def test_a_shallow_clone_is_told_to_unshallow(repo: Sandbox, other: Sandbox) -> None:
    repo.commit(a=TEN)
    first = repo.commit(a="a = 1\n")
    repo.git("checkout", "-qb", "side")
    repo.commit(b=TEN)
    repo.git("checkout", "-q", "main")
    repo.commit(c=TEN)
    other.git("fetch", "-q", "--depth=1", repo.root.as_uri(), "main:main", "side:side", "--update-head-ok")
    other.git("checkout", "-q", "main")
    for revision in ("side", first):
        with pytest.raises(RepositoryError) as error:
            other.read(since=revision)
        assert error.value.hint == "git fetch --unshallow"
    assert other.read(since="HEAD") == {}


def test_a_linked_worktree_is_read_as_itself(repo: Sandbox) -> None:
    repo.commit(a=TEN)
    repo.git("worktree", "add", "-q", "-b", "side", "../linked")
    linked = Sandbox(repo.root.parent / "linked")
    linked.write("a.py", edit(TEN, l3="three\n"))
    assert linked.lines("a.py", "main") == [(3, 3)]
    assert repo.read(since="main") == {}


def test_a_repository_with_sha256_ids_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    repo = make(tmp_path_factory.mktemp("sha256"), "--object-format=sha256")
    repo.write("a.py", TEN)
    repo.git("add", ".")
    assert repo.lines("a.py", staged=True) is None
    repo.commit()
    repo.write("a.py", edit(TEN, l3="three\n"))
    assert repo.lines("a.py", "HEAD") == [(3, 3)]
