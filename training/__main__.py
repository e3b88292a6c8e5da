"""`python -m training STEP`: each step reads what the one before it wrote."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import CodebotError
from training.config import load, section

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# step: module, class of its settings, function. Imported when it runs: no machine has what all steps need.
STEPS = {
    "discover": ("corpus", "Discover", "discovered"),
    "prepare": ("corpus", "Prepare", "prepared"),
    "items": ("items", "Items", "items"),
    "teach": ("teach", "Teach", "teach"),
    "start": ("start", "Start", "start"),
    "examples": ("examples", "Examples", "examples"),
    "rehearse": ("rehearse", "Rehearse", "rehearse"),
    "pack": ("pack", "Pack", "pack"),
    "train": ("train", "Train", "train"),
    "prompts": ("prompts", "Prompts", "prompts"),
    "prefer": ("prefer", "Prefer", "prefer"),
    "export": ("export", "Export", "export"),
    "evaluate": ("evaluate", "Evaluate", "evaluate"),
}
_DEFAULT = Path(__file__).with_name("config.toml")


@click.command()
@click.argument("step", type=click.Choice(list(STEPS)))
@click.option("--config", type=click.Path(path_type=Path), default=_DEFAULT, show_default=True)
@click.option(
    "--set", "changes", multiple=True, metavar="TABLE.KEY=VALUE", help="A setting in place of the file's."
)
@click.option("--minutes", type=float, help="Short for --set STEP.minutes=: the run ends by then.")
def main(step: str, config: Path, changes: Sequence[str], minutes: float | None) -> None:
    """Make the embedded model, a step at a time."""
    more = [*changes] + ([f"{step}.minutes={minutes}"] if minutes else [])
    try:
        tables = load(config, more)
        work = Path(str(tables.pop("work", {}).get("folder", "build/training")))
        work.mkdir(parents=True, exist_ok=True)
        name, kind, function = STEPS[step]
        module = import_module(f"training.{name}")
        done = getattr(module, function)(section(tables, step, getattr(module, kind)), work)
    except (OSError, ValueError, CodebotError) as error:
        raise click.ClickException(str(error)) from error
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}: pip install --group train") from error
    click.echo(json.dumps(done, indent=1))


if __name__ == "__main__":
    sys.exit(main())
