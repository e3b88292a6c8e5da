"""`codebot cache`: what is remembered between runs."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group(name="cache")
def command() -> None:
    """Show or clear what is remembered between runs: answers, scores, traces and tags of file contents.

    It lies in your user cache folder, or where CODEBOT_CACHE_DIR says. Nothing in it is needed: without
    it, the next run asks the engine again.
    """


@command.command(name="info")
def info() -> int:
    """Show where the cache lies and how much is in it."""
    from bot.cache import Cache  # noqa: PLC0415 - keeps `--help` light

    cache = Cache()
    found = cache.info()
    cache.close()
    click.echo(f"{found.path}  {found.bytes / 1e6:,.1f} MB")
    for namespace, entries in sorted(found.entries.items()):
        click.echo(f"  {entries:>8,}  {namespace}")
    return 0


@command.command(name="clear")
def clear() -> int:
    """Forget everything."""
    from bot.cache import Cache  # noqa: PLC0415 - keeps `--help` light

    cache = Cache()
    cache.clear()
    cache.close()
    click.echo("codebot: the cache is empty")
    return 0
