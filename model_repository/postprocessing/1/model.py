"""Token ids to text. Each part of a stream is decoded by itself, and loses neither spaces nor characters.

Some tokenizers drop the space in front of a text's first word: an anchor token in front keeps it. A part
that ends inside a character is the inner model's to avoid; ours do, and for others there is the BLS model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils  # part of Triton's Python backend
from tokenizers import Tokenizer


class TritonPythonModel:
    """Decodes `[batch, beams, ids]` with their lengths."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the tokenizer; Triton reports an exception as the model's state."""
        config = json.loads(args["model_config"])
        settings = {k: v["string_value"] for k, v in config.get("parameters", {}).items()}
        self._tokenizer = Tokenizer.from_file(str(Path(settings["tokenizer_dir"]) / "tokenizer.json"))
        self._skip = settings.get("skip_special_tokens", "true").lower() == "true"
        anchors = self._tokenizer.encode("a", add_special_tokens=False).ids
        self._anchor = anchors[-1:] if self._strips(anchors[-1:]) else []
        self._before = len(self._decode(self._anchor)) if self._anchor else 0

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each request."""
        responses = []
        for request in requests:
            tokens = pb_utils.get_input_tensor_by_name(request, "TOKENS_BATCH").as_numpy()
            lengths = pb_utils.get_input_tensor_by_name(request, "SEQUENCE_LENGTH").as_numpy()
            texts = [
                [self._text(ids[:length]).encode("utf-8") for ids, length in zip(beams, ends, strict=True)]
                for beams, ends in zip(tokens, lengths, strict=True)
            ]
            output = pb_utils.Tensor("OUTPUT", np.array(texts, np.object_))
            responses.append(pb_utils.InferenceResponse(output_tensors=[output]))
        return responses

    def _text(self, ids: Any) -> str:  # noqa: ANN401 - an array of int32
        return self._decode([*self._anchor, *(int(i) for i in ids)])[self._before :]

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=self._skip)
        return text

    def _strips(self, token: list[int]) -> bool:
        """Whether a second word at the start of a text comes without its space."""
        word = self._tokenizer.encode("a a", add_special_tokens=False).ids[-1:]
        return len(self._decode([*token, *word])) != len(self._decode(token)) + len(self._decode(word))
