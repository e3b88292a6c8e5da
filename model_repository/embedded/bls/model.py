"""Text in, text out, in one process: `tensorrt_llm_bls` of the embedded profile.

It has the tensors of the BLS model and what that is for: a client that goes away ends the generation. But it
asks no other model: the tokenizer and the engine are here, so that nothing is sent between processes, and it
runs on every Triton (the BLS model needs 2.55).
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from decode import Decoder
from encode import Encoder
from inflight import Ask, Refused, Reply, read, tensors_of
from inner import TritonPythonModel as Inner
from names import BEFORE, BETWEEN, OWN, RENAMED

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREPARED = {theirs: ours for ours, theirs in BEFORE.items()}  # preprocessing's input -> ours


class TritonPythonModel(Inner):
    """The inner model, with the text around it."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the tokenizer and the weights; Triton reports an exception as the model's state."""
        super().initialize(args)
        config = json.loads(args["model_config"])
        settings = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        folder = Path(settings["tokenizer_dir"])
        special = settings.get("add_special_tokens", "false").lower() == "true"
        skip = settings.get("skip_special_tokens", "true").lower() == "true"
        self._encoder = Encoder(folder, special=special)
        self._decoder = Decoder(folder, skip_special=skip)
        self._inputs = [each["name"] for each in config["input"]]

    def read(self, request: Any) -> Ask:  # noqa: ANN401 - Triton's types exist in its stub only
        """Encode a request and read it; raises `Refused`."""
        look_up = tensors_of(request)
        given = {name: array for name in self._inputs if (array := look_up(name)) is not None}
        try:
            encoded = self._encoder.encode(lambda name: given.get(_PREPARED.get(name, "")))
        except Exception as error:
            raise Refused(f"preprocessing: {error}") from error
        tensors = {RENAMED.get(name, name): array for name, array in given.items() if name not in OWN}
        tensors |= {BETWEEN[name]: array for name, array in encoded.items() if name in BETWEEN}
        for ours, theirs in (("stream", "streaming"), ("exclude_input_in_output",) * 2):
            if ours in given:
                tensors[theirs] = given[ours]
        return read(tensors.get, request.request_id(), exclude_input=self._exclude)

    def reply(self, request: Any) -> Reply:  # noqa: ANN401 - as above
        """Return what sends a request's answer as text."""
        prompt = tensors_of(request)("text_input")
        first = prompt.reshape(-1)[0] if prompt is not None and prompt.size else b""
        return TextReply(
            request,
            arrived=time.time_ns(),
            period=self._period,
            prompt=first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first),
            decoder=self._decoder,
        )


class TextReply(Reply):
    """Sends text with the rest."""

    def __init__(
        self,
        request: Any,  # noqa: ANN401 - as above
        *,
        arrived: int,
        period: float,
        prompt: str,
        decoder: Decoder,
    ) -> None:
        super().__init__(request, arrived=arrived, period=period)
        self._prompt, self._decoder = prompt, decoder

    def text(self, ask: Ask, ids: Sequence[int]) -> dict[str, Any]:
        """Return a part's text, behind the prompt where that is asked for."""
        text = self._decoder.text(ids)
        if ask.with_input and not ask.streaming:
            text = self._prompt + text
        return {"text_output": np.array([[text.encode("utf-8")]], np.object_)}
