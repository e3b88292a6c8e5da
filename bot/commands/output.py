"""Where results go: into the files, to standard output, or into a file of their own."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from typing import TYPE_CHECKING

import click

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.ledger import Review

__all__ = ["show", "write"]


def write(root: Path, review: Review) -> None:
    """Apply every suggestion, and say on standard error which files changed.

    Raises:
        DriftError: A file changed since it was read; nothing is written.
    """
    from bot.apply import apply  # noqa: PLC0415

    written = apply(root, [verified.suggestion for verified in review.verified])
    what, where = _counted(len(review.verified), "suggestion"), _counted(len(written), "file")
    click.echo(f"codebot: wrote {what} into {where}", err=True)


def show(review: Review, form: str, output: Path | None, *, argv: Sequence[str] = ()) -> None:
    """Render a review to standard output, or whole into `output`.

    Raises:
        UsageError: `output` cannot be written.
    """
    from bot.report import render  # noqa: PLC0415

    command = shlex.join(["codebot", *(a for a in argv if a not in {"--apply", "--check"})])
    applied = "--apply" in argv
    if output is None:
        render(review, form, stream=sys.stdout, command=command, applied=applied)
        return
    try:
        # beside the target, then renamed: a reader never sees half a report
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                render(review, form, stream=stream, color=False, command=command, applied=applied)
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, output)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from error
    click.echo(f"codebot: {_counted(len(review.verified), 'suggestion')} in {output}", err=True)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
