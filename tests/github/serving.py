"""The server of a double: requests are judged, broken where a test says so, and answered."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.github.description import Description
from tests.github.values import Answer, Call, Fault, Refusal, Request, Somebody

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

__all__ = ["Serving"]


class Serving:
    """HTTP around `route`. Use it as a context manager."""

    tokens: dict[str, Somebody]
    requests: list[Request]
    violations: list[str]
    fault: Callable[[Request], Fault | None]
    url: str
    _lock: threading.Lock

    def route(self, method: str, path: str, call: Call) -> Answer:
        """Answer a request, or raise Refusal."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._description = Description()
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: else each answer waits 40 ms for an acknowledgement
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = (self.headers.get("Authorization") or "").partition(" ")[2]
                answered = double._handle(self.command, self.path, body, token)
                if answered is None:
                    self.close_connection = True
                    return
                status, headers, data = answered
                raw = b"" if status == 204 else json.dumps(data).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815 - http.server's names

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handle(
        self, method: str, target: str, body: bytes, token: str
    ) -> tuple[int, dict[str, str], Any] | None:
        split = urlsplit(target)
        path = split.path.removeprefix("/api/v3") if split.path.startswith("/api/v3") else split.path
        path = "/graphql" if path == "/api/graphql" else path
        with self._lock:
            data = json.loads(body) if body else None
            request = Request(len(self.requests) + 1, method, unquote(path), data)
            self.requests.append(request)
            self.violations += self._description.violations(method, path, split.query, body)
            fault = self.fault(request)
            if fault and not fault.after:
                return None if fault.drop else (fault.status, fault.headers, {"message": fault.message})
            query = {k: v[-1] for k, v in parse_qs(split.query).items()}
            who = self.tokens.get(token, Somebody(""))
            try:
                status, answer = self.route(method, unquote(path), Call([], query, data, who))
            except Refusal as no:
                status, answer = (
                    no.status,
                    {"message": no.message, "documentation_url": "https://docs.github.com"},
                )
            if fault:
                return None if fault.drop else (fault.status, fault.headers, {"message": fault.message})
            return status, self._links(answer, split.path, query) if status == 200 else {}, answer

    def _links(self, answer: object, path: str, query: dict[str, str]) -> dict[str, str]:
        """Cut a list to its page, in place, and name the next."""
        if not isinstance(answer, list):
            return {}
        page, per = int(query.get("page", 1)), int(query.get("per_page", 30))
        more = len(answer) > page * per
        answer[:] = answer[(page - 1) * per : page * per]
        following = f'<{self.url}{path}?page={page + 1}&per_page={per}>; rel="next"'
        return {"Link": following} if more else {}
