"""The vllm profile in a real Triton, around a recorder with vLLM's interface: no GPU is needed."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.deploy.probe import generate
from bot.deploy.render import render
from bot.deploy.serve import running
from bot.deploy.settings import settings_for
from bot.engines.folder import embedded_folder
from tests.deploy.test_embedded_profile import stream
from tests.triton import binary_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.deploy.serve import Server

TEXT = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server whose vLLM is the recorder, and the file where it writes what it was asked."""
    binary_or_skip()
    folder = tmp_path_factory.mktemp("vllm")
    model = str(embedded_folder())
    arguments = json.dumps({"tensor_parallel_size": 2})
    settings = settings_for(
        "vllm", engine_dir="bigcode/starcoder", tokenizer_dir=model, engine_arguments=arguments
    )
    repository = render(settings, folder / "repository")
    recorder = Path(__file__).parents[1] / "data" / "vllm_recorder" / "vllm"
    shutil.copytree(recorder, repository / "tensorrt_llm" / "1" / "vllm")
    record = folder / "record"
    with running("vllm", repository=repository, environment={"VLLM_RECORD": str(record)}) as server:
        yield server, record


def events(record: Path, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    return [event for event in found if event["event"] == kind]


def test_the_engine_is_opened_with_its_arguments(served: tuple[Server, Path]) -> None:
    """The model's name, prefix sharing, and what was set."""
    (opened,) = events(served[1], "open")
    assert opened["model"] == "bigcode/starcoder"
    assert opened["enable_prefix_caching"] is True
    assert opened["tensor_parallel_size"] == 2


def test_the_answer_comes_through_the_ensemble(served: tuple[Server, Path]) -> None:
    """The recorder repeats the prompt: so does the text, whole and as a stream, with log-probabilities."""
    server, _ = served
    body = {"text_input": TEXT, "max_tokens": 8, "return_log_probs": True}
    answer = generate(server.http_url, "ensemble", body)
    assert TEXT.startswith(answer["text_output"])
    assert answer["output_log_probs"] == [-0.5] * 8
    assert answer["cum_log_probs"] == -4.0
    assert (answer["finish_reason"], answer["num_output_tokens"]) == ("length", 8)
    assert "".join(p["text_output"] for p in stream(server, "ensemble", body)) == answer["text_output"]


def test_sampling_is_handed_over(served: tuple[Server, Path]) -> None:
    """Each setting under vLLM's name; nothing asked is greedy."""
    server, record = served
    generate(server.http_url, "ensemble", {"text_input": TEXT, "max_tokens": 2})
    plain = events(record, "generate")[-1]
    assert (plain["temperature"], plain["max_tokens"], plain["logprobs"]) == (0.0, 2, None)
    hot = {
        "temperature": 0.7,
        "top_k": 40,
        "top_p": 0.9,
        "seed": 7,
        "repetition_penalty": 1.25,
        "min_tokens": 1,
    }
    hot |= {"presence_penalty": 0.5, "frequency_penalty": 0.25}
    generate(server.http_url, "ensemble", {"text_input": TEXT, "max_tokens": 2, "bad_words": ["foo"], **hot})
    asked = events(record, "generate")[-1]
    assert {name: pytest.approx(asked[name]) for name in hot} == hot
    assert asked["bad_words"] == ["foo"]
    assert asked["output_kind"] == "DELTA"


def test_a_stop_word_ends_the_request_in_the_engine(served: tuple[Server, Path]) -> None:
    """It is matched as text, and the engine is told to stop generating."""
    server, record = served
    body = {"text_input": TEXT, "max_tokens": 5000, "stop_words": ["return"]}
    answer = generate(server.http_url, "ensemble", body)
    assert answer["finish_reason"] == "stop"
    assert answer["text_output"].endswith("return")
    assert events(record, "abort")[-1]["id"] == events(record, "generate")[-1]["id"]


def test_the_bls_model_gives_the_answer_of_the_ensemble(served: tuple[Server, Path]) -> None:
    """One request at a time: what PyPI's Triton can be trusted with (`model_repository/README.md`)."""
    server, _ = served
    body = {"text_input": TEXT, "max_tokens": 50, "stop_words": ["return"]}
    told = [generate(server.http_url, model, body) for model in ("ensemble", "tensorrt_llm_bls")]
    assert told[0]["text_output"] == told[1]["text_output"]
    assert told[0]["text_output"].endswith("return")
    assert [t["finish_reason"] for t in told] == ["stop", "stop"]


def test_a_client_that_goes_away_ends_the_request_in_the_engine(served: tuple[Server, Path]) -> None:
    """Over a dropped stream of the inner model."""
    grpc = pytest.importorskip("tritonclient.grpc")
    numpy = pytest.importorskip("numpy")
    server, record = served
    values = {
        "input_ids": numpy.array([[50, 51, 52]], numpy.int32),
        "input_lengths": numpy.array([[3]], numpy.int32),
        "request_output_len": numpy.array([[100_000]], numpy.int32),
        "streaming": numpy.array([[True]]),
    }
    inputs = []
    for name, value in values.items():
        kind = "BOOL" if name == "streaming" else "INT32"
        inputs.append(grpc.InferInput(name, list(value.shape), kind))
        inputs[-1].set_data_from_numpy(value)
    before = len(events(record, "abort"))
    client = grpc.InferenceServerClient(server.grpc_url)
    arrived: list[object] = []
    client.start_stream(lambda result, error: arrived.append(error or result))
    client.async_stream_infer("tensorrt_llm", inputs)
    deadline = time.monotonic() + 20
    while len(arrived) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    client.stop_stream(cancel_requests=True)
    client.close()
    while len(events(record, "abort")) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert events(record, "abort")[-1]["id"] == events(record, "generate")[-1]["id"]
