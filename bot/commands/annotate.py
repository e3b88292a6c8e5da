"""`codebot annotate`: from a repository, a change or a folder to proven suggestions."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.errors import UsageError
from bot.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command"]


@click.command(name="annotate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=str))
@click.option(
    "--tasks", metavar="TASK,…", help="What to suggest: docstrings, tests, fixes.  [default: docstrings]"
)
@click.option(
    "--engine",
    metavar="URL",
    help="embedded:, embedded:DIR, replay:DIR or a server's URL.  [default: embedded:]",
)
@click.option("--since", metavar="REV", help="Only what changed since the merge base with REV.")
@click.option("--staged", is_flag=True, help="Only what is staged, read from the index.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="What to write; see above.",
)
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write the result to a file."
)
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE", help="Also write this report (repeatable)."
)
@click.option("--apply", "apply_", is_flag=True, help="Write the suggestions into the files.")
@click.option("--check", is_flag=True, help="Exit with 1 when there are suggestions.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Ask about the first N targets only.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Threads or requests in flight.")
@click.option(
    "--style", type=click.Choice(["auto", "google", "numpy", "sphinx"]), help="Convention.  [default: auto]"
)
@click.option(
    "--sections",
    type=click.Choice(["auto", "always", "never"]),
    help="Args/Returns sections.  [default: auto]",
)
@click.option(
    "--examples",
    type=click.Choice(["auto", "always", "never"]),
    help="Ask for examples; those that pass in the sandbox are shown.  [default: auto]",
)
@click.option("--include", multiple=True, metavar="GLOB", help="Only these files (repeatable).")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Not these files (repeatable).")
@click.option(
    "--improve", is_flag=True, default=None, help="Also replace docstrings that contradict their signature."
)
@click.option("--private", is_flag=True, default=None, help="Also private and nested functions.")
@click.option("--tests", is_flag=True, default=None, help="Also test code.")
@click.option(
    "--confidence", metavar="FLOAT|off", help="Threshold in place of the calibrated one; off shows all."
)
@click.option(
    "--prompts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of prompt wordings in place of the packaged ones.",
)
@click.option(
    "--record", type=click.Path(file_okay=False, path_type=Path), help="Record completions for replay:DIR."
)
@click.option(
    "--egress-log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append a line for every request that leaves for a server.",
)
@click.option("--sandbox/--no-sandbox", default=None, help="Keep tests apart while they run.  [default: yes]")
@click.option(
    "--python", metavar="PATH", help="Interpreter or environment that the project's tests run with."
)
@click.option(
    "--findings",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Fix what this says: SARIF, ruff's or ESLint's JSON (repeatable).  [default: what ruff finds]",
)
@click.option(
    "--junit",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Fix the tests that failed in this JUnit XML (repeatable).",
)
@click.option(
    "--doctests/--no-doctests",
    default=None,
    help="Examples in docstrings that fail are to be fixed too.  [default: yes]",
)
@click.option("--cache/--no-cache", default=None, help="Remember completions between runs.  [default: yes]")
@click.option("--quiet", "-q", is_flag=True, help="No progress on the terminal.")
def command(**flags: Any) -> int:  # noqa: ANN401 - click hands over what the options declare
    """Suggest docstrings, or fixes for what linters report, each proven before it is shown.

    PATHS are files or folders; without any, the repository you stand in. A folder outside any repository
    works too.

    \b
    codebot annotate --since origin/main --format patch | git apply
    codebot annotate --staged --check         # in a script: exit code 1 if anything is suggested
    codebot annotate --engine embedded:DIR    # any model converted for CTranslate2
    codebot annotate --engine triton+grpc://HOST:8001/ensemble
    codebot annotate --report html=codebot.html --report sarif=codebot.sarif
    codebot annotate --tasks fixes            # what ruff reports, by the project's configuration
    codebot annotate --tasks fixes --findings eslint.json --junit report.xml

    \b
    Formats: text      for people
             json      for programs; the schema is published with codebot
             patch     for git apply and patch -p1
             sarif     for code scanning and editors, with fixes
             rdjson    for reviewdog
             markdown  for a job summary or a wiki
             html      one file to look through: filters, search, coverage
    """
    from bot.commands import output, session  # noqa: PLC0415 - keeps `--help` light
    from bot.config import distrust  # noqa: PLC0415 - likewise

    if flags["staged"] and flags["since"]:
        raise UsageError("--staged and --since exclude each other.")
    if flags["apply_"] and flags["check"]:
        raise UsageError("--apply and --check exclude each other.")
    reports = output.wanted(flags["reports"], flags["output"])
    if flags["format_"] == "html" and flags["output"] is None and sys.stdout.isatty():
        raise UsageError("--format html writes a page, which no terminal shows.", hint="Add -o codebot.html")
    started = time.perf_counter()
    cancel = threading.Event()
    with interruptible(cancel), session.open_run(flags, environ=os.environ) as run:
        if error := distrust(run.settings):
            raise error
        review = run.review(cancel)
        review.seconds = time.perf_counter() - started
        if flags["apply_"] and review.verified:
            output.write(run.root, review)
        output.show_all(review, [*reports, (flags["format_"], flags["output"])], argv=sys.argv[1:])
    if cancel.is_set():
        return 130
    if review.failed and not review.verified and not review.ledger.rejected:
        return 3
    return 1 if flags["check"] and review.verified else 0


@contextmanager
def interruptible(cancel: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C end the run in good order, with the rest on the ledger; the second at once."""

    def stop(_signal: int, _frame: object) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()
        if sys.stderr.isatty():
            click.echo("\ncodebot: finishing; press Ctrl-C again to stop at once", err=True)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
