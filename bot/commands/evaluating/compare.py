"""A row for each engine and wording: repositories opened, cases drawn once, engines asked in turn."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from bot.commands.annotate import interruptible
from bot.commands.flows.asked import asked
from bot.commands.session import engine_opener, open_run
from bot.config import distrust, load
from bot.errors import UsageError
from bot.prompt.template import check_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.commands.session import Run
    from bot.config import Settings

__all__ = ["Arm", "Kind", "compare", "opened"]

_SETTINGS = ("confidence", "jobs", "cache", "sandbox", "python")

D = TypeVar("D")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Arm:
    """What a row is about."""

    engine: str  # "": what settings say
    prompts: Path | None
    flags: Mapping[str, Any]  # of the command line, the same for all rows

    @property
    def wording(self) -> str:
        """What its wording is called; "" for the packaged one."""
        return self.prompts.name if self.prompts else ""

    def settings(self, root: Path) -> Settings:
        """Return the settings of a repository with this engine and wording.

        Raises:
            UsageError: One is wrong, or asks for what the user has not trusted.
        """
        given = {name: self.flags.get(name) for name in _SETTINGS}
        given |= {"engine": self.engine or None, "prompts": self.prompts, "examples": "never"}
        settings = load(root, given, os.environ)
        if error := distrust(settings):
            raise error
        if settings.prompts is not None:
            check_folder(settings.prompts)
        return settings


class Kind(Protocol[D, R]):
    """A task that engines are compared on: `D` is what it draws of all repositories, `R` a row."""

    @property
    def task(self) -> str:
        """One of `bot.config.TASKS`."""
        ...

    def draw(self, runs: Sequence[Run], arm: Arm, cancel: threading.Event) -> D:
        """Return the cases that all rows are about.

        Args:
            runs: The repositories.
            arm: Of the first row, for a task that has to open an engine to know what it would be asked.
            cancel: Once set, what is drawn does not matter.

        Raises:
            UsageError: There are none.
        """
        ...

    def row(self, runs: Sequence[Run], drawn: D, arm: Arm, cancel: threading.Event) -> R:
        """Ask one engine with one wording about every case."""
        ...

    def as_text(self, rows: Sequence[R], drawn: D, where: str) -> str:
        """Return the rows for a terminal."""
        ...

    def as_json(self, rows: Sequence[R], drawn: D, where: Sequence[str], seed: int) -> str:
        """Return the rows for programs."""
        ...

    def as_chart(self, rows: Sequence[R], where: str) -> str:
        """Return the rows as SVG."""
        ...


def compare(kind: Kind[D, R], flags: Mapping[str, Any]) -> int:
    """Compare engines and wordings on one task; return the exit code.

    Raises:
        UsageError: A flag is wrong, there is nothing to ask about, or an engine is not asked for this.
        EngineError: An engine cannot be opened.
    """
    repos = [str(Path(each)) for each in flags["repos"]] or ["."]
    missing = [each for each in repos if not Path(each).is_dir()]
    if missing:
        raise UsageError(
            f"{missing[0]} is no folder", hint="--repo takes a repository or a folder of sources."
        )
    arms = [
        Arm(url, folder, flags)
        for url, folder in product(list(flags["engines"]) or [""], [None, *flags["prompts"]])
    ]
    cancel = threading.Event()
    with interruptible(cancel), ExitStack() as stack:
        runs = [
            stack.enter_context(open_run(_flags(flags, repo, kind.task), environ=os.environ))
            for repo in repos
        ]
        for arm, run in product(arms, runs):  # what is wrong with the last row is said before the first
            _check(kind, arm.settings(run.root))
        for arm in arms:  # a server that is down, too: drawing may take minutes
            with ExitStack() as short:
                opened(runs[0], arm, short).engine()
        drawn = kind.draw(runs, arms[0], cancel)
        rows = [kind.row(runs, drawn, arm, cancel) for arm in arms if not cancel.is_set()]
        if cancel.is_set():
            return 130
    where = ", ".join(run.root.name for run in runs)
    if flags["plot"]:
        flags["plot"].write_text(kind.as_chart(rows, where), encoding="utf-8")
        click.echo(f"codebot: chart in {flags['plot']}", err=True)
    click.echo(
        kind.as_json(rows, drawn, [str(run.root) for run in runs], flags["seed"])
        if flags["format_"] == "json"
        else kind.as_text(rows, drawn, where),
        nl=False,
    )
    return 0


def opened(base: Run, arm: Arm, stack: ExitStack) -> Run:
    """Return a repository's run with a row's engine and wording; `stack` closes the engine."""
    settings = arm.settings(base.root)
    engine = engine_opener(settings, base.cache, os.environ, stack)
    return replace(base, settings=settings, engine=engine, narrow=True)


def _flags(flags: Mapping[str, Any], repo: str, task: str) -> dict[str, Any]:
    names = (*_SETTINGS, "quiet")
    return {**{name: flags.get(name) for name in names}, "paths": (repo,), "tasks": task}


def _check(kind: Kind[D, R], settings: Settings) -> None:
    if not asked(settings.engine, kind.task):
        raise UsageError(
            f"the packaged model (embedded:) is not asked for {kind.task}: it was not trained for them",
            hint="Name an engine that writes code: --engine URL, or --engine embedded:DIR for a model that "
            "you converted.",
        )
