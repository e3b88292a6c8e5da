"""What a run found, in the format that was asked for: one module a format, imported when it is needed."""

from __future__ import annotations

import importlib
import io
from typing import IO, TYPE_CHECKING, Any

from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.ledger import Review

__all__ = ["FORMATS", "render"]

# name -> module with `render(review) -> str | bytes`; those in `ASKING` take keywords too
FORMATS: dict[str, str] = {
    "text": "bot.report.text",
    "json": "bot.report.json",
    "patch": "bot.report.patch",
    "sarif": "bot.report.sarif",
    "rdjson": "bot.report.rdjson",
    "markdown": "bot.report.markdown",
    "html": "bot.report.page",
}
ASKING = {
    "text": ("color", "width", "command", "applied", "stream"),
    "markdown": ("command", "applied"),
    "html": ("command", "applied"),
}


def render(
    review: Review,
    format: str = "text",  # noqa: A002 - the word that users know
    *,
    stream: IO[Any],
    color: bool | None = None,
    width: int | None = None,
    command: str = "codebot annotate",
    applied: bool = False,
) -> None:
    """Write `review` to `stream`, which may take text or bytes.

    A patch is bytes, in each file's own encoding and line endings, and goes past the text layer of a
    stream that has one. What the stream's encoding cannot spell is written as a backslash escape.

    Args:
        review: A finished run, sorted.
        format: A name in `FORMATS`.
        stream: Where to write, opened for writing.
        color: Whether to colour text; None: when `stream` is a terminal and NO_COLOR is not set.
        width: Columns of text; None: the terminal's, or 100.
        command: How codebot was called, without --apply, for the lines that say what to do next.
        applied: Whether the suggestions have been written into the files.

    Raises:
        UsageError: There is no such format.
    """
    if format not in FORMATS:
        raise UsageError(f"no format {format!r}", hint=f"There are {', '.join(FORMATS)}.")
    module = importlib.import_module(FORMATS[format])
    known = {"color": color, "width": width, "command": command, "applied": applied, "stream": stream}
    _write(stream, module.render(review, **{name: known[name] for name in ASKING.get(format, ())}))


def _write(stream: IO[Any], made: str | bytes) -> None:
    binary = getattr(stream, "buffer", None)
    if isinstance(made, bytes) and binary is not None:
        stream.flush()
        binary.write(made)
        binary.flush()
    elif isinstance(stream, io.TextIOBase):
        if isinstance(made, bytes):  # text in memory: nothing to be exact for
            made = made.decode("utf-8", "surrogateescape")
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(
            made
            if isinstance(stream, io.StringIO)
            else made.encode(encoding, "backslashreplace").decode(encoding)
        )
    else:
        stream.write(made if isinstance(made, bytes) else made.encode("utf-8", "backslashreplace"))
