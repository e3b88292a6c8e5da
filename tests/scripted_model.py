"""An OpenAI-like server whose answers a test decides: what a model would say, at once and always the same."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from bot.engines.folder import embedded_folder
from tests.scripted_http import JsonHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["scripted_model"]


class _Handler(JsonHandler, BaseHTTPRequestHandler):
    """Says what the server's `answer` says."""

    def do_GET(self) -> None:
        """Say which model this is."""
        self.send({"data": [{"id": self.server.model, "max_model_len": 2048}]})  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        """Answer a prompt."""
        text = self.server.answer(self.body()["prompt"])  # type: ignore[attr-defined]
        count = {"completion_tokens": len(text.split())}
        self.send({"choices": [{"text": text, "finish_reason": "stop"}], "usage": count})


@contextmanager
def scripted_model(answer: Callable[[str], str], name: str = "scripted") -> Iterator[str]:
    """Serve a model that fills gaps as StarCoder does, and yield its address for `--engine`.

    Args:
        answer: Given a prompt, returns what the model says.
        name: Of the model; answers are remembered by it.
    """
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.answer, made.model = answer, name  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"openai+http://127.0.0.1:{made.server_port}/v1?tokenizer={embedded_folder()}&timeout=20"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
