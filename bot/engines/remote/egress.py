"""What left for where: one JSON line for every request, written before it is sent."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EgressLog"]


class EgressLog:
    """Appends to a file that only its owner may read; one line is one write."""

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            UsageError: It cannot be written.
        """
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise UsageError(f"--egress-log {path}: {error.strerror}") from error
        self._lock = threading.Lock()

    def write(self, *, host: str, text: str, masked: int, path: str, symbol: str, purpose: str) -> None:
        """Note that `text`, in which `masked` values are hidden, is about to leave for `host`."""
        raw = text.encode("utf-8", "surrogatepass")
        line = {
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "host": host,
            "sha256": hashlib.sha256(raw).hexdigest(),
            "bytes": len(raw),
            "masked": masked,
            "path": path,
            "symbol": symbol,
            "purpose": purpose,
        }
        with self._lock:
            os.write(self._file, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
