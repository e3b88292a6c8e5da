"""What servers with scripted answers have in common: JSON, and nothing on the terminal."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any


class JsonHandler(BaseHTTPRequestHandler):
    """Handles one connection."""

    def send(self, value: object, status: int = 200) -> None:
        """Answer with a value as JSON."""
        raw = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def body(self) -> dict[str, Any]:
        """Return the request's JSON."""
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""
