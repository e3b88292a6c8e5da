"""`codebot hook`: what Git's hooks and pre-commit call."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["command"]

_OPTIONS = (
    click.option("--engine", metavar="URL", help="The engine to ask.  [default: the configured one]"),
    click.option("--tasks", metavar="TASK,…", help="What to suggest.  [default: the configured tasks]"),
    click.option(
        "--deadline",
        metavar="SECONDS",
        help="End by then; the rest is asked in the background.  [default: 10]",
    ),
    click.option("--confidence", metavar="FLOAT|off", help="Threshold in place of the calibrated one."),
    click.option("--block", is_flag=True, help="Exit with 1, which stops git, when there are suggestions."),
    click.option("--strict", is_flag=True, help="Also stop git when the engine is down or late."),
)


def _options(function: Callable[..., int]) -> Callable[..., int]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group(name="hook")
def command() -> None:
    """What Git hooks and pre-commit call; `codebot install-hook` sets them up.

    A hook suggests and lets git go on. It ends before its deadline, and never stops a commit because an
    engine is down: it says so and exits with 0, unless --strict is given. An engine that only the
    repository's own configuration names is not used before you trust it (codebot trust).
    """


@command.command(name="pre-commit")
@click.argument("files", nargs=-1, type=click.Path())
@_options
@click.option(
    "--fix", is_flag=True, help="Write the suggestions into the files; exit with 1 if there are any."
)
def pre_commit(**flags: Any) -> int:  # noqa: ANN401 - click hands over what the options declare
    """Suggest for what is staged, as it is staged.

    FILES (as pre-commit passes them) narrow it down; with nothing staged they are looked at whole.
    """
    return _run("pre-commit", flags)


@command.command(name="commit-msg")
@click.argument("message", type=click.Path())
@_options
def commit_msg(**flags: Any) -> int:  # noqa: ANN401 - likewise
    """As pre-commit, but knowing the message: drafts are left alone.

    Nothing is asked for a message that starts with fixup!, squash!, amend! or WIP, or that has a line
    "codebot: skip".
    """
    from bot.commands.hooking.subject import is_draft  # noqa: PLC0415 - keeps `--help` light

    return 0 if is_draft(flags.pop("message")) else _run("commit-msg", flags)


@command.command(name="pre-push")
@click.argument("remote", nargs=1, default="")
@click.argument("rest", nargs=-1)
@_options
def pre_push(**flags: Any) -> int:  # noqa: ANN401 - likewise
    """Suggest for the commits that are about to be pushed; git says on standard input which these are.

    Under pre-commit, the arguments are files, and its variables say what is pushed.
    """
    return _run("pre-push", flags)


@command.command(name="background", hidden=True)
def background() -> int:
    """Ask what a hook had no time for, and keep the answers for next time."""
    from bot.commands.hooking.background import fill  # noqa: PLC0415 - keeps `--help` light

    return fill()


def _run(hook: str, flags: dict[str, Any]) -> int:
    from bot.commands.hooking.flow import run  # noqa: PLC0415 - keeps `--help` light

    code, ended = run(hook, flags, os.environ)
    if not ended:  # something still waits for a server or a model: nobody waits for that
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
