"""Tokens a second through `Engine.complete` over Triton, against bare calls in a closed loop, interleaved.

Both send the same prompts to the same server with the same number in flight. Run with
`python -m tests.benchmarks.bench_triton`; it prints medians and the ratio for 1 to 32 in flight.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tritonclient.grpc import InferInput, InferRequestedOutput
from tritonclient.grpc.aio import InferenceServerClient

from bot.chunk.symbols import symbols
from bot.data import Change, Chunk, Completion, Prompt
from bot.deploy.serve import Server, running
from bot.engines import open_engine
from bot.prompt.build import build
from bot.prompt.template import wording_for
from tests.triton import render_embedded

__all__ = ["main"]


def prompts(count: int) -> list[Prompt]:
    """Summaries wanted for functions of `subprocess`; without stop sequences, so that all have one length."""
    engine = open_engine("embedded:")
    source = Path(inspect.getsourcefile(subprocess) or "").read_bytes()
    change = Change("subprocess.py", source, source)
    wording = wording_for("docstring", engine.info)
    found = []
    for s in symbols("python", source)[1:]:
        chunk = Chunk(change, "python", "function", s.start, s.end, s.start_line, s.end_line, s)
        prompt = build(
            chunk, "docstring", "summary", (), engine.info, engine.tokenizer, wording=wording, max_tokens=32
        )
        if isinstance(prompt, Prompt):
            found.append(prompt)
    return [replace(found[n % len(found)], purpose=f"summary {n}") for n in range(count)]


def through_engine(server: Server, asked: list[Prompt], flight: int) -> tuple[int, float]:
    """Return tokens and seconds of one run through the engine, as `annotate` uses it."""
    engine = open_engine(f"triton+grpc://{server.grpc_url}/ensemble?inflight={flight}")
    assert engine.info.model
    began = time.perf_counter()
    tokens = 0
    for answer in engine.complete(asked):
        assert isinstance(answer, Completion), answer
        tokens += answer.completion_tokens
    seconds = time.perf_counter() - began
    engine.close()
    return tokens, seconds


def bare(server: Server, asked: list[Prompt], flight: int) -> tuple[int, float]:
    """Return tokens and seconds of a closed loop of tritonclient calls and nothing else."""
    return asyncio.run(_bare(server, asked, flight))


async def _bare(server: Server, asked: list[Prompt], flight: int) -> tuple[int, float]:
    import numpy as np  # noqa: PLC0415 - as a user of tritonclient would

    client = InferenceServerClient(server.grpc_url)
    left = iter(sorted(asked, key=lambda p: p.text))
    outputs = [InferRequestedOutput(name) for name in ("text_output", "output_log_probs", "finish_reason")]

    def tensor(name: str, kind: str, value: np.ndarray[Any, Any]) -> InferInput:
        made = InferInput(name, list(value.shape), kind)
        made.set_data_from_numpy(value)
        return made

    async def worker() -> int:
        tokens = 0
        for prompt in left:
            words = [s.encode() for s in prompt.stop] or [b""]
            inputs = [
                tensor("text_input", "BYTES", np.array([[prompt.text.encode()]], dtype=object)),
                tensor("max_tokens", "INT32", np.array([[prompt.max_tokens]], dtype=np.int32)),
                tensor("stop_words", "BYTES", np.array([words], dtype=object)),
                tensor("return_log_probs", "BOOL", np.array([[True]])),
            ]

            async def once(inputs: list[InferInput] = inputs):  # type: ignore[no-untyped-def] # noqa: ANN202 - library types
                yield {"model_name": "ensemble", "inputs": inputs, "outputs": outputs}

            async for result, error in client.stream_infer(once()):
                assert error is None, error
                if result.get_response().outputs:
                    tokens += result.as_numpy("output_log_probs").size
        return tokens

    began = time.perf_counter()
    total = sum(await asyncio.gather(*(worker() for _ in range(flight))))
    seconds = time.perf_counter() - began
    await client.close()
    return total, seconds


def main() -> None:
    """Print tokens a second by requests in flight, and the ratio to the bare loop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--flights", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    args = parser.parse_args()
    asked = prompts(args.prompts)
    with tempfile.TemporaryDirectory() as folder:
        repository = render_embedded(Path(folder) / "repository")
        with running("embedded", repository=repository) as server:
            bare(server, asked[:8], 4)
            for flight in args.flights:
                ours: list[float] = []
                theirs: list[float] = []
                for turn in range(args.rounds):
                    pair = [(through_engine, ours), (bare, theirs)]
                    for run, kept in pair if turn % 2 == 0 else reversed(pair):
                        tokens, seconds = run(server, asked, flight)
                        kept.append(tokens / seconds)
                ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
                print(
                    f"{flight:3} in flight  engine {statistics.median(ours):7.1f} tokens/s  "
                    f"bare {statistics.median(theirs):7.1f}  ratio {ratio:.2f}"
                )


if __name__ == "__main__":
    main()
