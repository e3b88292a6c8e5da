"""The embedded profile in a real Triton: the contract, and the very answers of the engine in process."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.deploy.probe import generate
from bot.deploy.serve import running
from bot.engines import open_engine
from bot.engines.embedded import EmbeddedEngine, cut
from bot.engines.folder import ModelFolder, embedded_folder
from tests.triton import binary_or_skip, render_embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.deploy.serve import Server

CURL = {
    "text_input": '<fim_prefix>def f(x):\n    """<fim_suffix>"""\n    return x + 1\n<fim_middle>',
    "max_tokens": 40,
    "bad_words": [""],
    "stop_words": [""],
}
END = "<|endoftext|>"
MODELS = ("ensemble", "tensorrt_llm_bls")


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedEngine]:
    opened = open_engine("embedded:", jobs=2)
    assert isinstance(opened, EmbeddedEngine)
    yield opened
    opened.close()


def prompts(count: int) -> list[str]:
    """Cut a real module into holes where docstrings would be."""
    source = Path(inspect.getsourcefile(subprocess) or "").read_text("utf-8")
    parts = source.split("\n    def ")[1 : count + 1]
    return [
        f'<fim_prefix>    def {p[:300]}\n        """<fim_suffix>"""\n{p[300:600]}<fim_middle>' for p in parts
    ]


def in_process(engine: EmbeddedEngine, text: str, tokens: int) -> tuple[str, list[float]]:
    generator = engine._generator()
    ids: list[int] = []
    logprobs: list[float] = []

    def step(result: Any) -> bool:  # noqa: ANN401 - the library publishes no types
        logprobs.append(result.log_prob)
        if result.token != END:
            ids.append(result.token_id)
        return False

    generator.generate_batch(
        [engine.tokenizer.encode(text)],
        max_length=tokens,
        end_token=[END],
        return_scores=True,
        include_prompt_in_result=False,
        callback=step,
    )
    return engine.tokenizer.decode(ids), logprobs


def stream(server: Server, model: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.http_url}/v2/models/{model}/generate_stream",
        data=json.dumps({**body, "stream": True}).encode(),
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - likewise
        events = response.read().decode("utf-8").split("\n\n")
    return [json.loads(event.removeprefix("data: ")) for event in events if event]


def test_the_readmes_curl_works(triton: Server) -> None:
    """One request, one answer, its tokens counted."""
    answer = generate(triton.http_url, "ensemble", CURL)
    assert answer["text_output"].strip()
    assert answer["num_input_tokens"] > 10
    assert answer["num_output_tokens"] > 1
    assert answer["finish_reason"] == "stop"


@pytest.mark.parametrize("model", MODELS)
def test_answers_are_those_of_the_engine_in_process(
    model: str, triton: Server, engine: EmbeddedEngine
) -> None:
    """Byte for byte, with the same log-probabilities, however many are asked at once."""
    asked = prompts(8)

    def ask(text: str) -> dict[str, Any]:
        body = {"text_input": text, "max_tokens": 24, "return_log_probs": True}
        return generate(triton.http_url, model, body)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, asked))
    for text, answer in zip(asked, answers, strict=True):
        expected, logprobs = in_process(engine, text, 24)
        assert answer["text_output"] == expected
        assert answer["output_log_probs"] == logprobs
        assert answer["num_output_tokens"] == len(logprobs)


def test_scores_are_those_of_the_engine_in_process(triton: Server, engine: EmbeddedEngine) -> None:
    """The log-probabilities of a given text, one a token and the end token's."""
    body = {**CURL, "max_tokens": 1, "score_text": "Return x plus one.", "return_log_probs": True}
    for model in MODELS:
        answer = generate(triton.http_url, model, body)
        (expected,) = engine.score([(str(CURL["text_input"]), "Return x plus one.")])
        assert tuple(answer["output_log_probs"]) == expected


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_put_together_is_the_whole(model: str, triton: Server) -> None:
    """Several parts, each well-formed, characters of several tokens too; the last says how it ended."""
    for text in (str(CURL["text_input"]), '# "日本語のコメント", "日本語の'):
        body = {"text_input": text, "max_tokens": 24}
        parts = stream(triton, model, body)
        whole = generate(triton.http_url, model, body)["text_output"]
        assert "".join(part["text_output"] for part in parts) == whole
        assert [part["finish_reason"] for part in parts[:-1]] == [""] * (len(parts) - 1)
        assert parts[-1]["finish_reason"] in {"stop", "length"}
        assert len(parts) > 2


@pytest.mark.parametrize("model", MODELS)
def test_stop_words_are_matched_as_text(model: str, triton: Server) -> None:
    """Also across tokens: the answer ends with the token that completes the word."""
    full = generate(triton.http_url, model, {**CURL, "max_tokens": 24})["text_output"]
    word = full[3:6]
    answer = generate(triton.http_url, model, {**CURL, "max_tokens": 24, "stop_words": [word]})
    assert answer["finish_reason"] == "stop"
    assert cut(answer["text_output"], (word,)) == cut(full, (word,))
    assert len(answer["text_output"]) < len(full)


def test_sampling_is_per_request_and_repeatable(triton: Server) -> None:
    """The same seed gives the same answer, another one another; without top_k and top_p it is greedy."""
    hot = {**CURL, "top_k": 50, "temperature": 1.5, "max_tokens": 16}

    def ask(**values: object) -> str:
        return str(generate(triton.http_url, "ensemble", {**hot, **values})["text_output"])

    assert ask(seed=1) == ask(seed=1)
    assert len({ask(seed=n) for n in range(4)}) > 1
    greedy = generate(triton.http_url, "ensemble", {**CURL, "max_tokens": 16})["text_output"]
    assert ask(top_k=0) == greedy


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"max_tokens": 5000}, "do not fit the window of 1024"),
        ({"max_tokens": 0}, "at least 1"),
        ({"text_input": ""}, "prompt is empty"),
        ({"beam_width": 4}, "beam_width=4 is not supported"),
        ({"presence_penalty": 0.5}, "not supported"),
        ({"embedding_bias_words": ["a"]}, "go together"),
        ({"end_id": 10**6}, "no token of this model"),
    ],
)
def test_what_cannot_be_done_is_an_error(values: dict[str, Any], word: str, triton: Server) -> None:
    """Nothing that was asked for is silently left out."""
    for model in MODELS:
        assert word in str(generate(triton.http_url, model, {**CURL, **values}).get("error"))


def test_the_prompt_comes_back_only_where_asked(triton: Server) -> None:
    """`exclude_input_in_output` false puts it in front of the answer."""
    for model in MODELS:
        alone = generate(triton.http_url, model, CURL)["text_output"]
        both = generate(triton.http_url, model, {**CURL, "exclude_input_in_output": False})["text_output"]
        assert both == f"{CURL['text_input']}{alone}"


def test_the_configuration_says_what_answers(triton: Server) -> None:
    """A client finds the model's folder and tokenizer without being told."""
    url = f"{triton.http_url}/v2/models/tensorrt_llm/config"
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own server
        parameters = json.loads(response.read())["parameters"]
    assert Path(parameters["gpt_model_path"]["string_value"], "config.json").is_file()
    assert parameters["model_name"]["string_value"] == "embedded"


def test_weights_in_parts_are_served_as_in_one_file(tmp_path: Path, triton: Server) -> None:
    """A folder whose `model.bin` is cut gives the same answers."""
    cut = tmp_path / "cut"
    shutil.copytree(embedded_folder(), cut, ignore=shutil.ignore_patterns("model.bin*"))
    for n, part in enumerate(parts(embedded_folder(), 20_000_000), 1):
        (cut / f"model.bin.part{n}").write_bytes(part)
    place = {"tokenizer_dir": str(cut), "engine_dir": str(cut)}
    with running(repository=render_embedded(tmp_path / "repository", **place)) as server:
        for text in prompts(3):
            body = {"text_input": text, "max_tokens": 16}
            expected = generate(triton.http_url, "ensemble", body)["text_output"]
            assert generate(server.http_url, "ensemble", body)["text_output"] == expected


def parts(model: Path, size: int) -> list[bytes]:
    """Return the weights of a model, in parts already or not, cut anew."""
    data = b"".join(file.read_bytes() for file in ModelFolder(model, url="x").weights)
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("model", MODELS)
def test_many_streams_at_once_all_end(model: str, triton: Server) -> None:
    """More than run side by side, twice over."""
    bodies = [{"text_input": text, "max_tokens": 6} for text in prompts(12)]
    with ThreadPoolExecutor(8) as pool:
        streams = list(pool.map(lambda body: stream(triton, model, body), bodies * 2))
    assert all(parts[-1]["finish_reason"] in {"stop", "length"} for parts in streams)


@pytest.mark.parametrize("model", MODELS)
def test_a_full_queue_is_told_at_once(model: str, tmp_path: Path) -> None:
    """What neither runs nor fits the queue gets Triton's own error; the others are answered."""
    binary_or_skip()
    with running(
        repository=render_embedded(tmp_path / "repository", parallel_requests=1, max_queue_size=2)
    ) as server:
        body = {"text_input": "def f(x):\n    ", "max_tokens": 40, "min_tokens": 40}
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: generate(server.http_url, model, body), range(12)))
    refused = [a["error"] for a in answers if "error" in a]
    assert refused
    assert all("Exceeds maximum queue size" in error for error in refused)
    assert len({a["text_output"] for a in answers if "error" not in a}) == 1


def test_a_client_that_goes_away_ends_the_generation(tmp_path: Path) -> None:
    """With one request at a time, the next is answered long before the first would end."""
    grpc = pytest.importorskip("tritonclient.grpc")
    numpy = pytest.importorskip("numpy")
    binary_or_skip()
    endless = {"text_input": "def f(x):\n    ", "max_tokens": 400, "stream": True, "min_tokens": 400}
    kinds = {"text_input": "BYTES", "stream": "BOOL"}
    with running(repository=render_embedded(tmp_path / "repository", parallel_requests=1)) as server:
        inputs = []
        for name, value in endless.items():
            each = grpc.InferInput(name, [1, 1], kinds.get(name, "INT32"))
            kind = {"BYTES": numpy.object_, "BOOL": numpy.bool_, "INT32": numpy.int32}[each.datatype()]
            each.set_data_from_numpy(
                numpy.array([[value.encode() if isinstance(value, str) else value]], kind)
            )
            inputs.append(each)
        client = grpc.InferenceServerClient(server.grpc_url)
        arrived: list[Any] = []
        client.start_stream(lambda result, error: arrived.append(error or result))
        client.async_stream_infer("tensorrt_llm_bls", inputs)
        deadline = time.monotonic() + 30
        while len(arrived) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        client.stop_stream(cancel_requests=True)
        client.close()
        assert len(arrived) >= 3
        began = time.monotonic()
        answer = generate(server.http_url, "tensorrt_llm_bls", {**CURL, "max_tokens": 1})
        assert "text_output" in answer
        cancelled = time.monotonic() - began
        began = time.monotonic()
        generate(server.http_url, "ensemble", {k: v for k, v in endless.items() if k != "stream"})
        assert cancelled < (time.monotonic() - began) / 2
