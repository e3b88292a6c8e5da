"""`codebot apply` in real repositories: what it stages, what it leaves alone, and what it refuses."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from bot.chunk.split import split
from bot.cli import run
from bot.data import Change, Chunk, Suggestion
from bot.git import Repository
from bot.take.kept import Kept, keep
from bot.take.last import Last, LastRun
from tests.git.conftest import Sandbox, make

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """\
import os


def first(a):
    b = a + 1
    c = b * 2
    return c


def second(a):
    b = a - 1
    c = b / 2
    return c


class Third:
    def method(self, a):
        self.a = a
        self.b = os.sep
        return a
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox = make(tmp_path / "a repository")
    monkeypatch.chdir(sandbox.root)
    return sandbox


def suggest(repo: Sandbox, *paths: str) -> dict[str, Kept]:
    """Do as the hook does after asking about what is staged: keep a docstring for every function."""
    found: list[Kept] = []
    with Repository.open(repo.root) as repository:
        for change in repository.read(paths, staged=True):
            assert isinstance(change, Change), change
            found += [
                keep(_suggestion(chunk)) for chunk in split(change, budget=10_000) if chunk.kind == "function"
            ]
        Last(repository.git_dir).write(LastRun("pre-commit", time.time(), tuple(found)))
    return {each.symbol: each for each in found}


def _suggestion(chunk: Chunk) -> Suggestion:
    change, symbol = chunk.change, chunk.symbol
    assert symbol is not None
    line = change.source.decode().splitlines(keepends=True)[symbol.header_line - 1]
    text = f'{line}{symbol.body_indent}"""Say what {symbol.name} does."""{change.newline}'
    at = symbol.header_line
    name = symbol.qualname.replace(".", "-")
    return Suggestion(f"id-{name}", "docstring", chunk, at, at, text, f"Document `{symbol.qualname}`")


def with_docstring(text: str, *names: str) -> str:
    for name in names:
        head = next(line for line in text.splitlines(keepends=True) if f"def {name}(" in line)
        indent = head[: len(head) - len(head.lstrip())] + "    "
        end = "\r\n" if head.endswith("\r\n") else "\n"
        text = text.replace(head, f'{head}{indent}"""Say what {name} does."""{end}')
    return text


def staged(repo: Sandbox, path: str) -> str:
    return subprocess.run(
        ["git", "cat-file", "blob", f":{path}"], cwd=repo.root, check=True, capture_output=True
    ).stdout.decode()


def on_disk(repo: Sandbox, path: str) -> str:
    return (repo.root / path).read_bytes().decode()


@pytest.mark.parametrize(
    "name", ["a.py", "two words.py", "naïve-ü.py", "new\nline.py", "-dash.py", "tab\t.py"]
)
def test_all_are_staged_and_written_and_nothing_else_changes(repo: Sandbox, name: str) -> None:
    repo.write("other.py", "x = 1\n")
    repo.write(name, SOURCE)
    repo.git("add", "--all")
    repo.write("other.py", "x = 2\n")
    repo.write("untracked.py", "y = 1\n")
    suggest(repo, "./" + name)
    assert run(["apply", "--all"]) == 0
    expected = with_docstring(SOURCE, "first", "second", "method")
    assert staged(repo, name) == on_disk(repo, name) == expected
    assert staged(repo, "other.py") == "x = 1\n"
    assert repo.git("diff", "--name-only", "-z") == "other.py\0", "only the edit that was not staged is left"
    assert repo.git("ls-files", "--others") == "untracked.py"


def test_an_id_may_be_short_and_takes_only_its_own(repo: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    repo.commit(a=SOURCE)
    repo.write("a.py", SOURCE.replace("a + 1", "a + 2").replace("a - 1", "a - 2"))
    repo.git("add", "a.py")
    text = staged(repo, "a.py")
    suggest(repo)
    assert run(["apply", "id-sec"]) == 0
    assert staged(repo, "a.py") == with_docstring(text, "second")
    assert run(["apply", "id"]) == 2, "it could be either of the two that are left"
    assert run(["apply", "id-second"]) == 2, "it is taken already"
    assert run(["apply"]) == 0
    assert "id-first  a.py:4" in capsys.readouterr().out
    assert run(["apply", "id-Third", "id-first"]) == 0
    assert staged(repo, "a.py") == with_docstring(text, "first", "second", "method")


def test_unstaged_edits_stay_and_stay_unstaged(repo: Sandbox) -> None:
    """Partial staging: the index gets the docstring alone, and the working file both."""
    repo.commit(a="import os\n")
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    edited = SOURCE.replace("a - 1", "a - 100") + "\n\ndef draft():\n    pass\n"
    repo.write("a.py", "# a new first line\n" + edited)
    before = repo.git("diff", "-U0", "--", "a.py").splitlines()
    suggest(repo)
    assert run(["apply", "id-first"]) == 0
    assert staged(repo, "a.py") == with_docstring(SOURCE, "first")
    assert on_disk(repo, "a.py") == with_docstring("# a new first line\n" + edited, "first")
    after = repo.git("diff", "-U0", "--", "a.py").splitlines()
    assert [line for line in after if line[0] in "+-"][2:] == [line for line in before if line[0] in "+-"][2:]


def test_unstaged_edits_in_the_same_function_are_merged_where_they_leave_room(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    edited = SOURCE.replace("c = b * 2", "c = b * 3")
    repo.write("a.py", edited)
    suggest(repo)
    assert run(["apply", "id-first"]) == 0
    assert staged(repo, "a.py") == with_docstring(SOURCE, "first")
    assert on_disk(repo, "a.py") == with_docstring(edited, "first")


def test_unstaged_edits_on_the_same_lines_are_never_touched(
    repo: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has no room is refused by name, the rest is taken, and no byte of the user's is lost."""
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    edited = SOURCE.replace("def first(a):", "def first(a, more):")
    repo.write("a.py", edited)
    suggest(repo)
    assert run(["apply", "id-first"]) == 2
    assert staged(repo, "a.py") == SOURCE
    assert on_disk(repo, "a.py") == edited
    assert "edits on the same lines" in capsys.readouterr().err
    assert run(["apply", "--all"]) == 2
    assert staged(repo, "a.py") == with_docstring(SOURCE, "second", "method")
    assert on_disk(repo, "a.py") == with_docstring(edited, "second", "method")


def test_ids_are_all_or_nothing(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    suggest(repo)
    edited = SOURCE.replace("def first(a):", "def first(a, more):")
    repo.write("a.py", edited)
    assert run(["apply", "id-first", "id-second"]) == 2
    assert (staged(repo, "a.py"), on_disk(repo, "a.py")) == (SOURCE, edited)


def test_suggestions_can_be_taken_after_the_commit_and_after_lines_moved(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    suggest(repo)
    repo.commit()
    moved = SOURCE.replace("import os\n", "import os\nimport re\n\nX = re.compile('')\n")
    repo.write("a.py", moved)
    repo.git("add", "a.py")
    assert run(["apply", "id-second"]) == 0
    assert staged(repo, "a.py") == on_disk(repo, "a.py") == with_docstring(moved, "second")


def test_a_function_that_changed_since_is_refused(repo: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    suggest(repo)
    changed = SOURCE.replace("c = b * 2", "c = b * 3")
    repo.write("a.py", changed)
    repo.git("add", "a.py")
    assert run(["apply", "id-first"]) == 2
    assert "changed since" in capsys.readouterr().err
    assert staged(repo, "a.py") == changed


def test_one_of_two_equal_functions_is_not_guessed(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    suggest(repo)
    twice = SOURCE + "\n\n" + SOURCE[SOURCE.index("def first") : SOURCE.index("def second")]
    repo.write("a.py", twice)
    repo.git("add", "a.py")
    assert run(["apply", "id-first"]) == 2
    assert staged(repo, "a.py") == twice


def test_a_suggestion_that_is_there_already_is_no_error(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    suggest(repo)
    repo.write("a.py", with_docstring(SOURCE, "first"))
    repo.git("add", "a.py")
    assert run(["apply", "id-first", "id-second"]) == 0
    assert staged(repo, "a.py") == with_docstring(SOURCE, "first", "second")


def test_a_suggestion_taken_by_hand_in_the_working_file_only_is_staged(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    suggest(repo)
    repo.write("a.py", with_docstring(SOURCE, "first"))
    assert run(["apply", "id-first"]) == 0
    assert staged(repo, "a.py") == on_disk(repo, "a.py") == with_docstring(SOURCE, "first")


@pytest.mark.parametrize("autocrlf", ["true", "false"])
def test_windows_line_endings_stay(repo: Sandbox, autocrlf: str) -> None:
    """With core.autocrlf the index has other line endings than the working file; neither changes its own."""
    repo.git("config", "core.autocrlf", autocrlf)
    text = SOURCE.replace("\n", "\r\n")
    repo.write("folder/a.py", text)
    repo.git("add", "--all")
    suggest(repo)
    assert run(["apply", "--all"]) == 0
    names = ("first", "second", "method")
    assert on_disk(repo, "folder/a.py") == with_docstring(text, *names)
    assert staged(repo, "folder/a.py") == with_docstring(SOURCE if autocrlf == "true" else text, *names)
    assert repo.git("status", "--porcelain") == "A  folder/a.py"


def test_mixed_line_endings_in_the_working_file_stay_mixed(repo: Sandbox) -> None:
    repo.git("config", "core.autocrlf", "input")
    text = SOURCE.replace("\n", "\r\n").replace("def first(a):\r\n", "def first(a):\n")
    repo.write("a.py", text)
    repo.git("add", "--all")
    suggest(repo)
    assert run(["apply", "id-first", "id-second"]) == 0
    assert on_disk(repo, "a.py") == with_docstring(text, "first", "second")


def test_another_encoding_stays(repo: Sandbox) -> None:
    text = "# coding: latin-1\n# é\n" + SOURCE
    repo.write("a.py", text.encode("latin-1"))
    repo.git("add", "--all")
    suggest(repo)
    assert run(["apply", "id-first"]) == 0
    assert (repo.root / "a.py").read_bytes() == with_docstring(text, "first").encode("latin-1")
    assert repo.git("status", "--porcelain") == "A  a.py"


def test_an_executable_stays_executable(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    (repo.root / "a.py").chmod(0o755)
    repo.git("add", "--all")
    suggest(repo)
    assert run(["apply", "--all"]) == 0
    assert repo.git("ls-files", "--stage").startswith("100755")
    assert (repo.root / "a.py").stat().st_mode & 0o777 == 0o755


def test_a_file_deleted_in_the_working_tree_stays_deleted(
    repo: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "--all")
    suggest(repo)
    (repo.root / "a.py").unlink()
    assert run(["apply", "id-first"]) == 0
    assert "staged only" in capsys.readouterr().out
    assert staged(repo, "a.py") == with_docstring(SOURCE, "first")
    assert not (repo.root / "a.py").exists()


def test_a_link_in_place_of_the_file_is_not_written_through(repo: Sandbox, tmp_path: Path) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "--all")
    suggest(repo)
    outside = tmp_path / "outside.py"
    outside.write_text(SOURCE)
    (repo.root / "a.py").unlink()
    (repo.root / "a.py").symlink_to(outside)
    assert run(["apply", "id-first"]) == 2
    assert outside.read_text() == staged(repo, "a.py") == SOURCE


def test_while_another_git_is_at_work_nothing_is_written(
    repo: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "--all")
    suggest(repo)
    (repo.root / ".git/index.lock").touch()
    assert run(["apply", "--all"]) == 2
    assert "another git process" in capsys.readouterr().err
    assert on_disk(repo, "a.py") == staged(repo, "a.py") == SOURCE
    assert sorted(each.name for each in repo.root.iterdir()) == [".git", "a.py"], "no half-written files"


def test_a_folder_that_cannot_be_written_leaves_the_index_alone(repo: Sandbox) -> None:
    repo.write("folder/a.py", SOURCE)
    repo.git("add", "--all")
    suggest(repo)
    (repo.root / "folder/a.py").unlink()
    (repo.root / "folder/a.py").mkdir()
    assert run(["apply", "--all"]) == 2
    assert staged(repo, "folder/a.py") == SOURCE


def test_a_linked_worktree_has_suggestions_of_its_own(
    repo: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(a="x = 1\n")
    repo.git("worktree", "add", "-q", str(tmp_path / "tree two"), "-b", "two")
    tree = Sandbox(tmp_path / "tree two")
    tree.write("a.py", SOURCE)
    tree.git("add", "--all")
    suggest(tree)
    assert run(["apply", "--all"]) == 2, "the first working tree has none"
    monkeypatch.chdir(tree.root)
    assert run(["apply", "--all"]) == 0
    assert (
        staged(tree, "a.py") == on_disk(tree, "a.py") == with_docstring(SOURCE, "first", "second", "method")
    )
    assert staged(repo, "a.py") == "x = 1\n"


def test_a_new_file_is_made_and_staged_unless_there_is_one(repo: Sandbox) -> None:
    repo.commit(a=SOURCE)
    new = Kept("id-new", "test", "tests/test_a.py", "first", "Test it", True, 1, 1, "x = 1\n", 1, "", "")
    with Repository.open(repo.root) as repository:
        last = Last(repository.git_dir)
        last.write(LastRun("pre-commit", 0.0, (new,)))
        repo.write("tests/test_a.py", "mine = 1\n")
        assert run(["apply", "--all"]) == 2
        assert on_disk(repo, "tests/test_a.py") == "mine = 1\n"
        (repo.root / "tests/test_a.py").unlink()
        (repo.root / "tests").rmdir()
        assert run(["apply", "--all"]) == 0
    assert on_disk(repo, "tests/test_a.py") == staged(repo, "tests/test_a.py") == "x = 1\n"


def test_what_another_version_left_is_nothing_to_take(repo: Sandbox) -> None:
    repo.commit(a=SOURCE)
    folder = repo.root / ".git/codebot"
    folder.mkdir()
    for text in ("", "[]", '{"version": 99}', '{"version": 1, "suggestions": [{"id": "../x"}]}'):
        (folder / "last.json").write_text(text)
        assert run(["apply", "--all"]) in {0, 2}
    assert repo.git("status", "--porcelain") == ""


def test_a_working_tree_encoding_stays(repo: Sandbox) -> None:
    """Git keeps such a file as UTF-8; the working file is what .gitattributes says."""
    repo.write(".gitattributes", "*.py working-tree-encoding=UTF-16LE-BOM eol=crlf\n")
    text = SOURCE.replace("\n", "\r\n")
    repo.write("a.py", text.encode("utf-16"))
    repo.git("add", "--all")
    suggest(repo, "a.py")
    assert run(["apply", "id-first"]) == 0
    assert staged(repo, "a.py") == with_docstring(SOURCE, "first")
    assert (repo.root / "a.py").read_bytes().decode("utf-16") == with_docstring(text, "first")
    assert repo.git("status", "--porcelain").splitlines() == ["A  .gitattributes", "A  a.py"]


def test_a_read_only_file_is_written_and_stays_read_only(repo: Sandbox) -> None:
    repo.write("a.py", SOURCE)
    repo.git("add", "--all")
    suggest(repo)
    (repo.root / "a.py").chmod(0o444)
    assert run(["apply", "id-first"]) == 0
    assert on_disk(repo, "a.py") == with_docstring(SOURCE, "first")
    assert (repo.root / "a.py").stat().st_mode & 0o777 == 0o444


def test_a_repository_without_a_commit_and_one_with_sha256_work_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = make(tmp_path / "longer hashes", "--object-format=sha256")
    monkeypatch.chdir(sandbox.root)
    sandbox.write("a.py", SOURCE)
    sandbox.git("add", "--all")
    suggest(sandbox)
    assert run(["apply", "id-second"]) == 0
    assert run(["apply", "id-first"]) == 0
    assert staged(sandbox, "a.py") == on_disk(sandbox, "a.py") == with_docstring(SOURCE, "first", "second")
