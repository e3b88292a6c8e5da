"""Size, loading and speed of embedded models, side by side in one run.

    python -m tests.benchmarks.bench_models DIR DIR… [--rounds N] [--prompts N]

Each folder is a model as `embedded:DIR` takes it; `embedded:` stands for the packaged one. All get the
prompts that the product makes for the same functions of the standard library, and answer greedily. Loading
and the first token are of one thread; speed is of answers' tokens with one thread, with two requests side by
side, and in batches of eight sorted by length. Rounds take turns; figures are medians, and a ratio is the
median of the rounds' ratios to the first model.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

from bot.engines.embedded import EmbeddedEngine, load
from bot.engines.folder import ModelFolder, embedded_folder
from tests.benchmarks.bench_engine import bare, ends, library_prompts

FIGURES = ("load, s", "first token, ms", "1 thread", "2 threads", "batches of 8")


class Contender:
    """One model with its prompts."""

    def __init__(self, place: str, prompts: int) -> None:
        path = embedded_folder() if place == "embedded:" else Path(place)
        self.folder = ModelFolder(path, url=f"embedded:{place}")
        self.engine = EmbeddedEngine(self.folder)
        self.prompts = library_prompts(self.engine, prompts)
        self.end = ends(self.folder)
        self.generators: dict[int, Any] = {threads: load(self.folder, threads) for threads in (1, 2)}
        bare(self.generators[1], self.engine, self.prompts[:2], self.end)

    @property
    def size(self) -> float:
        """Of the weights, in millions of bytes."""
        return sum(file.stat().st_size for file in self.folder.weights) / 1e6

    def measured(self) -> dict[str, float]:
        """Return one round's figures: seconds, milliseconds, and tokens a second."""
        found: dict[str, float] = {}
        began = time.perf_counter()
        load(self.folder, 1)
        found["load, s"] = time.perf_counter() - began
        tokens = self.engine.tokenizer.encode(self.prompts[len(self.prompts) // 2].text)
        began = time.perf_counter()
        self.generators[1].generate_batch([tokens], max_length=1, include_prompt_in_result=False)
        found["first token, ms"] = 1000 * (time.perf_counter() - began)
        for name, threads, batch in (("1 thread", 1, 1), ("2 threads", 2, 1), ("batches of 8", 1, 8)):
            began = time.perf_counter()
            count = bare(self.generators[threads], self.engine, self.prompts, self.end, batch)
            found[name] = count / (time.perf_counter() - began)
        return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", metavar="DIR")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=24)
    options = parser.parse_args()
    contenders = [Contender(place, options.prompts) for place in options.models]
    rounds: list[list[dict[str, float]]] = []
    for n in range(options.rounds):
        order = list(range(len(contenders)))[:: 1 if n % 2 == 0 else -1]  # none is always first
        found = {at: contenders[at].measured() for at in order}
        rounds.append([found[at] for at in range(len(contenders))])
    print(f"{options.prompts} prompts, {options.rounds} rounds; in brackets: to the first model")
    for at, one in enumerate(contenders):
        print(f"{one.folder.info.model}: {one.size:.0f} MB")
        for name in FIGURES:
            middle = statistics.median(r[at][name] for r in rounds)
            ratio = statistics.median(r[at][name] / r[0][name] for r in rounds)
            print(f"  {name:16} {middle:8.2f}  [{ratio:.2f}]")


if __name__ == "__main__":
    main()
