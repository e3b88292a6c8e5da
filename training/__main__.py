"""`python -m training STEP`: each step reads what the one before it wrote."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from training.config import ConfigError, load, section

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# step: the class of its settings. Module and function are named as the step is; imported when it runs,
# since one machine seldom has what all steps need.
STEPS = {"start": "Start", "pack": "Pack", "train": "Train"}
_DEFAULT = Path(__file__).with_name("config.toml")


@click.command()
@click.argument("step", type=click.Choice(list(STEPS)))
@click.option("--config", type=click.Path(path_type=Path), default=_DEFAULT, show_default=True)
@click.option(
    "--set", "changes", multiple=True, metavar="TABLE.KEY=VALUE", help="A setting in place of the file's."
)
@click.option("--minutes", type=float, help="Short for --set train.minutes=: the run ends by then.")
def main(step: str, config: Path, changes: Sequence[str], minutes: float | None) -> None:
    """Make the embedded model, a step at a time."""
    more = [*changes] + ([f"train.minutes={minutes}"] if minutes else [])
    try:
        tables = load(config, more)
        work = Path(str(tables.pop("work", {}).get("folder", "build/training")))
        module = import_module(f"training.{step}")
        settings = section(tables, step, getattr(module, STEPS[step]))
        done = getattr(module, step)(settings, work)
    except (ConfigError, FileNotFoundError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}: pip install --group train") from error
    click.echo(json.dumps(done, indent=1))


if __name__ == "__main__":
    sys.exit(main())
