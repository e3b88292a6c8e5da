"""Commands in comments, read by a grammar so small that nothing in a comment can be more than a choice.

    /codebot docstrings|tests|fixes [path]     /codebot explain|dismiss|apply [id]     /codebot help

A comment picks a verb from a table, a path that must be in the pull request, or the start of an identifier.
It never becomes an instruction to the model, an option, a file outside the repository or an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union

__all__ = ["HELP", "TASKS", "Ask", "Unclear", "in_scope", "parse"]

TASKS = ("docstrings", "tests", "fixes")
_ABOUT_ONE = ("explain", "dismiss", "apply")
_IDENTITY = re.compile(r"[0-9a-f]{6,12}")
_LONGEST = 400  # characters of the line

HELP = """\
| comment | what happens |
|---|---|
| `/codebot docstrings [path]`, also `tests`, `fixes` | suggest these, for a file or folder if one is named |
| `/codebot explain ID` | how a suggestion came about: engine, prompt, every check |
| `/codebot dismiss ID` | never show it again |
| `/codebot apply ID` | push a commit with it, where I may |
| `/codebot help` | this table |

In reply to a suggestion the ID can be left out. I listen to people who may write to the repository."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A command: `argument` is a path for a task, the start of an identity for the others, or empty."""

    verb: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """A comment that addresses us, but says nothing that we know."""

    why: str


def parse(body: str) -> Union[Ask, Unclear, None]:  # noqa: PLR0911 - one return for each thing that can be wrong
    """Return what a comment asks for; None where it does not address us in its first line."""
    line = next((each for each in body.splitlines() if each.strip()), "")
    words = line.split()
    if not line.startswith("/codebot") or words[0] != "/codebot":
        return None
    if len(line) > _LONGEST or not line.isprintable():
        return Unclear("that line is too long or holds characters that cannot be seen")
    verb, *rest = words[1:] or ["help"]
    if verb not in (*TASKS, *_ABOUT_ONE, "help"):
        return Unclear("there is no such command")
    if len(rest) > 1:
        return Unclear("a command takes one word at most; paths with spaces cannot be named here")
    argument = rest[0] if rest else ""
    if verb in TASKS and argument and not _path(argument):
        return Unclear("a path has to be relative, inside the repository, and written with /")
    if verb in _ABOUT_ONE and argument and not _IDENTITY.fullmatch(argument):
        return Unclear("a suggestion is named by the six letters and digits that stand below it")
    return Ask(verb, argument.strip("/") if verb in TASKS else argument if verb != "help" else "")


def in_scope(path: str, scope: str) -> bool:
    """Whether a file of the pull request is the one, or in the folder, that a command names."""
    return not scope or path == scope or path.startswith(scope + "/")


def _path(text: str) -> bool:
    parts = text.rstrip("/").split("/")
    return not text.startswith(("-", "/", "~", ":")) and "\\" not in text and not {"", ".", ".."} & set(parts)
