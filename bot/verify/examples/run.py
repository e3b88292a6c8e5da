"""Doctest examples of one module, run in the sandbox: what each gave, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.chunk.encoding import encode

if TYPE_CHECKING:
    from bot.data import Change
    from bot.verify.sandbox import Sandbox

__all__ = ["Ran", "run_examples"]

_FOLDER = ".codebot"
_SCRIPT = "codebot_doctest.py"


@dataclass(frozen=True, slots=True)
class Ran:
    """One example that ran."""

    name: str  # of what it documents: "package.module.Class.method"
    line: int  # of its prompt, in the file or in the given text
    source: str  # code without prompts
    want: str
    ok: bool
    got: str  # what it printed, or the exception in a line
    raised: str = ""  # the exception's name
    frame: int = 0  # innermost line of the file itself in its traceback; 0: none


def run_examples(
    sandbox: Sandbox, change: Change, source: bytes, *, text: str | None = None, seed: int = 0, seconds: float
) -> list[Ran] | str:
    """Run examples in a fresh process, in the namespace of the module that a file is.

    Args:
        sandbox: Over the repository.
        change: The file.
        source: Its text, in UTF-8.
        text: The examples; None: all that the module's docstrings have.
        seed: Of hashes, so of the order of sets.
        seconds: Wall time for all of it.

    Returns:
        What came of each, in order; or why the module cannot be imported or the process did not end well.
    """
    from bot.verify.sandbox import Limits  # noqa: PLC0415 - only where there is something to run

    script = files("bot.verify.examples") / "inside" / _SCRIPT
    done = sandbox.run(
        ["python", f"{_FOLDER}/{_SCRIPT}"],
        files={
            change.path: encode(source, change.encoding),
            f"{_FOLDER}/{_SCRIPT}": script.read_bytes(),
            f"{_FOLDER}/request.json": json.dumps({"path": change.path, "text": text}).encode(),
        },
        env={"PYTHONHASHSEED": str(seed)},
        limits=Limits(seconds=seconds, cpu_seconds=max(1, int(seconds))),
        outputs=[f"{_FOLDER}/report.json"],
    )
    told = done.files.get(f"{_FOLDER}/report.json")
    if told is None:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return done.detail or (said[-1] if said else f"the process ended with status {done.code}")
    return _read(told)


def _read(told: bytes) -> list[Ran] | str:
    """Read a report. It comes from where hostile code ran, so only its form is relied on."""
    try:
        data = json.loads(told)
        problem = str(data["problem"]).strip()
        found = [
            Ran(
                str(row["name"]),
                int(row["line"]),
                str(row["source"]),
                str(row["want"]),
                row["ok"] is True,
                str(row["got"]).strip("\n"),
                str(row["raised"]),
                int(row["frame"]),
            )
            for row in data["examples"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "the examples left no readable report"
    return problem.splitlines()[-1] if problem else found
