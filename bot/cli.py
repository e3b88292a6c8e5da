"""The command line: it wires, catches and exits; nothing else in codebot exits.

Commands live one a file in `bot/commands` and are imported when they are called, so that `--help` and a run
with nothing to do start in the time click itself takes.
"""

from __future__ import annotations

import importlib
import os
import sys

import click

from bot import __version__
from bot.errors import CodebotError

__all__ = ["main"]

# name -> (module, one line for the overview, so that the overview imports none of them)
COMMANDS: dict[str, tuple[str, str]] = {
    "annotate": (
        "bot.commands.annotate",
        "Suggest proven docstrings, tests and fixes for a repository, a change or some files.",
    ),
    "apply": ("bot.commands.apply", "Take what the Git hook suggested, and stage it."),
    "review": ("bot.commands.review", "Review a pull request on GitHub with comments that can be committed."),
    "explain": ("bot.commands.explain", "Trace one suggestion back to its chunk, prompt, answer and checks."),
    "doctor": ("bot.commands.doctor", "Show what is installed, which engine answers and what is missing."),
    "install-hook": ("bot.commands.install_hook", "Have git call codebot when you commit or push."),
    "uninstall-hook": ("bot.commands.uninstall_hook", "Take codebot out of git's hooks again."),
    "hook": ("bot.commands.hook", "What git and pre-commit call."),
    "trust": ("bot.commands.trust", "Let this repository's configuration name its engine."),
    "eval": ("bot.commands.eval", "Compare engines and prompts on code that people documented: yours."),
    "serve": ("bot.commands.serve", "Start a Triton server for a model; on the CPU, or on your GPUs."),
    "engine": ("bot.commands.engine", "Fetch or convert a model, build its engine, render its repository."),
    "cache": ("bot.commands.cache", "Show or clear what is remembered between runs."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the command names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command, or None if there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101 - a wiring mistake, not input
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the overview from the table, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings: flags, then CODEBOT_* variables, then .codebot.toml or [tool.codebot] in "
    "pyproject.toml, then your own config.toml (codebot trust --help). "
    "Exit codes: 0 done, 1 suggestions found (--check), 2 usage, 3 engine unavailable, 4 a bug.",
)
@click.version_option(__version__, prog_name="codebot")
def cli() -> None:
    """Docstrings, tests and fixes from a code model that you host: only what was proven is shown.

    \b
    codebot annotate src/              suggest docstrings for a folder
    codebot annotate --staged          for what is about to be committed
    codebot annotate --since main      for what a branch changed
    codebot annotate --apply src/      write them into the files
    codebot annotate --tasks tests,fixes src/    missing tests, and fixes for what linters report
    codebot install-hook               suggest whenever you commit

    Without configuration it uses the small model that ships with codebot, offline, on the CPU.
    """


def main(argv: list[str] | None = None) -> None:
    """Run the command line on `argv` (default: the process's) and exit with a documented code."""
    sys.exit(run(argv))


def run(argv: list[str] | None = None) -> int:  # noqa: PLR0911 - one return for each way to end
    """Run the command line and return the exit code; every error ends here, as one message and a hint."""
    try:
        result = cli.main(args=argv, prog_name="codebot", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("codebot: interrupted", err=True)
        return 130
    except BrokenPipeError:
        # the reader went away (`| head`): no traceback, and none at interpreter exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except CodebotError as error:
        click.echo(f"codebot: {error}", err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        return error.exit_code
    except Exception:  # noqa: BLE001 - the last line of defence turns a bug into a log to attach
        return _bug(argv)
    return result if isinstance(result, int) else 0


def _bug(argv: list[str] | None) -> int:
    """Write a log of the current exception where the user can find it, say so, and return exit code 4."""
    from bot.commands.bug import log_bug  # noqa: PLC0415 - only on the way out

    last, log = log_bug(sys.argv[1:] if argv is None else argv)
    click.echo(f"codebot: this is a bug, not your mistake: {last}", err=True)
    click.echo(f"  Please report it with {log}", err=True)
    return 4


if __name__ == "__main__":
    main()
