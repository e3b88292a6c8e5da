"""`codebot eval`: how engines and prompts do on your own code."""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.commands.session import Run
    from bot.data import Change, Skipped
    from bot.measure.held_out import Case
    from bot.measure.tally import Row

__all__ = ["command"]


@click.group(name="eval")
def command() -> None:
    """Compare engines and prompts on code that people documented: yours.

    Nothing is written into your files.
    """


@command.command(name="docstrings")
@click.option(
    "--repo",
    "repos",
    multiple=True,
    metavar="PATH",
    help="A repository or folder (repeatable).  [default: this one]",
)
@click.option("--engine", "engines", multiple=True, metavar="URL", help="As for annotate (repeatable).")
@click.option(
    "--prompts",
    "prompts",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of prompt wordings to compare with the packaged ones (repeatable).",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Functions asked about."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another one draws other functions.")
@click.option("--confidence", metavar="FLOAT|off", help="As for annotate.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Threads or requests in flight.")
@click.option("--cache/--no-cache", default=None, help="Remember completions between runs.  [default: yes]")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Also draw a chart, as SVG.")
@click.option("--quiet", "-q", is_flag=True, help="No progress on the terminal.")
def docstrings(**flags: Any) -> int:  # noqa: ANN401 - click hands over what the options declare
    """Hide docstrings that people wrote, ask for them anew, and compare.

    The first sentence of each answer is scored against the one that was hidden (smoothed BLEU-4 as in
    CodeXGLUE, ROUGE-L), and every proof runs as in `codebot annotate`: "shown" is the share of functions
    that would get a docstring. Functions are drawn once and are the same for all rows.

    \b
    codebot eval docstrings --repo ~/src/app --engine embedded: --engine triton+grpc://HOST:8001/ensemble
    codebot eval docstrings --prompts my-prompts/ --limit 100 --plot wordings.svg
    """
    from bot.commands.annotate import interruptible  # noqa: PLC0415 - keeps `--help` light
    from bot.commands.session import open_run  # noqa: PLC0415 - likewise
    from bot.report.evaluation import as_chart, as_json, as_text  # noqa: PLC0415 - likewise

    repos = [str(Path(each)) for each in flags["repos"]] or ["."]
    missing = [each for each in repos if not Path(each).is_dir()]
    if missing:
        raise UsageError(
            f"{missing[0]} is no folder", hint="--repo takes a repository or a folder of sources."
        )
    cancel = threading.Event()
    with interruptible(cancel), ExitStack() as stack:
        runs = [stack.enter_context(open_run(_flags(flags, repo), environ=os.environ)) for repo in repos]
        chosen = _choose(runs, flags["limit"], flags["seed"])
        urls = list(flags["engines"]) or [""]
        rows = []
        for url, folder in product(urls, [None, *flags["prompts"]]):
            if not cancel.is_set():
                rows.append(_row(runs, chosen, (url, folder), flags, cancel))
        if cancel.is_set():
            return 130
    where = ", ".join(run.root.name for run in runs)
    if flags["plot"]:
        flags["plot"].write_text(as_chart(rows, where), encoding="utf-8")
        click.echo(f"codebot: chart in {flags['plot']}", err=True)
    click.echo(
        as_json(rows, [str(run.root) for run in runs], flags["seed"])
        if flags["format_"] == "json"
        else as_text(rows, where),
        nl=False,
    )
    return 0


def _flags(flags: Mapping[str, Any], repo: str) -> dict[str, Any]:
    names = ("confidence", "jobs", "cache", "quiet")
    return {**{name: flags[name] for name in names}, "paths": (repo,), "tasks": "docstrings"}


def _choose(runs: list[Run], limit: int, seed: int) -> list[dict[str, list[Case]]]:
    """Draw the functions; one table for each repository, by path."""
    from bot.data import Change  # noqa: PLC0415 - keeps `--help` light
    from bot.measure.held_out import cases, sample  # noqa: PLC0415 - likewise

    found: list[tuple[int, Case]] = []
    for number, run in enumerate(runs):
        run.observer.start("reading")
        for change in run.files():
            if isinstance(change, Change):
                found += [(number, case) for case in cases(change)]
                run.observer.advance(0, files=1)
        run.observer.finish()
    if not found:
        raise UsageError(
            "no documented functions to hold out here",
            hint="Public Python functions with a sentence of 3 to 25 words count; try another --repo.",
        )
    tables: list[dict[str, list[Case]]] = [{} for _ in runs]
    for number, case in sample(found, limit, seed):
        tables[number].setdefault(case.path, []).append(case)
    return tables


def _row(
    runs: list[Run],
    chosen: list[dict[str, list[Case]]],
    arm: tuple[str, Path | None],
    flags: Mapping[str, Any],
    cancel: threading.Event,
) -> Row:
    """Ask one engine with one wording about every function."""
    from bot.commands.flows import flow_of  # noqa: PLC0415 - keeps `--help` light
    from bot.commands.session import engine_opener  # noqa: PLC0415 - likewise
    from bot.config import load  # noqa: PLC0415 - likewise
    from bot.measure.tally import tally  # noqa: PLC0415 - likewise
    from bot.pipeline import Work, run  # noqa: PLC0415 - likewise

    url, folder = arm
    outcomes = []
    cases: list[Case] = []
    label, model, seconds = "", "", 0.0
    for base, table in zip(runs, chosen, strict=True):
        if not table:
            continue
        given = {"engine": url or None, "prompts": folder, "examples": "never"}
        given |= {name: flags[name] for name in ("confidence", "jobs", "cache")}
        settings = load(base.root, given, os.environ)
        with ExitStack() as stack:
            engine = engine_opener(settings, base.cache, os.environ, stack)
            one = _held_out(replace(base, settings=settings, engine=engine, narrow=True), table)
            review = one.blank()
            flow = flow_of("docstrings", one, review)
            began = time.perf_counter()
            outcomes += list(run(flow, Work(one.files(), one.observer, cancel)))
            seconds += time.perf_counter() - began
            one.observer.finish()
            label, model = review.engine.url, review.engine.model
        cases += [case for several in table.values() for case in several]
    wording = folder.name if folder else ""
    return tally(cases, outcomes, engine=label, model=model, wording=wording, seconds=seconds)


def _held_out(run: Run, table: Mapping[str, list[Case]]) -> Run:
    """Return a run that sees the repository without what is held out, and is asked for just that."""
    from bot.commands.learn import read_source  # noqa: PLC0415 - keeps `--help` light
    from bot.data import Change  # noqa: PLC0415 - likewise
    from bot.measure.held_out import without  # noqa: PLC0415 - likewise

    hidden = {
        change.path: without(change, table[change.path])
        for change in run.tree()
        if isinstance(change, Change) and change.path in table
    }

    def tree() -> Iterator[Change | Skipped]:
        for change in run.tree():
            yield hidden.get(change.path, change)

    def source(root: Path, path: str) -> bytes:
        return hidden[path].source if path in hidden else read_source(root, path)

    return replace(run, tree=tree, files=lambda: iter(hidden.values()), source=source)
