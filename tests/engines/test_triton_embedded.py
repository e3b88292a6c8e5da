"""The embedded model behind a real Triton: the same suggestions as in this process, byte for byte."""

from __future__ import annotations

import colorsys
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.data import Completion
from bot.deploy.serve import running
from bot.engines import open_engine
from tests.triton import (
    binary_or_skip,
    render_embedded,
    triton,  # noqa: F401 - the fixture
)

pytest.importorskip("tritonclient", reason="the triton extra is not installed")

if TYPE_CHECKING:
    from bot.data import Prompt
    from bot.deploy.serve import Server
    from bot.engines.embedded import EmbeddedEngine
    from bot.engines.remote.masking import MaskingEngine


@pytest.fixture(name="server", scope="module")
def _server(request: pytest.FixtureRequest) -> Server:
    """The one server of this process."""
    found: Server = request.getfixturevalue("triton")
    return found


def url(server: Server, protocol: str, **options: object) -> str:
    place = server.grpc_url if protocol == "grpc" else server.http_url.partition("//")[2]
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return f"triton+{protocol}://{place}/ensemble?{query}"


def annotated(folder: Path, engine: str, *flags: str) -> dict[str, Any]:
    """Return what the command line gives as JSON, without what cannot be the same."""
    command = [sys.executable, "-m", "bot", "annotate", str(folder), "--engine", engine, "--no-cache"]
    shown = subprocess.run(
        [*command, "--format", "json", "--confidence", "off", *flags],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    found: dict[str, Any] = json.loads(shown.stdout)
    for suggestion in found["suggestions"]:
        del suggestion["usage"]["seconds"]
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A small folder, and what `embedded:` suggests for it."""
    folder = tmp_path_factory.mktemp("source")
    text = Path(colorsys.__file__).read_text("utf-8")
    connect = '\n\ndef connect(host):\n    password = "vX9!kq2LmZ7w"\n    return host, password, len(host)\n'
    (folder / "colors.py").write_text(text, "utf-8")
    (folder / "secret.py").write_text(connect, "utf-8")
    return folder, annotated(folder / "colors.py", "embedded:")


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_annotate_through_triton_gives_the_suggestions_of_the_embedded_engine(
    server: Server, expected: tuple[Path, dict[str, Any]], protocol: str
) -> None:
    folder, wanted = expected
    got = annotated(folder / "colors.py", url(server, protocol))
    assert wanted["suggestions"]
    assert got["suggestions"] == wanted["suggestions"]
    assert got["ledger"] == wanted["ledger"]
    assert got["engine"]["build"] == wanted["engine"]["build"]


@pytest.mark.parametrize("protocol", ["grpc", "http"])
@pytest.mark.parametrize("stream", ["no", "yes"])
def test_answers_and_scores_are_those_of_the_embedded_engine(
    server: Server, engine: EmbeddedEngine, prompts: list[Prompt], protocol: str, stream: str
) -> None:
    there = open_engine(url(server, protocol, stream=stream))
    try:
        here = {a.prompt.text: a for a in engine.complete(prompts) if isinstance(a, Completion)}
        for got in there.complete(prompts):
            assert isinstance(got, Completion)
            wanted = here[got.prompt.text]
            assert (got.text, got.finish) == (wanted.text, wanted.finish)
            if stream == "no":
                assert got.logprobs == wanted.logprobs
                assert got.completion_tokens == wanted.completion_tokens
        pairs = [(p.text, "Return the exit code.") for p in prompts[:3]]
        assert _scores(there, pairs) == engine.score(pairs)
    finally:
        there.close()


def test_doubted_answers_are_those_of_the_embedded_engine(
    prompts: list[Prompt], doubting: Path, tmp_path: Path
) -> None:
    """The last log-probability too, which both compute from that of the token of doubt."""
    binary_or_skip()
    place = {"tokenizer_dir": str(doubting), "engine_dir": str(doubting)}
    alone = open_engine(f"embedded:{doubting}", jobs=2)
    with running(repository=render_embedded(tmp_path / "repository", **place)) as server:
        there = open_engine(url(server, "grpc", stream="no"))
        try:
            here = {a.prompt.text: a for a in alone.complete(prompts) if isinstance(a, Completion)}
            for got in there.complete(prompts):
                assert isinstance(got, Completion)
                wanted = here[got.prompt.text]
                assert (got.text, got.finish, got.logprobs) == (wanted.text, wanted.finish, wanted.logprobs)
        finally:
            there.close()
            alone.close()


def test_a_secret_does_not_leave_and_what_leaves_is_listed(
    server: Server, expected: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    log = tmp_path / "egress.jsonl"
    found = annotated(expected[0] / "secret.py", url(server, "grpc"), "--egress-log", str(log))
    assert found["ledger"]["failed"] == {}
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    first = next(line for line in lines if line["purpose"] == "summary")
    assert (first["path"], first["symbol"], first["masked"]) == ("secret.py", "connect", 1)
    assert first["host"] == server.grpc_url
    assert set(first) == {"time", "host", "sha256", "bytes", "masked", "path", "symbol", "purpose"}
    assert log.stat().st_mode & 0o077 == 0


def _scores(engine: Any, pairs: list[tuple[str, str]]) -> list[tuple[float, ...]]:  # noqa: ANN401 - Engine and Scorer
    there: MaskingEngine = engine
    return there.score(pairs)
