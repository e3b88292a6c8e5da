"""The cache: shared by processes, bounded, and never in the way."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.cache import Cache, default_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "cache.sqlite3"


def test_what_was_put_is_there_in_the_next_run(path: Path) -> None:
    first = Cache(path)
    first.put("completion", "k", {"text": "é\ud800 \U0001f600", "n": [1, 2.5, None]})
    first.put("completion", "k2", {"x": 1})
    first.put("completion", "k2", {"x": 2})
    first.close()
    second = Cache(path)
    assert second.get("completion", "k") == {"text": "é\ud800 \U0001f600", "n": [1, 2.5, None]}
    assert second.get("completion", "k2") == {"x": 2}
    assert second.get("score", "k") is None
    assert second.get("completion", "none") is None
    assert second.warnings == []


def test_info_counts_and_clear_forgets(path: Path) -> None:
    cache = Cache(path)
    cache.put("completion", "a", {})
    cache.put("score", "b", {})
    cache.put("score", "c", {})
    info = cache.info()
    assert (info.path, info.entries) == (path, {"completion": 1, "score": 2})
    assert info.bytes > 0
    assert cache.clear() == 3
    assert cache.info().entries == {}
    assert cache.get("score", "b") is None


def test_a_trace_is_found_by_the_beginning_of_its_id(path: Path) -> None:
    cache = Cache(path)
    cache.save_trace("abc123", {"n": 1})
    cache.save_trace("abd", {"n": 2})
    assert cache.load_trace("abc") == [("abc123", {"n": 1})]
    assert [key for key, _ in cache.load_trace("ab")] == ["abc123", "abd"]
    assert cache.load_trace("%") == cache.load_trace("_bc") == []
    cache.save_trace("m.py:f_g", {"n": 3})
    cache.save_trace("m.py:fxg", {"n": 4})
    assert cache.load_trace("m.py:f_") == [("m.py:f_g", {"n": 3})]


def test_names_of_files_need_not_be_unicode(path: Path) -> None:
    cache = Cache(path)
    cache.save_trace("a\udcff.py:f", {"n": 1})
    assert [trace for _, trace in cache.load_trace("a\udcff.py")] == [{"n": 1}]
    assert cache.warnings == []


def test_case_matters_in_an_id(path: Path) -> None:
    cache = Cache(path)
    cache.save_trace("a.py:Foo", {})
    assert cache.load_trace("a.py:foo") == []


def test_eight_processes_lose_nothing(path: Path) -> None:
    code = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from bot.cache import Cache
        cache = Cache(Path(sys.argv[1]))
        for n in range(60):
            cache.put("completion", f"{sys.argv[2]}-{n}", {"n": n})
            cache.put("completion", f"shared-{n}", {"n": n})
            assert cache.get("completion", f"{sys.argv[2]}-{n}") == {"n": n}
        assert not cache.warnings, cache.warnings
        """
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), str(i)]) for i in range(8)]
    assert [process.wait(timeout=60) for process in running] == [0] * 8
    cache = Cache(path)
    assert cache.info().entries == {"completion": 9 * 60}
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_process_that_is_killed_leaves_what_it_wrote(path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from bot.cache import Cache\n"
        "Cache(Path(sys.argv[1])).put('completion', 'k', {'n': 1}); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    assert Cache(path).get("completion", "k") == {"n": 1}


@pytest.mark.parametrize("damage", ["garbage", "torn", "version"])
def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(path: Path, damage: str) -> None:
    first = Cache(path)
    for n in range(200):
        first.put("completion", str(n), {"text": "x" * 500})
    first.close()
    if damage == "garbage":
        path.write_bytes(b"this is not a database, whatever its name says" * 100)
    elif damage == "torn":
        raw = bytearray(path.read_bytes())
        raw[4096:] = b"\xff" * (len(raw) - 4096)
        path.write_bytes(bytes(raw))
    else:
        opened = sqlite3.connect(path)
        opened.execute("PRAGMA user_version = 99")
        opened.close()
    cache = Cache(path)
    assert cache.get("completion", "7") is None
    cache.put("completion", "new", {"n": 1})
    assert cache.get("completion", "new") == {"n": 1}
    assert len(cache.warnings) == 1
    assert "damaged" in cache.warnings[0]
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


def test_a_folder_that_cannot_be_written_only_costs_the_cache(tmp_path: Path) -> None:
    """A file stands where the folder should be: as good as read-only, for the superuser too."""
    (tmp_path / "file").write_text("x")
    cache = Cache(tmp_path / "file" / "cache.sqlite3")
    cache.put("completion", "a", {"n": 1})
    assert cache.get("completion", "a") is None
    assert cache.info().entries == {}
    assert cache.clear() == 0
    assert len(cache.warnings) == 1


def test_a_full_disk_only_costs_the_cache(path: Path) -> None:
    cache = Cache(path)
    cache.put("completion", "a", {"n": 1})
    pages = cache._connected().execute("PRAGMA page_count").fetchone()[0]
    cache._connected().execute(f"PRAGMA max_page_count = {pages}")
    cache.put("completion", "b", {"text": "x" * 100_000})
    assert cache.get("completion", "b") is None
    assert len(cache.warnings) == 1
    assert "full" in cache.warnings[0]


def test_what_was_unused_longest_goes_first_when_the_cache_is_full(path: Path) -> None:
    cache = Cache(path, limit=200_000)
    for n in range(1_000):
        cache.put("completion", f"{n:04}", {"text": "x" * 1_000})
    kept = [n for n in range(1_000) if cache.get("completion", f"{n:04}")]
    assert kept
    assert kept == list(range(kept[0], 1_000))
    assert 150 < len(kept) < 500
    assert cache.warnings == []


def test_an_entry_larger_than_the_cache_is_not_kept(path: Path) -> None:
    cache = Cache(path, limit=1_000)
    cache.put("completion", "a", {"text": "x" * 2_000})
    assert cache.get("completion", "a") is None


def test_the_environment_says_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEBOT_CACHE_DIR", str(tmp_path / "here"))
    assert default_path() == tmp_path / "here" / "cache.sqlite3"
    monkeypatch.delenv("CODEBOT_CACHE_DIR")
    assert "codebot" in default_path().parts


@pytest.mark.skipif(os.name == "nt", reason="permissions are another matter there")
def test_others_cannot_read_the_folder(path: Path) -> None:
    Cache(path).put("completion", "a", {})
    assert path.parent.stat().st_mode & 0o077 == 0
