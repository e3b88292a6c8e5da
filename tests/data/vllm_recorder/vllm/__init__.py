"""A recorder with the interface of vLLM 0.22 that codebot's model uses; answers are read off the prompt.

It answers a prompt with the prompt's own ids, again and again, one a step; token 0 ends it. What it was asked
is written to the file that VLLM_RECORD names.
"""

from __future__ import annotations

from vllm.sampling_params import SamplingParams

__all__ = ["SamplingParams"]
