"""`codebot apply`: take what the hook suggested, into the index and the working files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from bot.errors import DriftError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.taking import Taking
    from bot.take.kept import Kept
    from bot.take.last import LastRun

__all__ = ["command"]


@click.command(name="apply")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--all", "all_", is_flag=True, help="Take everything that the hook suggested last.")
def command(*, ids: tuple[str, ...], all_: bool) -> int:
    """Take what codebot's Git hook suggested last, and stage it.

    Without ID, lists what there is to take; an ID's first characters will do. Each suggestion goes into
    the index and into the working file, and nothing else is staged: your unstaged edits stay where they
    are, unstaged. What they leave no room for is refused, with the reason.

    \b
    codebot apply                 what there is
    codebot apply 3f2a9c 81d0     these two
    codebot apply --all && git commit --amend --no-edit
    """
    from bot.commands.taking import take  # noqa: PLC0415 - keeps `--help` light
    from bot.git import Repository  # noqa: PLC0415 - likewise
    from bot.take.last import Last  # noqa: PLC0415 - likewise

    if all_ and ids:
        raise UsageError("--all and an ID exclude each other.")
    with Repository.open() as repo:
        last = Last(repo.git_dir)
        run = last.read()
        if run is None:
            raise UsageError(
                "there is nothing to take: no hook ran here yet",
                hint="codebot install-hook; or codebot annotate --apply, which needs none.",
            )
        if not all_ and not ids:
            return _list(run)
        chosen = list(run.suggestions) if all_ else _chosen(run, ids)
        others = [each for each in run.suggestions if each not in chosen]
        result = take(repo, chosen, others, strict=not all_)
        if result.taken or result.present:
            last.forget(run, [*result.left, *(one.kept for one in result.refused)])
    _tell(result)
    return 0


def _tell(result: Taking) -> None:
    """Print what came of it.

    Raises:
        DriftError: Something was refused.
    """
    from bot.report.escape import visible  # noqa: PLC0415 - keeps `--help` light

    for each in result.taken:
        click.echo(f"  {each.id}  {visible(each.path)}  {visible(each.message)}")
    for each in result.present:
        click.echo(f"  {each.id}  {visible(each.path)}  is there already")
    for path in result.unwritten:
        click.echo(f"  {visible(path)} is not in your working tree, so it is staged only")
    if result.taken:
        click.echo(f"codebot: staged {_counted(len(result.taken), 'suggestion')}")
    elif not result.refused:
        click.echo("codebot: nothing to take")
    if result.refused:
        told = "; ".join(f"{one.kept.id} in {visible(one.kept.path)}: {one.why}" for one in result.refused)
        raise DriftError(
            f"{'not taken' if result.taken else 'nothing is taken'}: {told}",
            hint="Stage the file as you want it and commit: the hook then suggests anew.",
        )


def _list(run: LastRun) -> int:
    """Print what there is to take, and where everything went that the hook read."""
    from bot.report.escape import visible  # noqa: PLC0415 - see above

    for each in run.suggestions:
        click.echo(f"  {each.id}  {visible(each.path)}:{each.start_line}  {visible(each.message)}")
    if run.suggestions:
        told = _counted(len(run.suggestions), "suggestion")
        click.echo(f"codebot: {told} to take: codebot apply ID…, or --all")
    else:
        click.echo("codebot: nothing to take")
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.at))
    click.echo(f"The last run, {visible(run.hook)} at {when}:")
    for line in run.ledger:
        click.echo(f"  {visible(line)}")
    return 0


def _chosen(run: LastRun, ids: Sequence[str]) -> list[Kept]:
    chosen: dict[str, Kept] = {}
    for given in ids:
        found = [each for each in run.suggestions if each.id.startswith(given)] if given else []
        if not found:
            raise UsageError(
                f"the last run suggested nothing with the ID {given!r}",
                hint="codebot apply lists what it did.",
            )
        if len(found) > 1:
            raise UsageError(
                f"{given!r} could be any of {', '.join(each.id for each in found)}",
                hint="Give a few more characters.",
            )
        chosen[found[0].id] = found[0]
    return list(chosen.values())


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
