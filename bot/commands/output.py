"""Where results go: into the files, to standard output, or into a file of their own."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import UsageError
from bot.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.ledger import Review

__all__ = ["show", "show_all", "wanted", "write"]


def wanted(reports: Sequence[str], output: Path | None) -> list[tuple[str, Path]]:
    """Return the format and file of each `--report`, and look at once whether they can be written.

    Raises:
        UsageError: One is not FORMAT=FILE, or a folder is not there: said before the run, not after it.
    """
    found = [_report(each) for each in reports]
    files = [*([output] if output else []), *(file for _, file in found)]
    for number, file in enumerate(files):
        if file in files[:number]:
            raise UsageError(f"{file}: two reports for one file")
        if file.is_dir() or not file.parent.is_dir():
            why = "is a folder" if file.is_dir() else f"there is no folder {file.parent}"
            raise UsageError(f"{file}: {why}", hint="Name a file in a folder that is there.")
    return found


def _report(text: str) -> tuple[str, Path]:
    form, sign, file = text.partition("=")
    if not sign or not file or form not in FORMATS:
        known = ", ".join(FORMATS)
        raise UsageError(f"--report {text}: not FORMAT=FILE", hint=f"The formats are {known}.")
    return form, Path(file)


def write(root: Path, review: Review) -> None:
    """Apply every suggestion, and say on standard error which files changed.

    Raises:
        DriftError: A file changed since it was read; nothing is written.
    """
    from bot.apply import apply  # noqa: PLC0415

    written = apply(root, [verified.suggestion for verified in review.verified])
    what, where = _counted(len(review.verified), "suggestion"), _counted(len(written), "file")
    click.echo(f"codebot: wrote {what} into {where}", err=True)


def show_all(review: Review, reports: Sequence[tuple[str, Path | None]], *, argv: Sequence[str] = ()) -> None:
    """Render a review in each format to its file, or to standard output where that is None.

    Raises:
        UsageError: A file cannot be written; the others are, all the same.
    """
    trouble: UsageError | None = None
    for form, output in reports:
        try:
            show(review, form, output, argv=argv)
        except UsageError as error:
            trouble = trouble or error
    if trouble:
        raise trouble


def show(review: Review, form: str, output: Path | None, *, argv: Sequence[str] = ()) -> None:
    """Render a review to standard output, or whole into `output`.

    Raises:
        UsageError: `output` cannot be written.
    """
    from bot.report import render  # noqa: PLC0415

    command = shlex.join(["codebot", *_without_output(argv)])
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


def _without_output(argv: Sequence[str]) -> Iterator[str]:
    """Yield the arguments that say what to suggest, without those that say what becomes of it."""
    rest = iter(argv)
    for argument in rest:
        if argument in {"--format", "--output", "-o", "--report"}:
            next(rest, None)
        elif argument not in {"--apply", "--check"} and not argument.startswith(
            ("--format=", "--output=", "--report=", "-o")
        ):
            yield argument


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
