"""The three ways Triton models want to be asked, told apart by their metadata; pure, without any library.

| contract | who speaks it | told by |
|---|---|---|
| inflight batcher | `inflight_batcher_llm`'s ensemble and BLS, codebot's profiles | `max_tokens` |
| llmapi | TensorRT-LLM's PyTorch path | `sampling_param_…` |
| vLLM | Triton's vLLM backend | `sampling_parameters`, JSON |
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Union

from bot.engines.remote.transport import Answer, Ask, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Contract", "Pieces", "Tensor", "detect"]

Name = Literal["inflight_batcher_llm", "llmapi", "vllm"]
Value = Union[str, int, float, bool]
_WANTED = (
    "text_output",
    "output_log_probs",
    "finish_reason",
    "logprobs",
    "num_output_tokens",
)  # outputs that are read, where the model has them


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input: its values, and whether the contract wants a list even of one."""

    name: str
    datatype: str
    values: tuple[Value, ...]
    several: bool = False

    @property
    def json(self) -> Value | list[Value]:
        """What the generate endpoint takes."""
        return list(self.values) if self.several else self.values[0]


@dataclass(frozen=True, slots=True)
class Contract:
    """How one model is asked and how its answers are read."""

    name: Name
    model: str
    inputs: Mapping[str, str]  # name -> datatype
    outputs: tuple[str, ...]  # those that are read
    batched: bool  # tensors have a batch dimension in front
    decoupled: bool  # answers with any number of responses
    accumulates: bool = False  # every response has the whole text so far

    @property
    def scores(self) -> bool:
        """Whether it scores given answers."""
        return "score_text" in self.inputs and "output_log_probs" in self.outputs

    @property
    def stoppable(self) -> bool:
        """Whether a second request of the same id can end the first."""
        return "stop" in self.inputs

    def tensors(self, ask: Ask, *, stream: bool) -> list[Tensor]:
        """Return the inputs of a request: greedy, with whatever of these the model takes."""
        stream = stream and self.decoupled
        given: dict[str, Value | Sequence[Value]] = {"text_input": ask.text}
        if self.name == "inflight_batcher_llm":
            given |= {
                "max_tokens": ask.max_tokens,
                "stream": stream,
                "top_k": 1,
                "exclude_input_in_output": True,
                "return_log_probs": True,
            }
            if ask.stop:
                given["stop_words"] = ask.stop
            if ask.score is not None:
                given["score_text"] = ask.score
        elif self.name == "llmapi":
            given |= {
                "streaming": stream,
                "sampling_param_max_tokens": ask.max_tokens,
                "sampling_param_top_k": 1,
                "sampling_param_exclude_input_from_output": True,
                "return_finish_reason": True,
            }
            if ask.stop:
                given["sampling_param_stop"] = ask.stop
        else:
            sampling: dict[str, object] = {
                "max_tokens": ask.max_tokens,
                "temperature": 0,
                "stop": list(ask.stop),
            }
            if "return_logprobs" in self.inputs:
                sampling["logprobs"] = 0  # of the token that was taken
            given |= {
                "stream": stream,
                "sampling_parameters": json.dumps(sampling),
                "exclude_input_in_output": True,
                "return_finish_reason": True,
                "return_logprobs": True,
                "return_num_output_tokens": True,
            }
        return [self._tensor(name, value) for name, value in given.items() if name in self.inputs]

    def stop_tensors(self) -> list[Tensor]:
        """Return the inputs of the request that ends another of the same id."""
        given: dict[str, Value] = {"text_input": "", "stop": True}
        return [self._tensor(name, value) for name, value in given.items() if name in self.inputs]

    def _tensor(self, name: str, value: Value | Sequence[Value]) -> Tensor:
        several = isinstance(value, (list, tuple))
        return Tensor(name, self.inputs[name], tuple(value) if several else (value,), several)  # type: ignore[arg-type]


class Pieces:
    """The responses to one request, put together."""

    def __init__(self, contract: Contract, ask: Ask) -> None:
        self._contract, self._ask = contract, ask
        self._text, self._logprobs = "", []  # type: tuple[str, list[float]]
        self._finish = ""
        self._tokens = 0
        self.count = 0

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._text

    def add(self, outputs: Mapping[str, Any]) -> None:
        """Take one response: scalars, or lists of any depth, by output name.

        Raises:
            Trouble: It is not what the contract says.
        """
        try:
            text = _first(outputs.get("text_output"))
            if text is None:
                raise Trouble("broken", f"{self._contract.model} answered without text_output")
            self._text = str(text) if self._contract.accumulates else self._text + str(text)
            self._logprobs += [float(v) for v in _flat(outputs.get("output_log_probs"))]
            for chosen in _flat(outputs.get("logprobs")):
                self._logprobs += _chosen(chosen)
            self._tokens += int(_first(outputs.get("num_output_tokens")) or 0)
            reason = _first(outputs.get("finish_reason"))
            self._finish = str(reason) if reason else self._finish
        except (TypeError, ValueError) as error:
            raise Trouble("broken", f"{self._contract.model} answered nonsense: {error}") from error
        self.count += 1

    def answer(self) -> Answer:
        """Return the whole answer.

        Raises:
            Trouble: Nothing came.
        """
        if not self.count:
            raise Trouble("broken", f"{self._contract.model} ended without a response")
        text = self._text
        if "exclude_input_in_output" not in self._contract.inputs and self._contract.name != "llmapi":
            text = text.removeprefix(self._ask.text)  # the model's own configuration decides, older ones echo
        logprobs = tuple(self._logprobs) or None
        if self._contract.name == "inflight_batcher_llm" and logprobs and self._ask.score is None:
            logprobs = logprobs[: self._ask.max_tokens]
        finish: Literal["", "stop", "length"] = ""
        if self._finish:
            finish = "length" if self._finish == "length" else "stop"
        return Answer(text, logprobs, len(logprobs) if logprobs else self._tokens or None, finish)


def detect(metadata: Mapping[str, Any], config: Mapping[str, Any]) -> Contract:
    """Tell the contract from a model's metadata and configuration, as both protocols give them in JSON.

    Raises:
        Trouble: It is none of the three.
    """
    inputs = {str(row["name"]): str(row["datatype"]) for row in metadata.get("inputs", ())}
    outputs = {str(row["name"]) for row in metadata.get("outputs", ())}
    model = str(metadata.get("name", "model"))
    name: Name
    if not {"text_input"} <= inputs.keys() or "text_output" not in outputs:
        raise Trouble("refused", f"{model} takes no text_input or gives no text_output")
    if any(each.startswith("sampling_param_") for each in inputs):
        name = "llmapi"
    elif "sampling_parameters" in inputs:
        name = "vllm"
    elif "max_tokens" in inputs:
        name = "inflight_batcher_llm"
    else:
        detail = "neither max_tokens nor sampling_parameters nor sampling_param_max_tokens"
        raise Trouble("refused", f"{model} takes {detail}: it is no text generation model codebot knows")
    parameters = config.get("parameters") or {}
    accumulate = str((parameters.get("accumulate_tokens") or {}).get("string_value", "")).lower()
    return Contract(
        name=name,
        model=model,
        inputs=inputs,
        outputs=tuple(each for each in _WANTED if each in outputs),
        batched=int(config.get("max_batch_size") or 0) > 0,
        decoupled=bool((config.get("model_transaction_policy") or {}).get("decoupled")),
        accumulates=accumulate == "true",
    )


def _flat(value: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON there is
    if value is None:
        return []
    if isinstance(value, list):
        return [item for each in value for item in _flat(each)]
    return [value]


def _first(value: Any) -> Any:  # noqa: ANN401 - likewise
    flat = _flat(value)
    return flat[0] if flat else None


def _chosen(text: Any) -> list[float]:  # noqa: ANN401 - likewise
    """Read vLLM's JSON: for each token a table from id to its log-probability, the one taken first."""
    rows = json.loads(text) if isinstance(text, str) and text and text != "null" else []
    if isinstance(rows, dict):
        rows = [rows]
    return [float(next(iter(row.values()))["logprob"]) for row in rows if row]
