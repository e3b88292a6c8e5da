"""Tokens a second of `Engine.complete`, as a ratio to a bare CTranslate2 loop in the same run.

    python -m tests.benchmarks.bench_engine [--rounds N] [--prompts N] [--engine URL] [--jobs N]

Both get the same prompts, made from the standard library's functions, with the same threads and settings:
greedy, one request a batch, tokens and scores returned. The bare loop tokenises, generates and decodes, and
does nothing else: no text stops, no cancelling, no lazy reading. Rounds alternate; ratios are their median.
Ratios by CPU time hardly feel what else the machine is doing.
`--batches` also times the bare loop with batches sorted by length.
"""

from __future__ import annotations

import argparse
import statistics
import sysconfig
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.chunk.symbols import symbols
from bot.data import Change, Chunk, Completion, Prompt
from bot.engines import open_engine
from bot.engines.embedded import EmbeddedEngine, cores, load
from bot.engines.folder import ModelFolder, embedded_folder
from bot.prompt.build import build
from bot.prompt.template import wording_for

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = ("argparse", "configparser", "ftplib", "http/client", "json/decoder", "mailbox", "shutil", "tarfile")
TOKENS = 64


def library_prompts(engine: EmbeddedEngine, most: int) -> list[Prompt]:
    """Return prompts for functions of the standard library, evenly drawn from a few of its modules."""
    wording = wording_for("docstring", engine.info)
    found = []
    for name in FILES:
        source = Path(sysconfig.get_path("stdlib"), f"{name}.py").read_bytes()
        change = Change(f"{name}.py", source, source)
        for s in symbols("python", source):
            if s.kind not in {"function", "method"} or s.end_line - s.start_line < 5:
                continue
            chunk = Chunk(change, "python", "function", s.start, s.end, s.start_line, s.end_line, s)
            prompt = build(
                chunk,
                "docstring",
                "summary",
                (),
                engine.info,
                engine.tokenizer,
                wording=wording,
                max_tokens=TOKENS,
            )
            if isinstance(prompt, Prompt):
                found.append(prompt)
    return found[:: max(1, len(found) // most)][:most]


def ends(folder: ModelFolder) -> list[str]:
    """Return the tokens that end an answer of a model."""
    return [folder.end, *([folder.doubt] if folder.doubt else [])]


def bare(
    generator: Any,  # noqa: ANN401 - the library publishes no types
    engine: EmbeddedEngine,
    prompts: list[Prompt],
    end: list[str],
    batch: int = 1,
) -> int:
    """Answer `prompts` with nothing around the library; return the number of generated tokens."""
    tokens = [engine.tokenizer.encode(p.text) for p in prompts]
    if batch > 1:
        tokens.sort(key=len)
    results = [
        result
        for i in range(0, len(tokens), batch)
        for result in generator.generate_batch(
            tokens[i : i + batch],
            max_length=TOKENS,
            end_token=end,
            include_prompt_in_result=False,
            return_scores=True,
            return_end_token=True,
            asynchronous=True,
        )
    ]
    total = 0
    for result in results:
        ids = result.result().sequences_ids[0]
        engine.tokenizer.decode(ids)
        total += len(ids)
    return total


def ours(engine: EmbeddedEngine, prompts: list[Prompt]) -> int:
    """Answer `prompts` through the engine; return the number of generated tokens."""
    return sum(a.completion_tokens for a in engine.complete(iter(prompts)) if isinstance(a, Completion))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=48)
    parser.add_argument("--engine", default="embedded:")
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--batches", action="store_true")
    options = parser.parse_args()

    engine = open_engine(options.engine, jobs=options.jobs)
    if not isinstance(engine, EmbeddedEngine):
        parser.error("only embedded engines can be compared")
    place = options.engine.partition(":")[2].partition("?")[0]
    folder = ModelFolder(Path(place) if place else embedded_folder(), url=options.engine)
    generator = load(folder, options.jobs)
    prompts = library_prompts(engine, options.prompts)
    ours(engine, prompts[:4])
    end = ends(folder)
    bare(generator, engine, prompts[:4], end)

    sizes = (1, 2, 4, 8) if options.batches else (1,)
    contenders: dict[str, Callable[[], int]] = {
        f"bare, batches of {size}" if size > 1 else "bare": partial(
            bare, generator, engine, prompts, end, size
        )
        for size in sizes
    }
    contenders["engine"] = partial(ours, engine, prompts)
    rounds: dict[str, list[tuple[int, float, float]]] = {name: [] for name in contenders}
    for n in range(options.rounds):
        for name in list(contenders) if n % 2 == 0 else list(contenders)[::-1]:  # neither is always first
            wall, spent = time.perf_counter(), time.process_time()
            tokens = contenders[name]()
            rounds[name].append((tokens, time.perf_counter() - wall, time.process_time() - spent))
    mean = statistics.mean(p.tokens for p in prompts)
    print(f"{len(prompts)} prompts of {mean:.0f} tokens on average, {options.jobs} jobs")
    for name, values in rounds.items():
        pairs = list(zip(values, rounds["bare"], strict=True))
        ratio = statistics.median((own[0] / own[1]) / (base[0] / base[1]) for own, base in pairs)
        spent = statistics.median((own[0] / own[2]) / (base[0] / base[2]) for own, base in pairs)
        speed = statistics.median(tokens / wall for tokens, wall, _ in values)
        print(f"{name:20} {speed:7.1f} tokens/s  ratio {ratio:.3f}  by CPU time {spent:.3f}")


if __name__ == "__main__":
    main()
