"""Every way a Triton server can fail, on a real one, and that nothing is lost by it."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from bot.cache import Cache
from bot.data import Change, Completion, Failed, Outcome, Prompt
from bot.engines import open_engine
from bot.engines.remote.masking import MaskingEngine
from bot.errors import EngineError
from bot.ledger import Ledger, Review
from bot.pipeline import Plan, annotate
from bot.prompt.template import wording_for
from bot.tasks.docstrings import DocOptions
from bot.tasks.style import detect_style
from bot.verify.confidence import NO_GATE
from tests.engines import faulty
from tests.engines.cutting import cutting

pytest.importorskip("tritonclient", reason="the triton extra is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.ports import Engine

PROTOCOLS = ("grpc", "http")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[faulty.Server]:
    """One server for all faults that it survives."""
    started = faulty.start(tmp_path_factory.mktemp("faulty"))
    yield started
    started.stop()


def source(*names: str) -> list[Change]:
    """One file a name, with one function of that name."""
    text = "def {}(width, height):\n    total = width * height\n    return total + 1\n"
    return [Change(f"{n}.py", raw, raw) for n in names if (raw := text.format(n).encode())]


def review(engine: Engine, changes: list[Change], cancel: threading.Event | None = None) -> Review:
    """Run the whole pipeline; the ledger has to add up."""
    wording = wording_for("docstring", engine.info)
    plan = Plan(options=DocOptions(), style=detect_style([]), gate=NO_GATE, wording=wording)
    done = Review(engine.info, Ledger())
    outcomes: list[Outcome] = list(annotate(changes, engine, plan, cancel=cancel))
    done.take(outcomes)
    assert done.ledger.balanced()
    assert done.ledger.chunks == len(outcomes)
    asked = [o for o in outcomes if not hasattr(o, "reason") or o.reason not in {"no-symbol", "interrupted"}]
    assert len(asked) == len(changes) or (cancel is not None and cancel.is_set())
    return done


def details(done: Review) -> dict[str, tuple[str, str]]:
    return {failed.chunk.change.path: (failed.reason, failed.detail) for failed in done.failed}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("model", "contract"),
    [
        ("faults", "inflight_batcher_llm, decoupled"),
        ("wrapped", "inflight_batcher_llm ensemble, decoupled"),
        ("plain", "inflight_batcher_llm"),
        ("vllm", "vLLM backend, decoupled"),
        ("llmapi", "llmapi, decoupled"),
    ],
)
@pytest.mark.parametrize("stream", ["no", "yes"])
def test_every_contract_is_told_and_answered(
    server: faulty.Server, model: str, contract: str, protocol: str, stream: str
) -> None:
    engine = open_engine(server.url(model, protocol, family="starcoder", window=4096, stream=stream))
    assert isinstance(engine, MaskingEngine)
    try:
        done = review(engine, source("area"))
        assert engine.inner.served.contract == contract
    finally:
        engine.close()
    (shown,) = done.verified
    assert "Return the area of a rectangle." in shown.suggestion.replacement


def test_the_build_is_the_same_over_both_protocols(server: faulty.Server) -> None:
    builds = set()
    for protocol in PROTOCOLS:
        engine = open_engine(server.url("plain", protocol))
        builds.add(engine.info.build)
        engine.close()
    assert len(builds) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("fault", "reason", "detail"),
    [
        ("error", "engine", "the model said no"),  # first event: status 400
        ("empty", "engine", "ended without a response"),  # 200 and nothing
        ("late", "engine", "lost its thread"),  # an error after the status said 200
        ("hang", "timeout", "no answer within 1 s"),
    ],
)
def test_a_fault_costs_its_own_answer_and_no_other(
    server: faulty.Server, protocol: str, fault: str, reason: str, detail: str
) -> None:
    engine = open_engine(server.url("faults", protocol, timeout=1, patience=3))
    try:
        done = review(engine, source("area", f"fault_{fault}", "extent"))
    finally:
        engine.close()
    told = details(done)
    assert set(told) == {f"fault_{fault}.py"}
    assert told[f"fault_{fault}.py"][0] == reason
    assert detail in told[f"fault_{fault}.py"][1]
    assert len(done.verified) == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("cuts", "failed"), [(1000, 2), (1, 0)])
def test_a_stream_that_breaks_off_is_no_answer(
    server: faulty.Server, protocol: str, cuts: int, failed: int
) -> None:
    """Half a response is never taken for a whole one: it is asked again, and told where that fails too."""
    port = server.grpc if protocol == "grpc" else server.http
    with cutting(port, b"Return ", cuts) as (front, cut):
        engine = open_engine(f"triton+{protocol}://127.0.0.1:{front}/faults?stream=yes&timeout=5&patience=2")
        try:
            done = review(engine, source("area", "extent"))
        finally:
            engine.close()
    assert len(cut) >= min(cuts, 2)
    assert all(part.endswith(b"Return ") for part in cut)
    assert done.ledger.failed.total() == failed
    assert len(done.verified) == 2 - failed


def test_an_error_under_status_200_is_an_error(server: faulty.Server) -> None:
    """`/generate` answers 200 with an error field where a model sends several responses."""
    url = server.url("faults", "http", endpoint="generate", stream="yes")
    engine = open_engine(url)
    try:
        done = review(engine, source("area"))
    finally:
        engine.close()
    body = json.dumps({"text_input": "x", "max_tokens": 4, "stream": True}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.http}/v2/models/faults/generate", body) as reply:
        assert reply.status == 200
    assert "exactly 1 response" in details(done)["area.py"][1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_outputs_that_a_model_leaves_out_are_missed_by_nobody(server: faulty.Server, protocol: str) -> None:
    engine = open_engine(server.url("faults", protocol))
    try:
        done = review(engine, source("fault_bare"))
    finally:
        engine.close()
    (completion,) = done.verified[0].suggestion.completions
    assert completion.logprobs is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unknown_model_is_an_engine_error(server: faulty.Server, protocol: str) -> None:
    engine = open_engine(server.url("nobody", protocol))
    with pytest.raises(EngineError, match=r"unknown model|not found"):
        _ = engine.info
    engine.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_full_queue_is_waited_for(server: faulty.Server, protocol: str) -> None:
    """Somebody else fills the queue of two for some seconds; every request of ours is answered."""
    stop = threading.Event()

    def flood() -> None:
        body = json.dumps({"text_input": "fault_slow", "max_tokens": 4}).encode()
        ends = time.monotonic() + 2.5
        while not stop.is_set() and time.monotonic() < ends:
            try:
                url = f"http://127.0.0.1:{server.http}/v2/models/plain/generate"
                urllib.request.urlopen(url, body).read()
            except urllib.error.HTTPError as error:
                error.close()
                time.sleep(0.02)

    crowd = [threading.Thread(target=flood) for _ in range(4)]
    engine = open_engine(server.url("plain", protocol, timeout=30))
    try:
        assert engine.info.family == "starcoder"
        for one in crowd:
            one.start()
        time.sleep(0.3)
        done = review(engine, source("area", "extent", "size", "span"))
    finally:
        stop.set()
        for one in crowd:
            one.join()
        engine.close()
    assert details(done) == {}
    assert len(done.verified) == 4


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("model", ["faults", "llmapi"])
def test_cancelling_stops_the_generation_too(server: faulty.Server, protocol: str, model: str) -> None:
    (server.notes / "cancelled-endless").unlink(missing_ok=True)
    engine = open_engine(server.url(model, protocol, family="starcoder", stream="yes"))
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    try:
        assert engine.info.model
        timer.start()
        began = time.monotonic()
        done = review(engine, source("fault_endless"), cancel)
        assert time.monotonic() - began < 2
    finally:
        engine.close()
    assert done.ledger.skipped["interrupted"] == 1
    assert server.noted("cancelled-endless"), "the model went on"


def test_a_run_has_a_deadline(server: faulty.Server) -> None:
    engine = open_engine(server.url("plain", "grpc", deadline=1, timeout=30))
    try:
        done = review(engine, source(*(f"fault_slow_{n}" for n in range(8))))
    finally:
        engine.close()
    late = [reason for reason, _ in details(done).values()]
    assert set(late) == {"timeout"}
    assert 0 < len(late) < 8


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_server_that_dies_loses_nothing_and_a_rerun_finishes_what_was_missing(
    tmp_path: Path, protocol: str
) -> None:
    first = faulty.start(tmp_path, models=("faults", "plain"))
    names = [*(f"area_{n}" for n in range(4)), *(f"fault_slow_{n}" for n in range(6))]
    store = Cache(tmp_path / "cache.sqlite")
    url = first.url("plain", protocol, patience=1, timeout=10)
    engine = open_engine(url, store=store)
    killer = threading.Timer(0.7, first.stop)
    second = None
    try:
        assert engine.info.model == "faulty"
        killer.start()
        broken = review(engine, source(*names))
        assert broken.ledger.failed["engine"] + broken.ledger.completed == len(names)
        assert 0 < broken.ledger.failed["engine"] < len(names)
        engine.close()
        second = faulty.start(tmp_path, ports=(first.http, first.grpc))
        engine = open_engine(url, store=store)
        whole = review(engine, source(*names))
        assert whole.ledger.failed.total() == 0
        assert whole.ledger.cached == broken.ledger.completed
        assert whole.ledger.completed == broken.ledger.failed["engine"]
    finally:
        killer.join()
        engine.close()
        first.stop()
        if second is not None:
            second.stop()
        store.close()


def test_of_several_hosts_one_may_be_gone(server: faulty.Server) -> None:
    url = server.url("faults", "grpc").replace("//127", f"//127.0.0.1:{faulty.free_port()},127")
    engine = open_engine(url + "patience=5")
    try:
        done = review(engine, source("area", "extent", "size"))
    finally:
        engine.close()
    assert details(done) == {}


def test_answers_come_while_prompts_are_still_taken(server: faulty.Server) -> None:
    """The prompts may be an endless stream: they are taken a window at a time."""
    engine = open_engine(server.url("faults", "grpc"))
    try:
        prompt = _prompt()
        answers = engine.complete(prompt for _ in iter(int, 1))
        got = [next(answers) for _ in range(40)]
        answers.close()  # type: ignore[attr-defined] # it is a generator
    finally:
        engine.close()
    assert all(isinstance(answer, Completion) for answer in got)


def test_what_does_not_fit_is_not_sent(server: faulty.Server) -> None:
    engine = open_engine(server.url("faults", "grpc", window=40))
    try:
        (answer,) = engine.complete([_prompt()])
    finally:
        engine.close()
    assert isinstance(answer, Failed)
    assert "do not fit" in answer.detail


def _prompt() -> Prompt:
    from bot.chunk.split import split  # noqa: PLC0415 - only these two tests need it

    chunk = split(source("area")[0], budget=1000)[0]
    return Prompt(chunk, "docstring", "summary", "<fim_prefix>def area<fim_suffix><fim_middle>", "fim", 8, 16)
