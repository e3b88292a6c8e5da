"""Code that a model wrote runs here and nowhere else: a command over a throwaway copy of the repository.

The copy is the repository itself, seen through an overlay whose writes go to memory and vanish with the
process; where namespaces are forbidden it is a copy on disk. In it there is no network, no home folder, no
environment, no other process, and limits on everything that can be used up. `available` tells what this
machine offers, and what that does not hold, in words.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.verify.sandbox.backend import BACKENDS
from bot.verify.sandbox.model import Ended, Limits, Result
from bot.verify.sandbox.place import Backend, Support
from bot.verify.sandbox.python import Interpreter, find_python
from bot.verify.sandbox.room import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "SANDBOX_HINT",
    "Ended",
    "Interpreter",
    "Limits",
    "Result",
    "Sandbox",
    "Support",
    "available",
    "find_python",
    "open_sandbox",
]

SANDBOX_HINT = (
    "On Linux: pip install 'codebot[sandbox]', or bubblewrap 0.11 or newer, where user namespaces are "
    "allowed. Elsewhere Landlock is enough: Linux 6.2 or newer, and a container runtime that lets it through."
)


def available() -> list[Support]:
    """Try every kind of sandbox there is, the strongest first; the last one isolates nothing."""
    return [backend.support() for backend in BACKENDS]


@contextmanager
def open_sandbox(
    root: Path,
    *,
    python: Interpreter | None = None,
    limits: Limits | None = None,
    isolated: bool = True,
    visible: Sequence[Path] = (),
    environ: Mapping[str, str] | None = None,
    backend: Backend | None = None,
) -> Iterator[Sandbox]:
    """Open a sandbox over the repository at `root`; its files are never written.

    Args:
        root: The repository. It appears under its own path, so that editable installs still point to it.
        python: The project's interpreter, by `find_python`; default: what that finds for `root`.
        limits: For every run that does not bring its own.
        isolated: False runs commands over a copy of the files without any isolation (`--no-sandbox`).
        visible: Further folders and files that commands may read, such as another language's tools.
        environ: Variables that every run gets beside the fixed few; the caller's own are never passed on.
        backend: The kind of sandbox; default: the strongest that works here.

    Raises:
        UsageError: No sandbox works here and `isolated` was asked for; the message says why.
    """
    backend = backend or _choose(isolated=isolated)
    interpreter = python or find_python(root)
    with backend.prepare(root.resolve(), [*interpreter.visible, *visible]) as place:
        yield Sandbox(backend, place, interpreter, limits or Limits(), dict(environ or {}))


def _choose(*, isolated: bool) -> Backend:
    why = []
    for backend in BACKENDS:
        if backend.isolates != isolated:
            continue
        support = backend.support()
        if support.works:
            return backend
        why.append(f"{support.name}: {support.detail}")
    raise UsageError(
        "no sandbox works on this machine, so code from a model is not run (" + "; ".join(why) + ")",
        hint=f"{SANDBOX_HINT} --no-sandbox runs it all the same, with nothing between it and you.",
    )
