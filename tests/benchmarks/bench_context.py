"""What linked context costs and what it is worth, on documented functions of a repository.

    python -m tests.benchmarks.bench_context [--repo PATH] [--functions N] [--engine URL] [--asked N]

Without a repository it reads the running interpreter's standard library. Always: seconds to index it with and
without kept tags, milliseconds to link a function, and true tokens (the embedded model's tokenizer) of the
linked context against those of the whole files that it was taken from. With an engine: how well its first
line agrees with the one that people wrote, with and without linked context, on the same functions. Intervals
are 95 % by bootstrap over functions; the differences are paired. Agreement with people is not truth: a better
sentence in other words scores nothing, and a model may have read a public repository in training.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import sysconfig
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chunk.context import link
from bot.chunk.index import RepoIndex
from bot.chunk.symbols import symbols
from bot.chunk.tags import MemoryTags, blob_of, first_sentence
from bot.data import Change, Chunk, Completion, Prompt, Snippet
from bot.engines import open_engine
from bot.measure.scores import bleu, figure, rouge
from bot.prompt.build import build
from bot.prompt.template import wording_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.ports import Engine, Tokenizer

Asked = tuple[Chunk, str, tuple[Snippet, ...]]  # a function, what people wrote, its linked context
_NOT_CODE = {"test", "tests", "idle_test", "site-packages", "lib2to3"}
_ANSWER = 48  # tokens


def interval(values: Sequence[float], statistic: Callable[[Sequence[float]], float]) -> str:
    """Return a statistic with its 95 % bootstrap interval."""
    found = figure(values, statistic)
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def read(root: Path) -> list[Change]:
    """Return the Python files of a repository that are UTF-8, tests left out."""
    found = []
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        source = path.read_bytes()
        try:
            source.decode()
        except UnicodeDecodeError:
            continue
        if not _NOT_CODE & set(inside.parts):
            found.append(Change(inside.as_posix(), source, source, blob=blob_of(source)))
    return found


def documented(changes: Sequence[Change]) -> list[tuple[Chunk, str]]:
    """Return the functions that have a summary of 3 to 25 words and a body of 4 to 60 lines."""
    found = []
    for change in changes:
        for symbol in symbols("python", change.source):
            if (
                symbol.kind not in ("function", "method")
                or symbol.doc is None
                or symbol.name.startswith("__")
            ):
                continue
            summary = first_sentence(change.source[slice(*symbol.doc)].decode())
            lines = change.source[symbol.doc[1] : symbol.end].count(b"\n")
            if 3 <= len(summary.split()) <= 25 and "(" not in summary and 4 <= lines <= 60:
                span = (symbol.start, symbol.end, symbol.start_line, symbol.end_line)
                found.append((Chunk(change, "python", "function", *span, symbol), summary))
    return found


def index_speed(changes: Sequence[Change]) -> RepoIndex:
    """Index twice, print how long each took, return the second."""
    store, sources = MemoryTags(), {c.path: c.source for c in changes}
    megabytes = sum(map(len, sources.values())) / 1e6
    print(f"{len(changes)} files, {megabytes:.1f} MB")
    for name in ("cold", "warm"):
        began = time.perf_counter()
        index = RepoIndex.build(
            [(c.path, c.blob, lambda path=c.path: sources[path]) for c in changes],  # type: ignore[misc]
            store,
        )
        print(f"index {name}: {time.perf_counter() - began:.2f} s, {index.parsed} contents read")
    return index


def tokens(asked: Sequence[Asked], changes: Sequence[Change], tokenizer: Tokenizer) -> None:
    """Print what linked context costs against whole files."""
    whole = {c.path: c for c in changes}
    sizes: dict[str, int] = {}
    linked, files, ratios = [], [], []
    for chunk, _, snippets in asked:
        paths = {chunk.change.path, *(s.path for s in snippets)}
        for path in paths - sizes.keys():
            sizes[path] = tokenizer.count(whole[path].source.decode())
        texts = [chunk.text, *(f"# {s.path}: {s.text}\n{s.answer}" for s in snippets)]
        linked.append(tokenizer.count("\n".join(texts)))
        files.append(sum(sizes[path] for path in paths))
        ratios.append(linked[-1] / files[-1])
    kinds = Counter(s.kind for _, _, snippets in asked for s in snippets)
    print(f"snippets a function: {sum(kinds.values()) / len(asked):.1f}  {dict(kinds.most_common())}")
    print(f"tokens, function and context: median {statistics.median(linked):,.0f}, total {sum(linked):,}")
    print(f"tokens, whole files:          median {statistics.median(files):,.0f}, total {sum(files):,}")
    share = interval(ratios, lambda each: 100 * statistics.median(each))
    print(f"share needed, %: median {share}, of totals {100 * sum(linked) / sum(files):.2f}")


def agreement(asked: Sequence[Asked], engine: Engine) -> None:
    """Print how well an engine's sentences agree with people's, each kind of context on and off."""
    arms: dict[str, Callable[[tuple[Snippet, ...]], tuple[Sequence[Snippet], Sequence[Snippet]]]] = {
        "code alone": lambda _: ((), ()),
        "+ linked": lambda found: (found, ()),
        "+ siblings": lambda found: ((), [s for s in found if s.kind == "sibling"]),
        "+ both": lambda found: (found, [s for s in found if s.kind == "sibling"]),
    }
    wording = wording_for("docstring", engine.info)
    scores: dict[str, list[tuple[float, float]]] = {}
    for name, choose in arms.items():
        prompts: dict[int, Prompt] = {}
        for number, (chunk, _, found) in enumerate(asked):
            snippets, examples = choose(found)
            prompt = build(
                chunk,
                "docstring",
                "summary",
                snippets,
                engine.info,
                engine.tokenizer,
                wording=wording,
                max_tokens=_ANSWER,
                examples=examples,
            )
            if isinstance(prompt, Prompt):
                prompts[number] = prompt
        began, said = time.perf_counter(), dict.fromkeys(range(len(asked)), "")
        numbers = {id(prompt): number for number, prompt in prompts.items()}
        for answer in engine.complete(prompts.values()):
            if isinstance(answer, Completion):
                said[numbers[id(answer.prompt)]] = (answer.text.strip().splitlines() or [""])[0]
        seconds = time.perf_counter() - began
        scores[name] = [(bleu(said[n], asked[n][1]), rouge(said[n], asked[n][1])) for n in said]
        size = statistics.mean(p.tokens for p in prompts.values())
        shown = statistics.mean(len(p.context.included) for p in prompts.values())
        each = seconds / len(said)
        print(f"{name:11} n={len(said)}, each {size:.0f} tokens, {shown:.1f} snippets, {each:.2f} s")
        for at, metric in enumerate(("BLEU-4", "ROUGE-L")):
            values = [pair[at] for pair in scores[name]]
            gains = [
                pair[at] - base[at] for pair, base in zip(scores[name], scores["code alone"], strict=True)
            ]
            change = "" if name == "code alone" else f"  change {interval(gains, statistics.mean)}"
            print(f"    {metric:8}{interval(values, statistics.mean)}{change}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repo", type=Path, default=Path(sysconfig.get_path("stdlib")))
    parser.add_argument("--functions", type=int, default=200)
    parser.add_argument("--engine", default="")
    parser.add_argument("--asked", type=int, default=100, help="functions that the engine is asked about")
    options = parser.parse_args()
    changes = read(options.repo)
    index = index_speed(changes)
    pool = documented(changes)
    sample = random.Random(0).sample(pool, min(options.functions, len(pool)))  # noqa: S311 - no secret
    if not sample:
        sys.exit(f"no documented functions in {options.repo}")
    asked, spent = [], []
    for chunk, summary in sample:
        began = time.perf_counter()
        asked.append((chunk, summary, link(chunk, index)))
        spent.append(1e3 * (time.perf_counter() - began))
    print(f"{len(asked)} of {len(pool)} documented functions; link: median {statistics.median(spent):.1f} ms")
    tokens(asked, changes, open_engine("embedded:").tokenizer)
    if options.engine:
        engine = open_engine(options.engine)
        print(f"{engine.info.url}: {engine.info.model}")
        agreement(asked[: options.asked], engine)
        engine.close()


if __name__ == "__main__":
    main()
