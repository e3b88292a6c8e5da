"""The tensors of `inflight_batcher_llm`'s inner model, read and written: shared by our Python inner models.

It is copied beside `model.py` when a repository is rendered; TensorRT-LLM's own C++ backend needs none of it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import triton_python_backend_utils as pb_utils  # part of Triton's Python backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Tensors = Callable[[str], Any]  # name -> the array of that input, or None

_UNSUPPORTED = {  # input -> the value that asks for nothing
    "beam_width": 1,
    "num_return_sequences": 1,
    "return_context_logits": False,
    "return_generation_logits": False,
}
_ZEROS: dict[
    str, tuple[type, tuple[int, ...]]
] = {  # outputs no Python model of ours fills: the shape says "none"
    "context_logits": (np.float32, (1, 1, 1)),
    "generation_logits": (np.float32, (1, 1, 1, 1)),
    "batch_index": (np.int32, (1, 1)),
    "sequence_index": (np.int32, (1, 1)),
    "kv_cache_alloc_new_blocks": (np.int32, (1, 1)),
    "kv_cache_reused_blocks": (np.int32, (1, 1)),
    "kv_cache_alloc_total_blocks": (np.int32, (1, 1)),
    "acceptance_rate": (np.float32, (1, 1)),
    "total_accepted_draft_tokens": (np.int32, (1, 1)),
    "total_draft_tokens": (np.int32, (1, 1)),
}


class Refused(Exception):  # noqa: N818 - what happened to the request
    """A request that cannot be served as it is; the message goes to the client."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of the inner model."""

    id: str
    ids: list[int]
    max_tokens: int
    min_tokens: int
    end_id: int | None
    stop: list[list[int]]  # stop words as token ids; they are matched as text
    bad: list[list[int]]
    temperature: float
    top_k: int
    top_p: float
    repetition_penalty: float
    presence_penalty: float
    frequency_penalty: float
    seed: int | None
    streaming: bool
    logprobs: bool
    with_input: bool  # the prompt's tokens in front of a whole answer
    score: list[int]  # tokens to score after the prompt, instead of generating any

    @property
    def sampled(self) -> bool:
        """Whether tokens are drawn; as in TensorRT-LLM, without top_k and top_p the likeliest is taken."""
        return self.temperature > 0 and (self.top_k > 1 or (self.top_k == 0 and self.top_p > 0))


def tensors_of(request: Any) -> Tensors:  # noqa: ANN401 - Triton's types exist in its stub only
    """Return what looks an input of a request up."""

    def look_up(name: str) -> Any:  # noqa: ANN401 - an array, or None
        tensor = pb_utils.get_input_tensor_by_name(request, name)
        return None if tensor is None else tensor.as_numpy()

    return look_up


def wants_stop(request: Any) -> bool:  # noqa: ANN401 - as above
    """Whether this request does nothing but cancel the running one with its id."""
    return bool(_scalar(tensors_of(request), "stop", False))


def queue_limit(config: dict[str, Any], parallel: int) -> int:
    """Return how many requests may be here at once: those that run and `max_queue_size` more; 0: any."""
    policy = config.get("dynamic_batching", {}).get("default_queue_policy", {})
    size = int(policy.get("max_queue_size", 0))
    return parallel + size if size else 0


def read(given: Tensors, name: str, *, exclude_input: bool) -> Ask:
    """Read the tensors of one request of batch size 1, whose id is `name`.

    Raises:
        Refused: It asks for what the model cannot do, or its tensors contradict one another.
    """
    for each, nothing in _UNSUPPORTED.items():
        if (value := _scalar(given, each, nothing)) not in {nothing, 0}:
            raise Refused(f"{each}={value} is not supported by this model")
    bias = given("embedding_bias")
    if bias is not None and np.any(bias):
        raise Refused("embedding_bias is not supported by this model")
    ids = _ids(given, "input_ids")
    length = int(_scalar(given, "input_lengths", len(ids)))
    if not 0 < length <= len(ids):
        raise Refused(
            "the prompt is empty" if not length else f"input_lengths is {length} for {len(ids)} ids"
        )
    wanted = int(_scalar(given, "request_output_len", 0))
    if wanted < 1:
        raise Refused(f"max_tokens is {wanted}; it must be at least 1")
    seed = _scalar(given, "seed", None)
    end = _scalar(given, "end_id", None)
    return Ask(
        id=name,
        ids=ids[:length],
        max_tokens=wanted,
        min_tokens=int(_scalar(given, "min_tokens", 0)),
        end_id=None if end is None or end < 0 else int(end),
        stop=_words(given, "stop_words_list"),
        bad=_words(given, "bad_words_list"),
        temperature=float(_scalar(given, "temperature", 1.0)),
        top_k=int(_scalar(given, "runtime_top_k", 0)),
        top_p=float(_scalar(given, "runtime_top_p", 0.0)),
        repetition_penalty=float(_scalar(given, "repetition_penalty", 1.0)),
        presence_penalty=float(_scalar(given, "presence_penalty", 0.0)),
        frequency_penalty=float(_scalar(given, "frequency_penalty", 0.0)),
        seed=None if seed is None else int(seed),
        streaming=bool(_scalar(given, "streaming", False)),
        logprobs=bool(_scalar(given, "return_log_probs", False)),
        with_input=not bool(_scalar(given, "exclude_input_in_output", exclude_input)),
        score=_ids(given, "score_ids"),
    )


class Reply:
    """Sends one request's answer, whole or in parts, and knows whether anybody still wants it."""

    def __init__(self, request: Any, *, arrived: int, period: float) -> None:  # noqa: ANN401 - as above
        self._sender = request.get_response_sender()
        self._names = frozenset(request.requested_output_names())
        self._period, self._looked = period, time.monotonic()
        self._arrived, self._scheduled, self._first = arrived, 0, 0
        self._stop = threading.Event()
        self._total, self._sent = 0.0, 0
        self._done = False

    def stop(self) -> None:
        """Cancel it from this side."""
        self._stop.set()

    def started(self) -> None:
        """Note that the engine took it up."""
        self._scheduled = time.time_ns()

    def cancelled(self) -> bool:
        """Whether the client went away; Triton is asked at most once a period."""
        if not self._stop.is_set() and (now := time.monotonic()) - self._looked >= self._period:
            self._looked = now
            if self._sender.is_cancelled():
                self._stop.set()
        return self._stop.is_set()

    def part(self, ask: Ask, ids: Sequence[int], logprobs: Sequence[float], finish: str = "") -> None:
        """Send `ids` as the next part; a `finish` ("stop", "length", "cancelled") makes it the last one."""
        now = time.time_ns()
        self._first = self._first or now
        self._total += float(sum(logprobs))
        self._sent += len(logprobs)
        shown = [*ask.ids, *ids] if ask.with_input and not ask.streaming else list(ids)
        values = {
            "output_ids": np.array([[shown]], np.int32),
            "sequence_length": np.array([[len(shown)]], np.int32),
            "cum_log_probs": np.array([[self._total if ask.logprobs else 0.0]], np.float32),
            "output_log_probs": np.array([[list(logprobs) if ask.logprobs else [0.0]]], np.float32),
            "arrival_time_ns": np.array([[self._arrived]], np.int64),
            "first_scheduled_time_ns": np.array([[self._scheduled]], np.int64),
            "first_token_time_ns": np.array([[self._first]], np.int64),
            "last_token_time_ns": np.array([[now]], np.int64),
            "num_input_tokens": np.array([[len(ask.ids)]], np.int32),
            "num_output_tokens": np.array([[self._sent]], np.int32),
            "finish_reason": np.array([[finish.encode()]], np.object_),
        }
        for name, (kind, shape) in _ZEROS.items():
            values[name] = np.zeros(shape, kind)
        values |= self.text(ask, ids)
        tensors = [pb_utils.Tensor(n, v) for n, v in values.items() if not self._names or n in self._names]
        self._send(pb_utils.InferenceResponse(output_tensors=tensors), last=bool(finish))

    def text(self, ask: Ask, ids: Sequence[int]) -> dict[str, Any]:  # noqa: ARG002 - for those who decode
        """Return further outputs of a part; ids alone are what an inner model sends."""
        return {}

    def refuse(self, message: str) -> None:
        """Answer with an error the client caused."""
        code = pb_utils.TritonError.INVALID_ARG
        self._send(pb_utils.InferenceResponse(error=pb_utils.TritonError(message, code)), last=True)

    def busy(self) -> None:
        """Answer as Triton's own queue does when it is full: 503."""
        told = pb_utils.TritonError("Exceeds maximum queue size", pb_utils.TritonError.UNAVAILABLE)
        self._send(pb_utils.InferenceResponse(error=told), last=True)

    def fail(self, message: str) -> None:
        """Answer with an error the model caused."""
        self._send(pb_utils.InferenceResponse(error=pb_utils.TritonError(message)), last=True)

    def end(self) -> None:
        """Answer a request that gets nothing back: a cancelled one, or one that cancelled another."""
        if not self._done:
            self._done = True
            self._sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def _send(self, response: Any, *, last: bool) -> None:  # noqa: ANN401 - as above
        if self._done:
            return
        self._done = last
        self._sender.send(response, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL if last else 0)


class Intake:
    """Takes requests in: counts those that are here, and knows by their ids which can be stopped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit  # `queue_limit`'s
        self._taken = 0  # requests here, running or waiting
        self._counting = threading.Lock()
        self._running: dict[str, Reply] = {}

    def admit(
        self,
        requests: Sequence[Any],
        reply_to: Callable[[Any], Reply],
        understand: Callable[[Any], Ask],
    ) -> Iterator[tuple[Ask, Reply]]:
        """Yield what is to be answered; answer here what stops another, cannot be read or finds no room.

        Args:
            requests: As Triton hands them over.
            reply_to: Returns what sends a request's answer.
            understand: Reads a request; raises `Refused`.
        """
        for request in requests:
            reply = reply_to(request)
            if wants_stop(request):
                if (running := self._running.get(request.request_id())) is not None:
                    running.stop()
                reply.end()
                continue
            try:
                ask = understand(request)
            except Refused as refusal:
                reply.refuse(str(refusal))
                continue
            with self._counting:
                if full := 0 < self._limit <= self._taken:
                    reply.busy()
                self._taken += not full
            if full:
                continue
            if ask.id:
                self._running[ask.id] = reply
            yield ask, reply

    def leave(self, ask: Ask) -> None:
        """Note that a request was answered."""
        self._running.pop(ask.id, None)
        with self._counting:
            self._taken -= 1

    def stop(self) -> None:
        """Cancel everything that runs or waits."""
        for reply in list(self._running.values()):
            reply.stop()


def _scalar(given: Tensors, name: str, default: Any) -> Any:  # noqa: ANN401 - whatever the tensor holds
    array = given(name)
    if array is None:
        return default
    if array.size != 1:
        raise Refused(f"{name} has {array.size} values: one prompt a request, please")
    return array.reshape(-1)[0].item()


def _ids(given: Tensors, name: str) -> list[int]:
    array = given(name)
    if array is None:
        return []
    if array.ndim > 1 and array.shape[0] != 1:
        raise Refused(f"{name} has {array.shape[0]} rows: one prompt a request, please")
    return [int(i) for i in array.reshape(-1)]


def _words(given: Tensors, name: str) -> list[list[int]]:
    array = given(name)
    if array is None or not array.size:
        return []
    flat, ends = array.reshape(2, -1)
    words, start = [], 0
    for end in ends:
        if end <= start:
            break
        words.append([int(i) for i in flat[start:end]])
        start = int(end)
    return words
