"""What came of running test files of JavaScript, and the line of an error that says most."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.verify.sandbox import Result

__all__ = ["Report", "telling", "told_error"]

_TELLING = (  # the likeliest first
    r"\b\w*Error\b(?: \[\w+\])?: .+",
    r"error.{0,5} TS\d+.*",
    r"Cannot find .*",
    r".*\bis not defined.*",
)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of running test files."""

    results: Mapping[tuple[str, str], str] = field(default_factory=dict)  # by file and name; "" passed
    problem: str = ""  # of all of them: what kept them from running

    def of(self, path: str, title: str) -> str | None:
        """Return a test's error, "" where it passed, None where it did not run."""
        return self.results.get((path, title))

    def broken(self, path: str) -> str:
        """Return why a file did not load."""
        named = {"", path, path.rpartition("/")[2]}
        for (file, title), error in self.results.items():
            if file == path and (title in named or title.endswith(path)) and error:
                return telling(error)
        return self.problem


def told_error(result: Result) -> str:
    """Return what a run came down to, in a line."""
    text = (result.stderr + b"\n" + result.stdout).decode("utf-8", "replace")
    found = telling(text)
    if found or result.ended == "exit":
        return found or f"it ended with status {result.code} and said nothing"
    return f"{result.ended} {result.detail}".strip()


def telling(text: str) -> str:
    """Return the line of an error's text that says most."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    found = next(filter(None, (re.search(each, text) for each in _TELLING)), None)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (found[0].strip() if found else lines[-1] if lines else "")[:200]
