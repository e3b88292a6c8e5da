"""Token ids to text: postprocessing of the ensemble."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils  # part of Triton's Python backend
from decode import Decoder


class TritonPythonModel:
    """Decodes `[batch, beams, ids]` with their lengths."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the tokenizer; Triton reports an exception as the model's state."""
        config = json.loads(args["model_config"])
        settings = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        skip = settings.get("skip_special_tokens", "true").lower() == "true"
        self._decoder = Decoder(Path(settings["tokenizer_dir"]), skip_special=skip)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each request."""
        responses = []
        for request in requests:
            tokens = pb_utils.get_input_tensor_by_name(request, "TOKENS_BATCH").as_numpy()
            lengths = pb_utils.get_input_tensor_by_name(request, "SEQUENCE_LENGTH").as_numpy()
            texts = [
                [self._decoder.text(ids[:n]).encode("utf-8") for ids, n in zip(beams, ends, strict=True)]
                for beams, ends in zip(tokens, lengths, strict=True)
            ]
            output = pb_utils.Tensor("OUTPUT", np.array(texts, np.object_))
            responses.append(pb_utils.InferenceResponse(output_tensors=[output]))
        return responses
