"""`codebot review`: suggestions on a pull request, as comments that can be committed with a click."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.commands.reviewing.conduct import Result
    from bot.commands.reviewing.target import Target
    from bot.github import Pace

__all__ = ["command", "run"]


@click.command(name="review")
@click.option("--repo", metavar="OWNER/NAME", help="The repository.  [default: the event's]")
@click.option(
    "--pr", type=click.IntRange(min=1), metavar="N", help="The pull request.  [default: the event's]"
)
@click.option(
    "--pr-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where a fork's workflow packed the number; checked against the event.",
)
@click.option("--api-url", metavar="URL", help="GitHub's API.  [default: GITHUB_API_URL, or github.com's]")
@click.option("--tasks", metavar="TASK,…", help="What to suggest.  [default: docstrings]")
@click.option("--engine", metavar="URL", help="As for codebot annotate.  [default: embedded:]")
@click.option(
    "--max-comments",
    type=click.IntRange(0, 30),
    default=30,
    show_default=True,
    help="New comments at most; the rest goes to the summary.",
)
@click.option("--check-run", is_flag=True, help="Also write a check run with annotations (checks: write).")
@click.option("--dry-run", is_flag=True, help="Show what would be posted; post nothing.")
@click.option("--drafts", is_flag=True, help="Review drafts too.")
@click.option("--check", is_flag=True, help="Exit with 1 when there are suggestions.")
@click.option("--confidence", metavar="FLOAT|off", help="As for codebot annotate.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Ask about the first N targets only.")
@click.option("--cache/--no-cache", default=None, help="Remember completions between runs.  [default: yes]")
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), help="Also print this report.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write that report to a file."
)
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE", help="Write this one too (repeatable)."
)
@click.option("--quiet", "-q", is_flag=True, help="No progress on the terminal.")
def command(**flags: Any) -> int:  # noqa: ANN401 - click hands over what the options declare
    """Review a pull request on GitHub: proven suggestions as comments, the rest in one summary.

    In a workflow everything comes from the event; `action.yml` wraps it. GITHUB_TOKEN needs
    pull-requests: write (and contents: write to resolve threads and for /codebot apply).

    \b
    codebot review --repo octo/app --pr 12 --dry-run   # look first; nothing is posted
    codebot review --repo octo/app --pr 12 --format sarif -o codebot.sarif

    A second run repeats nothing: suggestions are known by symbol, content and rule. What people resolve,
    delete or dismiss stays away. Settings come from the base branch; the pull request's own configuration
    does not count before it is merged. CODEBOT_SIGNING_KEY (any long secret) signs what is remembered.

    \b
    In comments, by people with write access:
      /codebot docstrings|tests|fixes [path]
      /codebot explain|dismiss|apply [ID]
      /codebot help
    """
    environ = dict(os.environ)
    _forget_secrets()
    return run(flags, environ)


def run(flags: Mapping[str, Any], environ: Mapping[str, str], *, pace: Pace | None = None) -> int:
    """Do what the flags and the event ask for; return the exit code.

    Args:
        flags: The command's options by name.
        environ: Environment variables, with the secrets that `command` takes out of the process's own.
        pace: How patient to be with GitHub.
    """
    from bot.commands import output  # noqa: PLC0415 - keeps `--help` light
    from bot.commands.annotate import interruptible  # noqa: PLC0415 - likewise
    from bot.commands.reviewing import target  # noqa: PLC0415 - likewise
    from bot.commands.reviewing.account import account, drafts, step_summary, without_commands  # noqa: PLC0415
    from bot.github import Api  # noqa: PLC0415 - likewise

    reports = output.wanted(flags["reports"], flags["output"])
    found = target.find(flags, environ)
    if found.event.nothing:
        click.echo(f"codebot: nothing to do: {found.event.nothing}")
        return 0
    cancel = threading.Event()
    started = time.perf_counter()
    with ExitStack() as stack:
        stack.enter_context(interruptible(cancel))
        stack.enter_context(without_commands(environ))
        api = Api(found.token, found.url, pace=pace)
        stack.callback(api.close)
        result = _work(api, found, flags, environ, stack, cancel)
        if result is None:
            return 0
        result.review.seconds = time.perf_counter() - started
        click.echo("\n".join(account(result, dry=flags["dry_run"])))
        if flags["dry_run"] and flags["format_"] is None:
            click.echo("\n".join(drafts(result)))
        step_summary(result, environ)
        if flags["check_run"] and not flags["dry_run"] and not result.moved:
            _check_run(api, result)
        if flags["format_"] is not None:
            reports = [*reports, (flags["format_"], flags["output"])]
        output.show_all(result.review, reports, argv=sys.argv[1:])
    return _code(result, cancel, check=flags["check"])


def _work(  # noqa: PLR0917 - each is another part of the outside
    api: Any,  # noqa: ANN401 - bot.github.Api, imported late
    found: Target,
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    stack: ExitStack,
    cancel: threading.Event,
) -> Result | None:
    """Answer a comment, or review; None where there is nothing more to tell."""
    from bot.commands.reviewing import answer, conduct  # noqa: PLC0415 - keeps `--help` light

    if found.event.comment is not None:
        said = answer.answer(api, found, flags, environ, stack, cancel)
        click.echo(f"codebot: {said}")
        return None
    desk = conduct.open_desk(api, found.repository, found.number, flags, environ, stack)
    why = _idle(desk.pull, found, flags)
    if why:
        click.echo(f"codebot: nothing to do: {why}")
        return None
    wish = conduct.Wish(most=flags["max_comments"], dry=flags["dry_run"])
    return conduct.review(desk, wish, cancel)


def _check_run(api: Any, result: Result) -> None:  # noqa: ANN401 - bot.github.Api, imported late
    from bot.github.checks import check  # noqa: PLC0415 - keeps `--help` light
    from bot.report import checks  # noqa: PLC0415 - likewise

    review = result.review
    outputs = [checks.output(review, batch) for batch in checks.batches(review)] or [checks.output(review)]
    check(api, result.pull, outputs, failed=bool(review.failed) and not review.verified)


def _idle(pull: Any, found: Target, flags: Mapping[str, Any]) -> str:  # noqa: ANN401 - bot.review.values.Pull
    if not pull.open:
        return f"#{pull.number} is closed"
    if pull.draft and not flags["drafts"]:
        return f"#{pull.number} is a draft (--drafts reviews these too)"
    if flags["pr_file"] and found.event.head and found.event.head != pull.head:
        return f"#{pull.number} has moved on; the run for its new head will see to it"
    return ""


def _code(result: Result, cancel: threading.Event, *, check: bool) -> int:
    review = result.review
    if cancel.is_set():
        return 130
    if review.failed and not review.verified and not review.ledger.rejected:
        return 3
    plan = result.plan
    return 1 if check and (plan.new or plan.edits or plan.standing or plan.rest) else 0


def _forget_secrets() -> None:
    """Take tokens out of the environment, so that nothing that is started from here on can inherit them."""
    for name in list(os.environ):
        if any(word in name for word in ("TOKEN", "SECRET", "PASSWORD", "SIGNING_KEY")):
            del os.environ[name]
