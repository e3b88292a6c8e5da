"""Writing suggestions: all of them or none, and nothing else in the file."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from bot.apply import apply
from bot.data import Change, Chunk, Skipped, Suggestion
from bot.errors import DriftError, UsageError
from bot.files import read_folder

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links as POSIX has them")


def change(root: Path, path: str) -> Change:
    found = {f.path: f for f in read_folder(root)}[path]
    assert not isinstance(found, Skipped), found
    return found


def suggest(of: Change, start: int, end: int, replacement: str) -> Suggestion:
    chunk = Chunk(of, "python", "module", 0, len(of.source), 1, of.source.count(b"\n"))
    return Suggestion("id", "docstring", chunk, start, end, replacement, "a message")


def listing(root: Path) -> list[str]:
    return sorted(p.name for p in root.rglob("*"))


def test_files_get_their_edits_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_bytes(b"one\r\ntwo\r\nthree")
    (tmp_path / "sub" / "b.py").write_bytes(b"one\ntwo\n")
    a, b = change(tmp_path, "a.py"), change(tmp_path, "sub/b.py")
    edits = [suggest(b, 2, 2, "TWO\n"), suggest(a, 3, 3, "three!"), suggest(a, 1, 1, "one\r\n  new\r\n")]
    assert apply(tmp_path, edits) == ["a.py", "sub/b.py"]
    assert (tmp_path / "a.py").read_bytes() == b"one\r\n  new\r\ntwo\r\nthree!"
    assert (tmp_path / "sub" / "b.py").read_bytes() == b"one\nTWO\n"
    assert listing(tmp_path) == ["a.py", "b.py", "sub"]


def test_nothing_to_write_writes_nothing(tmp_path: Path) -> None:
    assert apply(tmp_path, []) == []


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"# coding: latin-1\n", "latin-1"),
    ],
)
def test_the_encoding_stays(tmp_path: Path, head: bytes, encoding: str) -> None:
    (tmp_path / "a.py").write_bytes(head + "é\ntwo\n".encode(encoding))
    found = change(tmp_path, "a.py")
    last = found.source.count(b"\n")
    apply(tmp_path, [suggest(found, last, last, "ü\n")])
    assert (tmp_path / "a.py").read_bytes() == head + "é\nü\n".encode(encoding)


def test_text_that_the_encoding_cannot_spell_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\nx\n")
    (tmp_path / "b.py").write_bytes(b"x\n")
    edits = [suggest(change(tmp_path, "b.py"), 1, 1, "y\n"), suggest(change(tmp_path, "a.py"), 2, 2, "日\n")]
    with pytest.raises(UsageError, match=r"a\.py: iso8859-1 cannot spell '日'"):
        apply(tmp_path, edits)
    assert (tmp_path / "b.py").read_bytes() == b"x\n"


@posix
@pytest.mark.parametrize("mode", [0o755, 0o600, 0o444, 0o640])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    (tmp_path / "a.py").write_bytes(b"x\n")
    found = change(tmp_path, "a.py")
    (tmp_path / "a.py").chmod(mode)
    apply(tmp_path, [suggest(found, 1, 1, "y\n")])
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == mode
    assert (tmp_path / "a.py").read_bytes() == b"y\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x\n")
    os.chown(tmp_path / "a.py", 12345, 54321)
    apply(tmp_path, [suggest(change(tmp_path, "a.py"), 1, 1, "y\n")])
    status = (tmp_path / "a.py").stat()
    assert (status.st_uid, status.st_gid) == (12345, 54321)


def test_a_file_that_changed_since_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.py").write_bytes(b"x\n")
    edits = [suggest(change(tmp_path, f"{name}.py"), 1, 1, "y\n") for name in "abc"]
    (tmp_path / "b.py").write_bytes(b"x \n")
    (tmp_path / "c.py").unlink()
    with pytest.raises(DriftError, match=r"b\.py .*c\.py") as error:
        apply(tmp_path, edits)
    assert "a.py" not in str(error.value)
    assert (tmp_path / "a.py").read_bytes() == b"x\n"
    assert listing(tmp_path) == ["a.py", "b.py"]


def test_a_staged_file_is_written_only_where_the_working_file_is_the_same(tmp_path: Path) -> None:
    staged = Change("a.py", b"one\ntwo\n", b"one\ntwo\n", origin="index")
    (tmp_path / "a.py").write_bytes(b"one\nunstaged\n")
    with pytest.raises(DriftError, match=r"a\.py") as error:
        apply(tmp_path, [suggest(staged, 2, 2, "TWO\n")])
    assert "--staged" in error.value.hint
    (tmp_path / "a.py").write_bytes(b"one\ntwo\n")
    apply(tmp_path, [suggest(staged, 2, 2, "TWO\n")])
    assert (tmp_path / "a.py").read_bytes() == b"one\nTWO\n"


def test_line_endings_that_git_converts_are_no_drift_and_stay(tmp_path: Path) -> None:
    """With core.autocrlf the index has line feeds where the working file has carriage returns too."""
    staged = Change("a.py", b"one\ntwo\n", b"one\ntwo\n", origin="index")
    (tmp_path / "a.py").write_bytes(b"one\r\ntwo\r\n")
    apply(tmp_path, [suggest(staged, 2, 2, "TWO\nnew\n")])
    assert (tmp_path / "a.py").read_bytes() == b"one\r\nTWO\r\nnew\r\n"
    (tmp_path / "a.py").write_bytes(b"one\r\ntwo\r\n")
    with pytest.raises(DriftError):
        apply(tmp_path, [suggest(Change("a.py", b"one\ntwo\n", b"one\ntwo\n"), 2, 2, "TWO\n")])


@posix
def test_a_link_in_the_files_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x\n")
    found = change(tmp_path, "a.py")
    (tmp_path / "a.py").rename(tmp_path / "real.py")
    (tmp_path / "a.py").symlink_to("real.py")
    with pytest.raises(DriftError, match=r"a\.py"):
        apply(tmp_path, [suggest(found, 1, 1, "y\n")])
    assert (tmp_path / "real.py").read_bytes() == b"x\n"


@posix
def test_paths_that_lead_out_of_the_root_are_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "a.py").write_bytes(b"x\n")
    (root / "link").symlink_to(outside)
    for path in ("../outside/a.py", "link/a.py", str(outside / "a.py")):
        with pytest.raises(DriftError, match="outside the repository"):
            apply(root, [suggest(Change(path, b"x\n", b"x\n"), 1, 1, "y\n")])
    assert (outside / "a.py").read_bytes() == b"x\n"


@posix
def test_when_a_folder_cannot_be_written_every_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, or Ctrl-C: whatever stops it, no temporary file stays and no file is half written."""
    for name in "abc":
        (tmp_path / f"{name}.py").write_bytes(b"x\n")
    edits = [suggest(change(tmp_path, f"{name}.py"), 1, 1, "y\n") for name in "abc"]
    done: list[int] = []
    sync, replace = os.fsync, os.replace

    def interrupted_while_writing(handle: int) -> None:
        sync(handle)
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(handle)

    def interrupted_while_replacing(source: str, target: str) -> None:
        if len(done) == 1:
            raise OSError(28, "No space left on device", target)
        replace(source, target)
        done.append(0)

    monkeypatch.setattr(os, "fsync", interrupted_while_writing)
    with pytest.raises(KeyboardInterrupt):
        apply(tmp_path, edits)
    assert [(tmp_path / f"{n}.py").read_bytes() for n in "abc"] == [b"x\n"] * 3
    assert listing(tmp_path) == ["a.py", "b.py", "c.py"]

    done.clear()
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", interrupted_while_replacing)
    with pytest.raises(UsageError, match="No space left"):
        apply(tmp_path, edits)
    assert [(tmp_path / f"{n}.py").read_bytes() for n in "abc"] == [b"y\n", b"x\n", b"x\n"]
    assert listing(tmp_path) == ["a.py", "b.py", "c.py"]


def test_two_suggestions_for_one_line_are_a_bug_and_write_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x\n")
    found = change(tmp_path, "a.py")
    with pytest.raises(ValueError, match="share line 1"):
        apply(tmp_path, [suggest(found, 1, 1, "y\n"), suggest(found, 1, 1, "z\n")])
    assert (tmp_path / "a.py").read_bytes() == b"x\n"


def new(path: str, text: str) -> Suggestion:
    chunk = Chunk(Change(path, b"", b""), "python", "module", 0, 0, 1, 1)
    return Suggestion("id", "test", chunk, 1, 1, text, "a message", new_file=True)


def test_a_new_file_is_made_with_its_folders(tmp_path: Path) -> None:
    assert apply(tmp_path, [new("tests/unit/test_a.py", "assert True\n")]) == ["tests/unit/test_a.py"]
    assert (tmp_path / "tests" / "unit" / "test_a.py").read_bytes() == b"assert True\n"
    assert listing(tmp_path) == ["test_a.py", "tests", "unit"]


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"mine\n")
    with pytest.raises(DriftError, match="there is a file of this name"):
        apply(tmp_path, [new("a.py", "theirs\n"), new("sub/b.py", "x\n")])
    assert (tmp_path / "a.py").read_bytes() == b"mine\n"
    assert listing(tmp_path) == ["a.py"]


@posix
def test_a_new_file_stays_inside(tmp_path: Path) -> None:
    """Neither a path that climbs nor a link that leads out takes a file out of the repository."""
    (tmp_path / "outside").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    for path in ("../b.py", "link/b.py", "link/sub/b.py"):
        with pytest.raises(DriftError, match="outside the repository"):
            apply(root, [new(path, "x\n")])
    assert listing(tmp_path / "outside") == []


@posix
def test_folders_of_a_write_that_fails_go_away(tmp_path: Path) -> None:
    """A file where a folder should be ends the whole run of writes, and leaves nothing behind."""
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(UsageError):
        apply(tmp_path, [new("fresh/a.py", "x\n"), new("plain/b.py", "x\n")])
    assert listing(tmp_path) == ["plain"]
