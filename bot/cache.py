"""What was computed before, kept between runs in one SQLite file of the user's cache folder (only sqlite3).

Every operation is its own transaction, so concurrent runs share the file safely. The cache may fail at any
time (a full or read-only disk, a damaged file): it then says so once, as a value in `warnings`, and the run
goes on without it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["NAMESPACES", "Cache", "CacheInfo", "default_path"]

NAMESPACES = ("completion", "score", "tags", "trace", "build", "style")
_BYTES = 512 * 1024 * 1024
_VERSION = 1  # of the table's layout; a file of another version is rebuilt
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    namespace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    bytes INTEGER NOT NULL, used REAL NOT NULL,
    PRIMARY KEY (namespace, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_used ON entry (used);
"""
_FRESH = 3600.0  # seconds within which reading an entry does not note its use again
_CHECK_EVERY = 256  # writes between two looks at the size
_PATIENCE = 10.0  # seconds to wait for other processes


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What `codebot cache info` shows."""

    path: Path
    entries: dict[str, int]  # by namespace
    bytes: int  # of the file and its log on disk
    limit: int


def default_path() -> Path:
    """Return where the cache lies: `CODEBOT_CACHE_DIR`, or the platform's cache folder for codebot."""
    if folder := os.environ.get("CODEBOT_CACHE_DIR"):
        return Path(folder) / "cache.sqlite3"
    from platformdirs import user_cache_path  # noqa: PLC0415 - 10 ms that most commands save

    return user_cache_path("codebot", appauthor=False) / "cache.sqlite3"


class Cache:
    """JSON objects by namespace and key. Opens its file when first used; usable from several threads."""

    def __init__(self, path: Path | None = None, *, limit: int = _BYTES) -> None:
        """Use the file at `path`, and keep it under `limit` bytes by dropping what was unused longest."""
        self.path = path or default_path()
        self.limit = limit
        self.warnings: list[str] = []
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._off = False
        self._writes = 0
        self._inode: int | None = None  # of the file in use: tells whether it is still that one

    def get(self, namespace: str, key: str) -> dict[str, Any] | None:
        """Return the object kept under `key`, None where there is none."""
        key = _plain(key)
        rows = self._run("SELECT value, used FROM entry WHERE namespace = ? AND key = ?", namespace, key)
        if not rows:
            return None
        text, used = rows[0]
        try:
            value = json.loads(text)
        except ValueError:
            return None
        now = time.time()
        if now - used > _FRESH:
            self._run("UPDATE entry SET used = ? WHERE namespace = ? AND key = ?", now, namespace, key)
        return value if isinstance(value, dict) else None

    def put(self, namespace: str, key: str, value: dict[str, Any]) -> None:
        """Keep `value` under `key`, in place of what was there."""
        key = _plain(key)
        text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
        size = len(text) + len(key)
        if size > self.limit:
            return
        self._run(
            "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)", namespace, key, text, size, time.time()
        )
        self._writes += 1
        if self._writes % _CHECK_EVERY == 1:
            self._evict()

    def save_trace(self, identifier: str, trace: dict[str, Any]) -> None:
        """Keep how a suggestion came about, for `codebot explain`."""
        self.put("trace", identifier, trace)

    def load_trace(self, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the traces whose id starts with `prefix`, by id: none, one, or several it could mean."""
        first, last = _plain(prefix), _plain(prefix) + "\U0010ffff"
        query = """SELECT key, value FROM entry WHERE namespace = 'trace' AND key BETWEEN ? AND ?
            ORDER BY key LIMIT 20"""
        return [(key, json.loads(text)) for key, text in self._run(query, first, last)]

    def info(self) -> CacheInfo:
        """Return where the cache is and what it holds."""
        rows = self._run("SELECT namespace, count(*) FROM entry GROUP BY namespace")
        return CacheInfo(self.path, {name: int(n) for name, n in rows}, self._bytes(), self.limit)

    def clear(self) -> int:
        """Forget everything; return how many entries there were."""
        count = sum(self.info().entries.values())
        with self._lock:
            self._run("DELETE FROM entry")
            self._run("VACUUM")
            self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __del__(self) -> None:
        self.close()  # a cache that is dropped unclosed is no news: every call was its own transaction

    def _bytes(self) -> int:
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.is_file())

    def _run(self, query: str, *values: object) -> list[Any]:
        """Run one statement; [] where the cache is, or now goes, out of use."""
        with self._lock:
            if self._off:
                return []
            try:
                return self._connected().execute(query, values).fetchall()
            except sqlite3.OperationalError as error:  # locked for long, disk full, read-only
                self._give_up(str(error))
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the file is damaged
                self._rebuild(str(error))
            except OSError as error:
                self._give_up(error.strerror or str(error))
            return []

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # prompts hold people's code
            self._inode = self.path.stat().st_ino if self.path.exists() else None
            # autocommit: no transaction stays open between two calls
            opened = sqlite3.connect(
                self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(opened)
            except BaseException:
                opened.close()
                raise
            self._connection = opened
            self._inode = self.path.stat().st_ino
        return self._connection

    def _evict(self) -> None:
        """Drop what was unused longest once the entries outgrow the limit, down to nine tenths of it."""
        total = self._run("SELECT coalesce(sum(bytes), 0) FROM entry")
        over = total[0][0] - self.limit if total else 0
        if over <= 0:
            return
        over += self.limit // 10
        query = """DELETE FROM entry WHERE (namespace, key) IN (SELECT namespace, key FROM
            (SELECT namespace, key, sum(bytes) OVER (ORDER BY used, namespace, key) - bytes AS before
             FROM entry) WHERE before < ?)"""
        self._run(query, over)
        self._run("PRAGMA wal_checkpoint(TRUNCATE)")

    def _give_up(self, why: str) -> None:
        self.close()
        self._off = True
        self.warnings.append(f"the cache at {self.path} is out of use in this run: {why}")

    def _rebuild(self, why: str) -> None:
        """Move a damaged file aside and start anew, unless another process just did."""
        self.close()
        aside = self.path.with_name(f"{self.path.name}.damaged-{os.getpid()}-{int(time.time())}")
        try:
            if self.path.exists() and self.path.stat().st_ino == self._inode:
                self.path.replace(aside)
                for end in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + end).unlink(missing_ok=True)
            self._connected()
        except (OSError, sqlite3.Error) as error:
            self._give_up(str(error))
            return
        self.warnings.append(f"the cache was damaged ({why}); it is kept as {aside} and a new one was begun")


def _plain(key: str) -> str:
    """Return a key as SQLite can take it: names of files need not be Unicode."""
    return key.encode("utf-8", "backslashreplace").decode()


def _prepare(opened: sqlite3.Connection) -> None:
    """Set a connection up, and lay out a new file."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            opened.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # the busy timeout does not cover the switch to WAL
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
    opened.execute("PRAGMA synchronous = NORMAL")
    version = opened.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, _VERSION}:
        raise sqlite3.DatabaseError(f"its layout is version {version}")
    if version == 0:
        opened.executescript(_SCHEMA)
        opened.execute(f"PRAGMA user_version = {_VERSION}")
