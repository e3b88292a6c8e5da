"""`/v1/completions` servers: the embedded model behind one, TLS and a bearer token in front of it."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from bot.data import Completion, Failed
from bot.engines import open_engine
from bot.engines.folder import embedded_folder
from bot.engines.remote.credentials import Access
from bot.errors import EngineError
from tests.engines import faulty
from tests.scripted_http import JsonHandler

pytest.importorskip("httpx2", reason="the openai extra is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.data import Prompt
    from bot.engines.embedded import EmbeddedEngine

TOKEN = "tok-3f9A" + "x" * 20


class Api(ThreadingHTTPServer):
    """Answers completions with the embedded model; `mood` makes it answer differently once or always."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, engine: EmbeddedEngine, prompt: Prompt, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.engine, self.prompt = engine, prompt
        self.mood = ""
        self.asked: list[dict[str, Any]] = []
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that go away: that is what some tests do."""


class Handler(JsonHandler, BaseHTTPRequestHandler):
    """One connection."""

    server: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        rows: list[dict[str, Any]] = [{"id": "embedded", "max_model_len": 1024}, {"id": "b"}]
        rows = rows if self.server.mood == "two" else rows[:1]
        self.send({"data": rows})

    def do_POST(self) -> None:
        body = self.body()
        self.server.asked.append(body)
        mood, self.server.mood = self.server.mood, "" if self.server.mood == "busy" else self.server.mood
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send({"error": {"message": f"not {self.headers.get('Authorization')}"}}, 401)
        elif mood == "busy":
            self.send({"error": {"message": "come back later"}}, 503)
        elif mood == "plain" and "logprobs" in body:
            self.send({"error": {"message": "logprobs is not supported"}}, 400)
        elif mood == "nonsense":
            self.send({"choices": [{"words": 1}]})
        else:
            self._answer(body, cut=mood == "cut")

    def _answer(self, body: dict[str, Any], *, cut: bool) -> None:
        asked = replace(
            self.server.prompt, text=body["prompt"], max_tokens=body["max_tokens"], stop=tuple(body["stop"])
        )
        (answer,) = self.server.engine.complete([asked])
        assert isinstance(answer, Completion)
        choice = {"text": answer.text, "finish_reason": answer.finish}
        if "logprobs" in body:
            choice["logprobs"] = {"token_logprobs": answer.logprobs}  # type: ignore[assignment] # JSON
        if not body["stream"]:
            self.send({"choices": [choice], "usage": {"completion_tokens": answer.completion_tokens}})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for text in answer.text:
            self.wfile.write(b"data: " + json.dumps({"choices": [{"text": text}]}).encode() + b"\n\n")
        if not cut:
            self.wfile.write(b"data: " + json.dumps({"choices": [{**choice, "text": ""}]}).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")


@pytest.fixture
def api(engine: EmbeddedEngine, prompts: list[Prompt]) -> Iterator[Api]:
    made = Api(engine, prompts[0])
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def url(api: Api, **options: object) -> str:
    given = {"tokenizer": embedded_folder(), "timeout": 20, "patience": 2, **options}
    query = "&".join(f"{name}={value}" for name, value in given.items() if value)
    return f"openai+http://127.0.0.1:{api.server_port}/v1?{query}"


def refused(place: str, access: Access, why: str) -> None:
    """The engine at `place` says that it cannot be used."""
    there = open_engine(place, access=access)
    with pytest.raises(EngineError, match=why):
        _ = there.info
    there.close()


@pytest.mark.parametrize("stream", ["no", "yes"])
def test_answers_are_those_of_the_model_behind_it(
    api: Api, engine: EmbeddedEngine, prompts: list[Prompt], stream: str
) -> None:
    there = open_engine(url(api, model="embedded", stream=stream), access=Access(token=TOKEN))
    assert (there.info.model, there.info.window, there.info.family) == ("embedded", 1024, engine.info.family)
    wanted = {a.prompt.text: a for a in engine.complete(prompts[:4]) if isinstance(a, Completion)}
    for got in there.complete(prompts[:4]):
        assert isinstance(got, Completion)
        here = wanted[got.prompt.text]
        assert (got.text, got.finish, got.logprobs) == (here.text, here.finish, here.logprobs)
    there.close()
    assert {body["prompt"] for body in api.asked} == {p.text for p in prompts[:4]}


@pytest.mark.parametrize("mood", ["busy", "plain"])
def test_a_server_that_is_busy_or_lacks_a_field_is_asked_again(
    api: Api, prompts: list[Prompt], mood: str
) -> None:
    api.mood = mood
    there = open_engine(url(api), access=Access(token=TOKEN))
    (answer,) = there.complete(prompts[:1])
    there.close()
    assert isinstance(answer, Completion)
    assert (answer.logprobs is None) == (mood == "plain")
    assert len(api.asked) == 2


@pytest.mark.parametrize(("mood", "stream"), [("nonsense", "no"), ("cut", "yes")])
def test_nonsense_and_a_truncated_stream_are_failures(
    api: Api, prompts: list[Prompt], mood: str, stream: str
) -> None:
    api.mood = mood
    prompt = replace(prompts[0], stop=())
    there = open_engine(url(api, stream=stream), access=Access(token=TOKEN))
    (answer,) = there.complete([prompt])
    there.close()
    assert isinstance(answer, Failed)
    assert answer.reason == "engine"


def test_a_token_that_is_refused_is_shown_nowhere(api: Api, prompts: list[Prompt]) -> None:
    wrong = "wrong-" + "y" * 20
    there = open_engine(url(api), access=Access(token=wrong))
    (answer,) = there.complete(prompts[:1])
    there.close()
    assert isinstance(answer, Failed)
    assert wrong not in repr(answer.detail)
    assert "***" in answer.detail


def test_several_models_need_a_name(api: Api) -> None:
    api.mood = "two"
    refused(url(api), Access(token=TOKEN), r"name one by \?model=")


def test_without_a_tokenizer_the_family_is_asked_for_and_bytes_are_counted(api: Api) -> None:
    access = Access(token=TOKEN)
    refused(url(api, tokenizer=""), access, "model family")
    there = open_engine(url(api, tokenizer="", family="starcoder"), access=access)
    assert there.info.window == 1024
    assert there.tokenizer.count("def f(): pass") == 13
    there.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server it vouches for and a client."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificates to test with")
    folder = tmp_path_factory.mktemp("tls")

    def run(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=authority")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", "utf-8")
    for name in ("server", "client"):
        run("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
        run("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.pem", "-days", "2")
    return folder


def test_https_wants_both_certificates(
    certificates: Path, engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "ca.pem"))
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    served = Api(engine, prompts[0], context)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    place = url(served).replace("openai+http:", "openai+https:")
    try:
        refused(place, Access(token=TOKEN), "no answer from")
        access = Access(
            certificates / "ca.pem", certificates / "client.pem", certificates / "client.key", token=TOKEN
        )
        there = open_engine(place, access=access)
        (answer,) = there.complete(prompts[:1])
        there.close()
        assert isinstance(answer, Completion)
    finally:
        served.shutdown()
        thread.join()
        served.server_close()


def test_grpcs_wants_both_certificates(certificates: Path, prompts: list[Prompt], tmp_path: Path) -> None:
    pytest.importorskip("tritonclient", reason="the triton extra is not installed")
    flags = ("--grpc-use-ssl=true", "--grpc-use-ssl-mutual=true")
    files = {"server-cert": "server.pem", "server-key": "server.key", "root-cert": "ca.pem"}
    paths = tuple(f"--grpc-{name}={certificates / file}" for name, file in files.items())
    server = faulty.start(tmp_path, models=("plain",), flags=(*flags, *paths))
    place = server.url("plain", patience=2, timeout=5).replace("grpc:", "grpcs:")
    try:
        refused(place, Access(certificates / "ca.pem"), "no answer from")
        access = Access(certificates / "ca.pem", certificates / "client.pem", certificates / "client.key")
        there = open_engine(place, access=access)
        (answer,) = there.complete([replace(prompts[0], stop=())])
        there.close()
        assert isinstance(answer, Completion)
    finally:
        server.stop()
