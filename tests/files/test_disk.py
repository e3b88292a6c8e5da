"""A folder outside any repository, read with the same rules."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from bot.data import Change, Skipped
from bot.errors import UsageError
from bot.files import Filters, load_filters, read_folder

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x = 1\n")


def read(root: Path, *paths: str | Path, filters: Filters | None = None) -> dict[str, str | None]:
    found = list(read_folder(root, paths, filters))
    assert [f.path for f in found] == sorted({f.path for f in found}), "sorted, each once"
    return {f.path: f.reason if isinstance(f, Skipped) else None for f in found}


def test_files_come_sorted_as_whole_paths(tmp_path: Path) -> None:
    write(tmp_path, "a/b.py", "a.py", "a-b.py", "a/z/1.py", "b.py", "A.py")
    assert list(read(tmp_path)) == ["A.py", "a-b.py", "a.py", "a/b.py", "a/z/1.py", "b.py"]


def test_a_change_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    (change,) = read_folder(tmp_path)
    assert isinstance(change, Change)
    assert (change.raw, change.source) == (b"\xef\xbb\xbfx = 1\r\n", b"x = 1\r\n")
    assert (change.encoding, change.newline, change.ranges) == ("utf-8-sig", "\r\n", None)


def test_hidden_folders_caches_and_environments_are_passed_over(tmp_path: Path) -> None:
    write(
        tmp_path, ".git/config", ".tox/a.py", "pkg/__pycache__/a.py", "pkg/a.py", "env/pyvenv.cfg", "env/a.py"
    )
    write(tmp_path, "node_modules/a/b.js")
    assert read(tmp_path) == {"env": "vendored", "node_modules": "vendored", "pkg/a.py": None}


def test_a_folder_inside_site_packages_is_read_as_the_root(tmp_path: Path) -> None:
    root = tmp_path / "site-packages"
    write(root, "pkg/a.py", "pkg/_vendor/b.py")
    assert read(root) == {"pkg/_vendor": "vendored", "pkg/a.py": None}
    assert read(tmp_path) == {"site-packages": "vendored"}
    assert read(tmp_path, root / "pkg") == {
        "site-packages/pkg/_vendor": "vendored",
        "site-packages/pkg/a.py": None,
    }


def test_paths_restrict_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a/1.py", "a/2.py", "b/3.py", "c.py")
    assert list(read(tmp_path, tmp_path / "c.py", tmp_path / "a", tmp_path / "a" / "2.py")) == [
        "a/1.py",
        "a/2.py",
        "c.py",
    ]
    monkeypatch.chdir(tmp_path / "b")
    assert list(read(tmp_path, "3.py")) == ["b/3.py"]


def test_paths_that_are_not_there_or_outside_are_named(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(UsageError, match=r"gone\.py: no such"):
        read(tmp_path / "root", tmp_path / "root" / "gone.py")
    with pytest.raises(UsageError, match="outside"):
        read(tmp_path / "root", tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        read(tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX has them")
def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "pkg/b.py")
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    assert read(tmp_path) == {
        "a.py": None,
        "link.py": "symlink",
        "loop": "symlink",
        "pipe": "unreadable",
        "pkg/b.py": None,
    }


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "pkg/b.py")
    (tmp_path / "a.py").chmod(0)
    (tmp_path / "pkg").chmod(0)
    assert read(tmp_path) == {"a.py": "unreadable", "pkg": "unreadable"}
    (tmp_path / "pkg").chmod(0o755)


def test_the_limit_is_held_without_reading(tmp_path: Path) -> None:
    with (tmp_path / "huge.py").open("wb") as file:
        file.truncate(1 << 40)  # sparse: a terabyte that is not there
    assert read(tmp_path) == {"huge.py": "too-large"}


def test_the_ignore_file_comes_with_the_root(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.sql")
    (tmp_path / ".codebotignore").write_text("*.sql\n.codebotignore\n")
    assert read(tmp_path) == {".codebotignore": "ignored", "a.py": None, "b.sql": "ignored"}
    assert load_filters(tmp_path, exclude=["a.py"]).ignore_file_text == "*.sql\n.codebotignore\n"
    (tmp_path / ".codebotignore").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="codebotignore"):
        load_filters(tmp_path)
