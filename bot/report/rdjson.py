"""`--format rdjson`: for reviewdog, which posts to GitHub, GitLab, Gitea, Bitbucket and Gerrit.

Ranges name whole lines, without columns: the text in their place has no last line ending, and every forge
takes it as it is. https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.report.escape import clean, visible
from bot.report.hints import why
from bot.report.md import code, cut, fence, prose
from bot.report.places import countable, place, text_of_lines
from bot.report.prose import evidence

if TYPE_CHECKING:
    from bot.data import Hint, Rejected, Verified
    from bot.ledger import Review

__all__ = ["render"]

SEVERITY = {"docstring": "INFO", "test": "INFO", "fix": "WARNING"}
FILE = 50_000  # bytes of a new file in a message: forges refuse comments of more than 65,536


def render(review: Review) -> str:
    """Return `review` as one DiagnosticResult, in ASCII."""
    result = {
        "source": {"name": "codebot"},
        "diagnostics": [
            *(_diagnostic(verified) for verified in review.verified),
            *(_hint(rejected, rejected.hint) for rejected in review.hints if rejected.hint),
        ],
    }
    return json.dumps(clean(result), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _diagnostic(verified: Verified) -> dict[str, Any]:
    s = verified.suggestion
    where = place(s)
    exact = countable(s.chunk.change) and countable(s.subject.change)
    found: dict[str, Any] = {
        "message": _message(verified),
        "location": {
            "path": where.path,
            "range": _lines(where.start, where.end) if exact else _lines(1, 1),
        },
        "severity": SEVERITY[s.task],
        "code": {"value": s.task},
    }
    if exact and not s.new_file:
        text = text_of_lines(s)
        found["suggestions"] = [{"range": _lines(s.start_line, s.end_line), "text": text}]
    return found


def _hint(rejected: Rejected, hint: Hint) -> dict[str, Any]:
    exact = countable(rejected.chunk.change)
    return {
        "message": f"{prose(hint.message)}\n\nNot mended: {prose(why(rejected, hint))}",
        "location": {
            "path": rejected.chunk.change.path,
            "range": _lines(hint.start_line, hint.end_line) if exact else _lines(1, 1),
        },
        "severity": "WARNING",
        "code": {"value": visible(hint.label)},
    }


def _lines(start: int, end: int) -> dict[str, Any]:
    return {"start": {"line": start}, "end": {"line": end}}


def _message(verified: Verified) -> str:
    """Return the comment's Markdown: what, why it may be trusted, and a new file as a whole."""
    s = verified.suggestion
    checks = " · ".join(prose(check.replace("\xa0", " ")) for check in evidence(verified.evidence))
    parts = [prose(s.message), checks, f"More: {code(f'codebot explain {s.id}')}"]
    if s.new_file:
        parts.insert(1, f"New file {code(s.path)}:\n\n{fence(cut(s.replacement, FILE), s.chunk.language)}")
    return "\n\n".join(part for part in parts if part)
