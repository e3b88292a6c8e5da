"""From a model's answer to an edit of the lines that the syntax tree says hold the fault."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Union

from bot.chunk.edit import line_starts
from bot.data import Rejected, Suggestion
from bot.prompt.family import restore
from bot.prompt.fix import LINES
from bot.tasks.fixes import suggest

if TYPE_CHECKING:
    from bot.data import Completion
    from bot.findings.locate import Located

__all__ = ["read_fix"]

_BLOCK = re.compile(r"```[\w+#.-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)


def read_fix(one: Located, answer: Completion, specials: tuple[str, ...]) -> Union[Suggestion, Rejected]:
    """Return the suggestion that an answer makes, on as few lines as it changes; or why it makes none.

    Args:
        one: The finding that was asked about.
        answer: Text in place of the faulty lines, or of the whole function, as its prompt's purpose says.
        specials: Of the model: its answer may repeat what `neutralise` did to user text.
    """

    def refused(reason: str, detail: str) -> Rejected:
        return Rejected(one.chunk, reason, detail, (answer,))

    text = restore(answer.text, specials)
    if answer.finish == "length":
        return refused("cut-short", "the answer ran into the token limit")
    lines = answer.prompt.purpose == LINES
    first, last = (one.start_line, one.end_line) if lines else (one.first, one.last)
    source, starts = one.change.source, line_starts(one.change.source)
    start, end = starts[first - 1], starts[last]
    old = source[start:end].decode("utf-8", "replace")
    if answer.prompt.form == "chat":
        block = _BLOCK.search(text)
        if block is None:
            return refused("no-answer", "no code block in the answer")
        text = _indented(block[1], old)
    elif lines:
        text = old[: len(old) - len(old.lstrip(" \t"))] + text
    if not text.strip():
        return refused("no-answer", "the answer is empty")
    new = _ended(text, old, one.change.newline)
    edit = _smallest(start, old, new)
    if edit is None:
        return refused("does-not-apply", "the answer is the code as it is")
    return suggest([one], [edit], f"Fix: {one.finding.message}", (answer,))


def _indented(text: str, old: str) -> str:
    """Return a block as deep as the code it stands for: chat models like to start at the margin."""
    margin = re.match(r"[ \t]*", old.lstrip("\n"))
    if not margin or not margin[0] or text.lstrip("\n").startswith(margin[0]):
        return text
    return "\n".join(margin[0] + line if line.strip() else line for line in text.split("\n"))


def _ended(text: str, old: str, newline: str) -> str:
    """Return text with the file's line ends; blank lines at its ends are those of the old text."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "\n".join(line.rstrip() for line in plain.strip("\n").split("\n")).rstrip()
    core = old.replace("\r\n", "\n")
    head = core[: len(core) - len(core.lstrip("\n"))]
    tail = core[len(core.rstrip()) :]
    return (head + plain + tail).replace("\n", newline)


def _smallest(start: int, old: str, new: str) -> tuple[int, int, str] | None:
    """Return the edit without the whole lines at its ends that stay as they are; None if all do."""
    was, now = old.splitlines(keepends=True), new.splitlines(keepends=True)
    head = 0
    while head < min(len(was), len(now)) and was[head] == now[head]:
        head += 1
    tail = 0
    while tail < min(len(was), len(now)) - head and was[-1 - tail] == now[-1 - tail]:
        tail += 1
    if head == len(was) == len(now):
        return None
    first = start + len("".join(was[:head]).encode())
    last = start + len("".join(was[: len(was) - tail]).encode())
    return first, last, "".join(now[head : len(now) - tail])
