"""How fast files are cut into chunks, as a ratio to bare parsing of the same files in the same run.

    python -m tests.benchmarks.bench_chunking [--rounds N] [--budget TOKENS]

Reads the running interpreter's standard library, with and without its tests, in one thread. Rounds of each
contender alternate, so that whatever else the machine does hits all of them; the ratios, by processor time
and by the clock on the wall, are medians over rounds. On a machine that others use too, only the first
tells much. Splitters of other projects take part where they are installed.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import statistics
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tree_sitter

from bot.chunk.split import split
from bot.chunk.tree import grammar
from bot.data import Change

if TYPE_CHECKING:
    from collections.abc import Callable

Files = list[tuple[str, bytes]]
MEGABYTE = 1e6


def library(*, tests: bool) -> Files:
    """Return the standard library's Python files that are UTF-8, without site-packages."""
    root = Path(sysconfig.get_path("stdlib"))
    found: Files = []
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        if "site-packages" in inside.parts or (
            not tests and {"test", "tests", "idle_test"} & set(inside.parts)
        ):
            continue
        source = path.read_bytes()
        try:
            source.decode()
        except UnicodeDecodeError:
            continue
        found.append((inside.as_posix(), source))
    return found


def parsing(files: Files, budget: int) -> None:
    """Do what every contender has to do at least."""
    del budget
    parser = tree_sitter.Parser(grammar("python"))
    for _, source in files:
        parser.parse(source)


def chunking(files: Files, budget: int) -> None:
    """Cut every file."""
    for path, source in files:
        split(Change(path, source, source), budget=budget)


def semantic_text_splitter(files: Files, budget: int) -> None:
    """Cut every file with semantic-text-splitter's code splitter, in characters."""
    module: Any = importlib.import_module("semantic_text_splitter")
    grammar: Any = importlib.import_module("tree_sitter_python")
    splitter = module.CodeSplitter(grammar.language(), budget)
    for _, source in files:
        splitter.chunks(source.decode())


def astchunk(files: Files, budget: int) -> None:
    """Cut every file with astchunk, in characters other than white space."""
    module: Any = importlib.import_module("astchunk")
    builder = module.ASTChunkBuilder(max_chunk_size=budget, language="python", metadata_template="none")
    for _, source in files:
        builder.chunkify(source.decode())


def contenders() -> dict[str, Callable[[Files, int], None]]:
    """Return what is installed."""
    found: dict[str, Callable[[Files, int], None]] = {"parse": parsing, "split": chunking}
    for name, run in (("semantic_text_splitter", semantic_text_splitter), ("astchunk", astchunk)):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        found[name] = run
    return found


def _ratio(parsing: list[float], taken: list[float]) -> float:
    return statistics.median(p / t for p, t in zip(parsing, taken, strict=True))


def main() -> None:
    """Print megabytes a second, and each contender's share of the speed of parsing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--budget", type=int, default=8192 - 512, help="tokens; StarCoder's window less an answer"
    )
    options = parser.parse_args()
    runs = contenders()
    for tests in (False, True):
        files = library(tests=tests)
        size = sum(len(source) for _, source in files) / MEGABYTE
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        processor: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                start, used = time.perf_counter(), time.process_time()
                run(files, options.budget)
                processor[name].append(time.process_time() - used)
                seconds[name].append(time.perf_counter() - start)
        print(f"standard library {'with' if tests else 'without'} tests: {len(files)} files, {size:.1f} MB")
        for name, taken in seconds.items():
            speed = size / statistics.median(taken)
            wall, own = _ratio(seconds["parse"], taken), _ratio(processor["parse"], processor[name])
            print(f"  {name:24} {speed:6.1f} MB/s   {own:.2f} of parsing by CPU time, {wall:.2f} by wall")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    print(f"peak memory {peak / (1024 if sys.platform == 'darwin' else 1):.0f} MB, files included")


if __name__ == "__main__":
    main()
