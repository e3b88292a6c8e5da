"""The ensemble as one model: preprocessing, then the inner model's stream, decoded as it grows.

It does what an ensemble cannot: a client that goes away ends the generation, stop words are matched as text
whatever the inner model does, and a character that several tokens spell is sent in one piece.

It needs Triton 2.55 (25.02) or later: before, the Python backend made Python objects of a BLS request's
responses without holding the interpreter's lock (fixed in triton-inference-server/python_backend#394), and
with several requests at once its process crashed sooner or later.
"""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils  # part of Triton's Python backend
from names import BEFORE, BETWEEN, OWN, RENAMED
from tokenizers import Tokenizer

_SIDE_BY_SIDE = 256  # requests that wait on the inner model; a thread each


class TritonPythonModel:
    """Runs each request in a thread of its own; the inner model decides how many really run."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the tokenizer; Triton reports an exception as the model's state."""
        config = json.loads(args["model_config"])
        settings = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        self._inner = settings.get("tensorrt_llm_model_name", "tensorrt_llm")
        self._inputs = [each["name"] for each in config["input"]]
        self._outputs = [each["name"] for each in config["output"]]
        self._scores = "score_text" in self._inputs
        self._skip = settings.get("skip_special_tokens", "true").lower() == "true"
        self._exclude = settings.get("exclude_input_in_output", "false").lower() == "true"
        self._period = int(settings.get("cancellation_check_period_ms", 100)) / 1000
        self._tokenizer = Tokenizer.from_file(str(Path(settings["tokenizer_dir"]) / "tokenizer.json"))
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, "request")
        self._asked: dict[str, Any] = {}  # whoever waits for the inner model: its request's id -> sender
        self._left: set[str] = set()  # those of them whose client went away
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._watching.start()

    def execute(self, requests: list[Any]) -> None:
        """Hand each request to a thread."""
        for request in requests:
            self._pool.submit(self._serve, request, request.get_response_sender())

    def finalize(self) -> None:
        """Wait for what runs; the inner model ends it."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        """End what nobody waits for any more, also an answer of which nothing comes before its end."""
        while not self._over.wait(self._period):
            for name, sender in list(self._asked.items()):
                if sender.is_cancelled():
                    self._left.add(name)
                    self._stop(name)  # again next time: the inner model may not know it yet

    def _serve(self, request: Any, sender: Any) -> None:  # noqa: ANN401 - Triton's types exist in its stub only
        last = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL
        try:
            self._answer(request, sender)
            sender.send(flags=last)
        except Exception as error:  # noqa: BLE001 - told to the client that sent it
            told = pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error)))
            sender.send(told, flags=last)

    def _answer(self, request: Any, sender: Any) -> None:  # noqa: ANN401 - as above
        given = {
            n: t for n in self._inputs if (t := pb_utils.get_input_tensor_by_name(request, n)) is not None
        }
        streaming = _flag(given, "stream", default=False)
        stops = _strings(given, "stop_words")
        name = uuid.uuid4().hex
        answer = _Answer(self._tokenizer, skip=self._skip)
        prepared = self._prepare(given)
        self._asked[name] = sender
        try:
            for response in self._ask(prepared, given, name, streaming=streaming):
                if name in self._left:
                    continue
                if response.has_error():
                    raise RuntimeError(response.error().message())
                tensors = {t.name(): t.as_numpy() for t in response.output_tensors()}
                if "output_ids" not in tensors:
                    continue  # the empty response that ends a stream
                if answer.take(tensors, stops):
                    self._stop(name)
                    break
                if streaming and (text := answer.ready()):
                    sender.send(self._response(answer, text, whole=False))
            if name in self._left:
                return
        finally:
            del self._asked[name]
            self._left.discard(name)
        text = answer.rest()
        if not streaming and not _flag(given, "exclude_input_in_output", default=self._exclude):
            text = _strings(given, "text_input")[0] + text
        sender.send(self._response(answer, text, whole=not streaming))

    def _prepare(self, given: dict[str, Any]) -> dict[str, Any]:
        inputs = [pb_utils.Tensor(BEFORE[n], t.as_numpy()) for n, t in given.items() if n in BEFORE]
        wanted = [n for n in BETWEEN if n != "SCORE_IDS" or self._scores]
        done = pb_utils.InferenceRequest(
            model_name="preprocessing", requested_output_names=wanted, inputs=inputs
        ).exec()
        if done.has_error():
            raise RuntimeError(done.error().message())
        return {BETWEEN[t.name()]: t.as_numpy() for t in done.output_tensors()}

    def _ask(self, prepared: dict[str, Any], given: dict[str, Any], name: str, *, streaming: bool) -> Any:  # noqa: ANN401 - an iterator
        values = {RENAMED.get(n, n): t.as_numpy() for n, t in given.items() if n not in OWN}
        values |= {
            **prepared,
            "streaming": np.array([[streaming]]),
            "exclude_input_in_output": np.array([[True]]),
        }
        return self._request(values, name, [*self._outputs[1:], "output_ids", "sequence_length"]).exec(
            decoupled=True
        )

    def _stop(self, name: str) -> None:
        one = np.array([[1]], np.int32)
        values = {
            "stop": np.array([[True]]),
            "input_ids": one,
            "input_lengths": one,
            "request_output_len": one,
        }
        for _ in self._request(values, name, ["output_ids"]).exec(decoupled=True):
            pass

    def _request(self, values: dict[str, Any], name: str, outputs: list[str]) -> Any:  # noqa: ANN401 - as above
        return pb_utils.InferenceRequest(
            model_name=self._inner,
            request_id=name,
            requested_output_names=outputs,
            inputs=[pb_utils.Tensor(n, v) for n, v in values.items()],
        )

    def _response(self, answer: _Answer, text: str, *, whole: bool) -> Any:  # noqa: ANN401 - as above
        values = {
            **answer.tensors(whole=whole),
            "text_output": np.array([[text.encode("utf-8")]], np.object_),
        }
        tensors = [pb_utils.Tensor(n, values[n]) for n in self._outputs if n in values]
        return pb_utils.InferenceResponse(output_tensors=tensors)


class _Answer:
    """One answer as it grows."""

    def __init__(self, tokenizer: Tokenizer, *, skip: bool) -> None:
        self._tokenizer, self._skip = tokenizer, skip
        self._ids: list[int] = []
        self._logprobs: list[float] = []
        self._fresh: list[float] = []  # log-probabilities that no response had yet
        self._text, self._sent = "", 0
        self._last: dict[str, Any] = {}
        self._stopped = False

    def take(self, tensors: dict[str, Any], stops: list[str]) -> bool:
        """Take a part in; True if the answer now holds a stop word."""
        count = int(tensors["sequence_length"].reshape(-1)[0])
        self._ids += [int(i) for i in tensors["output_ids"].reshape(-1)[:count]]
        fresh = [float(p) for p in tensors["output_log_probs"].reshape(-1)]
        self._logprobs += fresh
        self._fresh += fresh
        self._last = tensors
        self._text = self._tokenizer.decode(self._ids, skip_special_tokens=self._skip)
        self._stopped = any(s in self._text for s in stops)
        return self._stopped and not _finished(tensors)

    def ready(self) -> str:
        """Return the text that was not returned yet, unless it ends inside a character."""
        return "" if self._text.endswith("\ufffd") else self.rest()

    def rest(self) -> str:
        """Return all the text that was not returned yet."""
        text, self._sent = self._text[self._sent :], len(self._text)
        return text

    def tensors(self, *, whole: bool) -> dict[str, Any]:
        """Return the inner model's other outputs, log-probabilities put together since the last response."""
        logprobs = self._logprobs if whole else self._fresh
        self._fresh = []
        values = {n: v for n, v in self._last.items() if n not in {"output_ids", "sequence_length"}}
        values["output_log_probs"] = np.array([[logprobs or [0.0]]], np.float32)
        if self._stopped and "finish_reason" in values:
            values["finish_reason"] = np.array([[b"stop"]], np.object_)
        return values


def _finished(tensors: dict[str, Any]) -> bool:
    reason = tensors.get("finish_reason")
    return reason is not None and bool(reason.reshape(-1)[0])


def _flag(given: dict[str, Any], name: str, *, default: bool) -> bool:
    return bool(given[name].as_numpy().reshape(-1)[0]) if name in given else default


def _strings(given: dict[str, Any], name: str) -> list[str]:
    values = given[name].as_numpy().reshape(-1) if name in given else ()
    return [t for v in values if (t := v.decode("utf-8") if isinstance(v, bytes) else str(v))]
