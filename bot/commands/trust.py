"""`codebot trust`: let this repository's configuration say where code goes and which files are written."""

from __future__ import annotations

import os
from pathlib import Path

import click

__all__ = ["command"]


@click.command(name="trust")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--revoke", is_flag=True, help="Trust this repository no longer.")
def command(*, yes: bool, revoke: bool) -> int:
    """Let this repository's configuration name an engine, commands that run tests, logs, or credentials.

    A repository's .codebot.toml (or [tool.codebot]) may be a stranger's. So those settings count only
    once you have seen and trusted them, here, for this repository, as they are now; another address has
    to be trusted again. Until then a hook goes on without them, and other commands stop.

    Always fine: the packaged engine, engines on this machine's loopback, and whatever you set yourself
    by flag, by CODEBOT_* variable, or in your own configuration, which has the same keys:

    \b
    Linux    ~/.config/codebot/config.toml
    macOS    ~/Library/Application Support/codebot/config.toml
    Windows  %LOCALAPPDATA%\\codebot\\config.toml
    any      $CODEBOT_CONFIG_DIR/config.toml
    """
    from bot.config import sensitive, user_folder  # noqa: PLC0415 - keeps `--help` light
    from bot.config.trust import Trust  # noqa: PLC0415 - likewise
    from bot.engines import without_user  # noqa: PLC0415 - likewise
    from bot.report.escape import visible  # noqa: PLC0415 - likewise

    root, trust = _root(), Trust(user_folder(os.environ))
    if revoke:
        known = trust.drop(root)
        click.echo(f"codebot: {root} is {'no longer trusted' if known else 'not trusted anyway'}")
        return 0
    values = sensitive(root)
    if not values:
        click.echo("codebot: this repository's configuration asks for nothing that needs your trust")
        return 0
    if trust.covers(root, values):
        click.echo("codebot: trusted already, as it is now (--revoke takes it back)")
        return 0
    click.echo(f"The configuration of {visible(str(root))} asks for:")
    for name, value in values.items():
        click.echo(f"  {name} = {visible(without_user(str(value)))}")
    if not yes and not click.confirm("Trust it?"):
        click.echo("codebot: nothing changed")
        return 0
    trust.add(root, values)
    click.echo(f"codebot: trusted, as long as these stay as they are ({trust.path})")
    return 0


def _root() -> Path:
    from bot.git import Repository  # noqa: PLC0415

    repo = Repository.find(Path.cwd())
    if repo is None:
        return Path.cwd()
    with repo:
        return repo.root
