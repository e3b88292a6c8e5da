"""A run that is cancelled costs the server nothing more: our client, a real Triton, `tensorrt_llm_bls`."""

from __future__ import annotations

import json
import shutil
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from bot.data import Change, Chunk, Failed, Prompt
from bot.deploy.probe import generate
from bot.deploy.serve import Server, running
from bot.engines import open_engine
from bot.engines.folder import embedded_folder
from tests.triton import binary_or_skip, render_embedded

pytest.importorskip("tritonclient", reason="the triton extra is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING = 4  # requests that the model answers one after the other, seconds each


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model never ends an answer by itself, one request at a time."""
    binary_or_skip()
    folder = tmp_path_factory.mktemp("endless")
    model = folder / "model"
    shutil.copytree(embedded_folder(), model)
    config = json.loads((model / "config.json").read_text("utf-8"))
    (model / "config.json").write_text(json.dumps({**config, "eos_token": "<fim_pad>"}), "utf-8")
    place = {"engine_dir": str(model), "tokenizer_dir": str(model), "parallel_requests": 1}
    with running(repository=render_embedded(folder / "repository", **place)) as started:
        yield started


def prompts() -> Iterator[Prompt]:
    chunk = Chunk(Change("a.py", b"", b""), "python", "function", 0, 0, 1, 1)
    for n in range(WAITING):
        yield Prompt(chunk, "docstring", "summary", f"def f{n}(x):\n    ", "fim", 0, 900)


def finished(server: Server) -> int:
    """Return how many requests the model is through with."""
    url = f"{server.http_url}/v2/models/tensorrt_llm_bls/stats"
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own server
        stats = json.loads(response.read())["model_stats"][0]["inference_stats"]
    return int(stats["success"]["count"]) + int(stats["fail"]["count"])


@pytest.mark.parametrize(("protocol", "stream"), [("grpc", "no"), ("grpc", "yes"), ("http", "yes")])
def test_a_cancelled_run_leaves_nothing_in_flight(server: Server, protocol: str, stream: str) -> None:
    """What ran and what waited is over long before one answer would be, and the next is answered at once."""
    place = server.grpc_url if protocol == "grpc" else server.http_url.partition("//")[2]
    engine = open_engine(f"triton+{protocol}://{place}/tensorrt_llm_bls?stream={stream}")
    cancel = threading.Event()
    timer = threading.Timer(1.0, cancel.set)
    try:
        assert engine.info.window == 1024
        before = finished(server)
        timer.start()
        outcomes = list(engine.complete(prompts(), cancel))
    finally:
        engine.close()
        timer.join()
    assert [o.reason for o in outcomes if isinstance(o, Failed)] == ["cancelled"] * WAITING
    began = time.monotonic()
    while finished(server) < before + WAITING and time.monotonic() - began < 30:
        time.sleep(0.05)
    answer = generate(server.http_url, "tensorrt_llm_bls", {"text_input": "def f", "max_tokens": 1})
    assert time.monotonic() - began < 4, "the server went on"  # all of them: 20 s and more
    assert answer["text_output"]
