"""Text to token ids: preprocessing of the ensemble."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import triton_python_backend_utils as pb_utils  # part of Triton's Python backend
from encode import Encoder


class TritonPythonModel:
    """Encodes the prompt, the stop words and the bad words."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the tokenizer; Triton reports an exception as the model's state."""
        config = json.loads(args["model_config"])
        settings = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        if settings.get("multimodal_model_path"):
            raise ValueError("multimodal_model_path: this preprocessing is for text")
        special = settings.get("add_special_tokens", "false").lower() == "true"
        self._outputs = {each["name"] for each in config["output"]}
        self._encoder = Encoder(Path(settings["tokenizer_dir"]), special=special)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each request; one that cannot be read spoils no other."""
        responses = []
        for request in requests:
            try:
                tensors = self._encode(request)
                responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
            except Exception as error:  # noqa: BLE001 - told to the client that sent it
                code = pb_utils.TritonError.INVALID_ARG
                told = pb_utils.TritonError(f"preprocessing: {error}", code)
                responses.append(pb_utils.InferenceResponse(error=told))
        return responses

    def _encode(self, request: Any) -> list[Any]:  # noqa: ANN401 - Triton's types exist in its stub only
        def look_up(name: str) -> Any:  # noqa: ANN401 - an array, or None
            tensor = pb_utils.get_input_tensor_by_name(request, name)
            return None if tensor is None else tensor.as_numpy()

        values = self._encoder.encode(look_up)
        return [pb_utils.Tensor(name, value) for name, value in values.items() if name in self._outputs]
