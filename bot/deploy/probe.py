"""Ask a Triton server whether it answers: its health, and one generated token."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

__all__ = ["generate", "ready"]

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no business here


def ready(url: str, model: str | None, *, timeout: float = 30.0) -> tuple[bool, str]:
    """Return whether every model is loaded and `model` generates a token, and what was seen last."""
    try:
        with _OPENER.open(f"{url}/v2/health/ready", timeout=5):
            pass
        if model is None:
            return True, "ready"
        answer = generate(url, model, {"text_input": "def f(", "max_tokens": 1}, timeout=timeout)
    except (OSError, ValueError) as error:
        return False, str(error)
    if "text_output" not in answer:
        return False, f"{model} answers {str(answer)[:200]}"
    return True, "generated a token"


def generate(url: str, model: str, body: dict[str, Any], *, timeout: float = 60.0) -> dict[str, Any]:
    """Return the answer to one `/generate` request; an error's JSON is an answer too."""
    request = urllib.request.Request(  # noqa: S310 - the scheme is ours
        f"{url}/v2/models/{model}/generate",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with _OPENER.open(request, timeout=timeout) as response:
            found = json.loads(response.read())
    except urllib.error.HTTPError as error:
        found = json.loads(error.read() or b"{}")
    return found if isinstance(found, dict) else {}
