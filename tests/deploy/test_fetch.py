"""Fetching from a hub: a small one on loopback that speaks its protocol."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from bot.deploy.convert import convert
from bot.deploy.fetch import RECORD, fetch
from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b"{}",
    "tokenizer.json": b'{"a": 1}',
    "model.safetensors": b"\0" * 3000,
    "pytorch_model.bin": b"x",
}


class Hub(BaseHTTPRequestHandler):
    """One model, behind a token."""

    log: list[str] = []  # noqa: RUF012 - one hub a test

    def do_GET(self) -> None:
        """Answer as the hub does."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer as the hub does."""
        self._answer(body=False)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        self.log.append(f"{self.command} {path}")
        if self.headers.get("Authorization") != "Bearer secret":
            return self._send(401, b'{"error": "Access denied"}', {"X-Error-Code": "GatedRepo"}, body=body)
        if path.startswith("/api/models/big/code"):
            siblings = [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]
            found = {
                "id": "big/code",
                "modelId": "big/code",
                "sha": COMMIT,
                "siblings": siblings,
                "private": False,
            }
            tree = [{"type": "file", "path": n, "size": len(d), "oid": "0"} for n, d in FILES.items()]
            return self._send(200, json.dumps(tree if "/tree/" in path else found).encode(), {}, body=body)
        name = path.rpartition("/")[2]
        if f"/resolve/{COMMIT}/" not in path or name not in FILES:
            return self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"}, body=body)
        data = FILES[name]
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        return self._send(206 if start else 200, data[start:], headers, body=body)

    def _send(self, code: int, data: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The hub's address."""
    for name in ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        monkeypatch.setenv(name, "1")
    Hub.log.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_model_is_fetched_once_at_a_pinned_commit(hub: str, tmp_path: Path) -> None:
    """Branch `main` is resolved to its commit; sums are recorded; a second time only asks for the commit."""
    assert fetch("big/code", tmp_path / "m", token="secret", endpoint=hub) == COMMIT  # noqa: S106 - the hub's above
    record = json.loads((tmp_path / "m" / RECORD).read_text("utf-8"))
    assert (record["commit"], record["asked"]) == (COMMIT, "main")
    assert record["sha256"]["config.json"] == hashlib.sha256(b"{}").hexdigest()
    assert "pytorch_model.bin" not in record["sha256"]  # safetensors only: a pickle can run code
    assert (tmp_path / "m" / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    Hub.log.clear()
    fetch("big/code", tmp_path / "m", token="secret", endpoint=hub)  # noqa: S106 - likewise
    assert not [line for line in Hub.log if "/resolve/" in line]


def test_a_damaged_file_is_fetched_again(hub: str, tmp_path: Path) -> None:
    """What is on the disk must be what was recorded."""
    fetch("big/code", tmp_path / "m", token="secret", endpoint=hub)  # noqa: S106 - the hub's above
    (tmp_path / "m" / "config.json").write_bytes(b"[]")
    fetch("big/code", tmp_path / "m", token="secret", endpoint=hub)  # noqa: S106 - likewise
    assert (tmp_path / "m" / "config.json").read_bytes() == b"{}"


def test_no_access_is_told_without_the_token(hub: str, tmp_path: Path) -> None:
    """With what to look at; the token is in no message."""
    with pytest.raises(EngineError, match="cannot be fetched") as caught:
        fetch("big/code", tmp_path / "m", token="wrong-token", endpoint=hub)  # noqa: S106 - not one
    assert "wrong-token" not in str(caught.value)
    assert "HF_TOKEN" in caught.value.hint


def test_converting_needs_a_whole_model(tmp_path: Path) -> None:
    """What is missing is named; nothing is written."""
    (tmp_path / "m").mkdir()
    with pytest.raises(UsageError, match=r"no config\.json"):
        convert(tmp_path / "m", tmp_path / "out")
    (tmp_path / "m" / "config.json").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match=r"no tokenizer\.json"):
        convert(tmp_path / "m", tmp_path / "out")
    assert not (tmp_path / "out").exists()
