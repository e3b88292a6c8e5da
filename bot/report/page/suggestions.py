"""The suggestions of a page: by file, each with its diff in pieces, its checks and what it cost."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bot.report.diff import first_line, source_lines, suggested
from bot.report.escape import visible
from bot.report.page.highlight import highlight
from bot.report.prose import CHECKS, LABELS, TOLD
from bot.report.summary import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.data import Suggestion, Verified
    from bot.report.diff import Hunk

__all__ = ["files_of", "filters", "spans"]

TELLING = frozenset(
    {"untested", "reaches", "catches", "examples-run", "examples-cut"}
)  # checks whose result differs much
CONTEXT = 3  # unchanged lines around a change
TAGS = {"+": "ins", "-": "del", " ": "span"}
_CODE = re.compile(r"`([^`\n]+)`")


def files_of(verified: Sequence[Verified]) -> list[dict[str, Any]]:
    """Return the files that have suggestions, in order, with all there is to show of them."""
    found = []
    for number, (path, group) in enumerate(groupby(verified, key=lambda v: v.suggestion.path)):
        several = list(group)
        lines, feed = source_lines(several[0].suggestion.chunk.change)
        found.append(
            {
                "key": path,
                "path": visible(path),
                "anchor": f"file-{number}",
                "count": len(several),
                "suggestions": [
                    _suggestion(v, lines, feed, f"suggestion-{number}-{index}")
                    for index, v in enumerate(several)
                ],
            }
        )
    return found


def filters(files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a reader can filter by, and how many suggestions each choice leaves, if not all."""
    choices = {
        "task": Counter(s["task"] for file in files for s in file["suggestions"]),
        "file": Counter({file["path"]: file["count"] for file in files}),
        "language": Counter(s["language"] for file in files for s in file["suggestions"]),
    }
    titles = {"task": "Task", "file": "File", "language": "Language"}
    return [
        {"key": key, "title": titles[key], "options": list(found.items())}
        for key, found in choices.items()
        if len(found) > 1
    ]


def _suggestion(verified: Verified, lines: Sequence[str], feed: str, anchor: str) -> dict[str, Any]:
    s = verified.suggestion
    symbol = s.subject.symbol
    found = list(suggested(s, lines, feed, CONTEXT))
    checks = [_check(e.check, e.detail, passed=e.passed) for e in verified.evidence]
    return {
        "id": visible(s.id),
        "anchor": anchor,
        "task": s.task,
        "language": visible(s.chunk.language),
        "symbol": (visible(symbol.qualname) if symbol is not None else "") or "module",
        "where": "new file" if s.new_file else f"line {first_line(s, found)}",
        # the heading says so already where a docstring is just missing
        "message": [] if s.message.startswith("Document ") else spans(s.message),
        "rows": list(_rows(s, found)),
        "added": True,
        "checks": checks,
        "proof": _proof(checks),
        "cost": _cost(s),
    }


def spans(text: str) -> list[str]:
    """Return a sentence in pieces, of which every other one is code: what it has in backticks."""
    return _CODE.split(visible(text))


def _rows(s: Suggestion, found: Sequence[Hunk[str]]) -> Iterator[dict[str, Any]]:
    """Yield the lines of the diff; a line that stays or comes has its number in the new file."""
    for index, hunk in enumerate(found):
        if index:
            yield {"tag": "s", "number": "", "tokens": [("", "⋮")]}
        code = [visible(line.rstrip("\r\n"), keep="\t").rstrip() for _, line in hunk.lines]
        old, new = hunk.old, hunk.new
        for (mark, _), pieces in zip(hunk.lines, highlight(code, s.chunk.language), strict=True):
            old, new = old + (mark != "+"), new + (mark != "-")
            yield {"tag": TAGS[mark], "number": old if mark == "-" else new, "tokens": pieces}


def _check(name: str, detail: str, *, passed: bool) -> dict[str, str]:
    state = "untested" if name in LABELS else "yes" if passed else "no"
    if name in TOLD:
        return {"name": name, "words": visible(detail), "state": state, "detail": ""}
    words = CHECKS.get(name, visible(name.replace("-", " ")))
    shown = visible(detail).removeprefix("confidence ")
    return {"name": name, "words": words, "state": state, "detail": shown}


def _proof(checks: Sequence[dict[str, str]]) -> str:
    """Return how many checks passed, then what differs: how sure the model is, what a test reaches."""
    ran = [check["state"] == "yes" for check in checks if check["state"] != "untested"]
    few = "" if all(ran) else f"{sum(ran)} of "
    told = [f"confidence {check['detail']}" for check in checks if check["name"] == "confidence"]
    told += [check["words"] for check in checks if check["name"] in TELLING]
    return " · ".join([f"{few}{plural(len(ran), 'check')} passed", *told])


def _cost(s: Suggestion) -> str:
    if not s.completions:
        return "Made without the model."
    asked = sum(c.prompt_tokens for c in s.completions)
    answered = sum(c.completion_tokens for c in s.completions)
    known = " when it was first asked" if all(c.cached for c in s.completions) else ""
    seconds = sum(c.seconds for c in s.completions)
    return f"{asked:,} tokens read, {answered:,} written, {seconds:.2f} s of the engine{known}."
