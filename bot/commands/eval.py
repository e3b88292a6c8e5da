"""`codebot eval`: how engines and prompts do on your own code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["command"]

_OPTIONS = (
    click.option(
        "--repo",
        "repos",
        multiple=True,
        metavar="PATH",
        help="A repository or folder (repeatable).  [default: this one]",
    ),
    click.option("--engine", "engines", multiple=True, metavar="URL", help="As for annotate (repeatable)."),
    click.option(
        "--prompts",
        "prompts",
        multiple=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A folder of prompt wordings to compare with the packaged ones (repeatable).",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Another one draws others."),
    click.option(
        "--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Threads or requests in flight."
    ),
    click.option(
        "--cache/--no-cache", default=None, help="Remember completions between runs.  [default: yes]"
    ),
    click.option(
        "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
    ),
    click.option(
        "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Also draw a chart, as SVG."
    ),
    click.option("--quiet", "-q", is_flag=True, help="No progress on the terminal."),
)
_RUN = (
    click.option(
        "--sandbox/--no-sandbox", default=None, help="Keep tests apart while they run.  [default: yes]"
    ),
    click.option(
        "--python", metavar="PATH", help="Interpreter or environment that the project's tests run with."
    ),
)


def _limit(default: int, what: str) -> Any:  # noqa: ANN401 - a decorator of click's
    kind = click.IntRange(min=1)
    return click.option("--limit", type=kind, default=default, show_default=True, help=f"{what} asked about.")


def _with(*options: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - decorators of click's
    def decorate(function: Any) -> Any:  # noqa: ANN401 - likewise
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@click.group(name="eval")
def command() -> None:
    """Compare engines and prompts on your own code, by what would be shown of their answers.

    Nothing is written into your files.
    """


@command.command(name="docstrings")
@_with(
    *_OPTIONS[:3],
    _limit(200, "Functions"),
    _OPTIONS[3],
    click.option("--confidence", metavar="FLOAT|off", help="As for annotate."),
    *_OPTIONS[4:],
)
def docstrings(**flags: Any) -> int:  # noqa: ANN401 - click hands over what the options declare
    """Hide docstrings that people wrote, ask for them anew, and compare.

    The first sentence of each answer is scored against the one that was hidden (smoothed BLEU-4 as in
    CodeXGLUE, ROUGE-L), and every proof runs as in `codebot annotate`: "shown" is the share of functions
    that would get a docstring. Functions are drawn once and are the same for all rows.

    \b
    codebot eval docstrings --repo ~/src/app --engine embedded: --engine triton+grpc://HOST:8001/ensemble
    codebot eval docstrings --prompts my-prompts/ --limit 100 --plot wordings.svg
    """
    from bot.commands.evaluating.compare import compare  # noqa: PLC0415 - keeps `--help` light
    from bot.commands.evaluating.docstrings import Docstrings  # noqa: PLC0415 - likewise

    return compare(Docstrings(), flags)


@command.command(name="tests")
@_with(*_OPTIONS[:3], _limit(40, "Functions"), *_OPTIONS[3:5], *_RUN, *_OPTIONS[5:])
def tests(**flags: Any) -> int:  # noqa: ANN401 - click hands over what the options declare
    """Ask for tests of functions that your own tests do not reach, and prove them.

    Functions are those that `codebot annotate --tasks tests` would look at, drawn once and the same for all
    rows. Every proof runs in the sandbox as it does there. "Shown" is the share of functions that would get
    a test, also by calls that your code tells without any engine; "engine's" is the share for which the
    engine itself wrote one that passes and fails on a mutant. The model in the package is not asked for
    tests, so name another engine.

    \b
    codebot eval tests --repo ~/src/app --engine openai+http://HOST/v1?model=A --engine embedded:DIR
    codebot eval tests --engine URL --prompts my-prompts/ --limit 20 --plot wordings.svg
    """
    from bot.commands.evaluating.compare import compare  # noqa: PLC0415 - keeps `--help` light
    from bot.commands.evaluating.tests import MissingTests  # noqa: PLC0415 - likewise

    return compare(MissingTests(), flags)


@command.command(name="fixes")
@_with(
    *_OPTIONS[:3],
    _limit(40, "Findings"),
    click.option(
        "--faults",
        type=click.IntRange(min=0),
        default=20,
        show_default=True,
        help="Mistakes to make and have mended; 0: none.",
    ),
    *_OPTIONS[3:5],
    *_RUN,
    *_OPTIONS[5:],
)
def fixes(**flags: Any) -> int:  # noqa: ANN401 - click hands over what the options declare
    """Ask for fixes of what your linter reports, and of mistakes made on purpose, and prove them.

    Findings are those that `codebot annotate --tasks fixes` would ask an engine about: ruff reports them and
    has no safe fix of its own. Mistakes are small changes (a comparison, a constant, a condition) of
    functions that your tests reach, such that a test fails; they are made in memory, and finding them takes
    a few runs of those tests. Both are drawn once and are the same for all rows, and every proof runs as in
    `codebot annotate`: "shown" is the share that would get a fix, "restored" that of mistakes after which the
    file reads as before. The model in the package is not asked for fixes, so name another engine.

    \b
    codebot eval fixes --repo ~/src/app --engine openai+http://HOST/v1?model=A --engine embedded:DIR
    codebot eval fixes --engine URL --prompts my-prompts/ --limit 20 --faults 0 --plot wordings.svg
    """
    from bot.commands.evaluating.compare import compare  # noqa: PLC0415 - keeps `--help` light
    from bot.commands.evaluating.fixes import Fixes  # noqa: PLC0415 - likewise

    return compare(Fixes(), flags)
