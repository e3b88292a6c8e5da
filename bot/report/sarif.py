"""`--format sarif`: SARIF 2.1.0 for code scanning and for editors, every suggestion with its fix.

Regions name whole lines, without columns: by the standard that is the text without its last line ending, in
whatever unit a reader counts columns. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot import __version__
from bot.reasons import FAILURES
from bot.report.escape import clean, visible
from bot.report.fingerprint import line_hashes
from bot.report.hints import why
from bot.report.places import countable, place, text_of_lines
from bot.report.prose import evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Chunk, Failed, Hint, Rejected, Suggestion, Verified
    from bot.ledger import Review

__all__ = ["render"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 25_000  # code scanning refuses a file with more
RULES = {  # task -> name, in short, in full, level, tags
    "docstring": (
        "MissingDocstring",
        "A public symbol lacks a docstring",
        "The docstring in the fix leaves the syntax tree as it is and matches the signature. Read it first.",
        "note",
        ["documentation", "maintainability"],
    ),
    "test": (
        "MissingTest",
        "A function lacks a test",
        "The test in the fix passes on the code as it is and fails when the code is broken.",
        "note",
        ["test", "maintainability"],
    ),
    "fix": (
        "FixableFinding",
        "A finding of a linter, with a fix",
        "The fix makes the finding go away and brings no new one.",
        "warning",
        ["maintainability"],
    ),
    "hint": (
        "Finding",
        "A finding of a linter, without a fix that could be proven",
        "There is no fix, or it failed a check; the message says which.",
        "warning",
        ["maintainability"],
    ),
}


def render(review: Review) -> str:
    """Return `review` as a SARIF log in ASCII."""
    shown = review.verified[:RESULTS]
    hints = [(r, r.hint) for r in review.hints[: RESULTS - len(shown)] if r.hint]
    prints = _fingerprints(shown)
    tasks = list(RULES)
    run = {
        "tool": {
            "driver": {
                "name": "codebot",
                "semanticVersion": __version__,
                "rules": [_rule(task) for task in tasks],
            }
        },
        "columnKind": "utf16CodeUnits",
        "invocations": [_invocation(review)],
        "results": [
            *(_result(v, tasks.index(v.suggestion.task), prints) for v in shown),
            *(_hint(rejected, hint, tasks.index("hint")) for rejected, hint in hints),
        ],
        "properties": {
            "engine": {"url": review.engine.url, "model": review.engine.model, "build": review.engine.build},
            "chunks": review.ledger.chunks,
            "verified": review.ledger.verified,
            "rejected": review.ledger.rejected.total(),
            "skipped": review.ledger.skipped.total(),
            "failed": review.ledger.failed.total(),
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(clean(log), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _rule(task: str) -> dict[str, Any]:
    name, short, full, level, tags = RULES[task]
    return {
        "id": f"codebot/{task}",
        "name": name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": f"{full}\n\ncodebot explain ID traces a suggestion back to its prompt and checks."},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": tags, "problem.severity": "recommendation" if level == "note" else level},
    }


def _result(verified: Verified, rule: int, prints: dict[tuple[str, int], str]) -> dict[str, Any]:
    s = verified.suggestion
    where = place(s)
    exact = countable(s.chunk.change) and countable(s.subject.change)
    known = prints.get((where.path, where.start)) if exact else None
    return {
        "ruleId": f"codebot/{s.task}",
        "ruleIndex": rule,
        "level": RULES[s.task][3],
        "message": {"text": _message(verified)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(where.path),
                    "region": _region(where.start, where.end) if exact else {"startLine": 1},
                },
                **_logical(s.subject),
            }
        ],
        "partialFingerprints": {
            "codebotSuggestion/v1": visible(s.id),
            **({"primaryLocationLineHash": known} if known else {}),
        },
        "fixes": [_fix(s)] if exact else [],
        "properties": {
            "language": visible(s.chunk.language),
            "evidence": [
                {"check": visible(e.check), "passed": e.passed, "detail": visible(e.detail)}
                for e in verified.evidence
            ],
        },
    }


def _hint(rejected: Rejected, hint: Hint, rule: int) -> dict[str, Any]:
    change = rejected.chunk.change
    region = _region(hint.start_line, hint.end_line) if countable(change) else {"startLine": 1}
    known = line_hashes(change.raw, {hint.start_line}).get(hint.start_line) if countable(change) else None
    text = f"{visible(hint.label)}: {visible(hint.message)}. Not mended: {why(rejected, hint)}"
    return {
        "ruleId": "codebot/hint",
        "ruleIndex": rule,
        "level": RULES["hint"][3],
        "message": {"text": _without_links(text)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": _artifact(change.path), "region": region},
                **_logical(rejected.chunk),
            }
        ],
        "partialFingerprints": {
            "codebotSuggestion/v1": visible(hint.id),
            **({"primaryLocationLineHash": known} if known else {}),
        },
        "properties": {"tool": visible(hint.tool), "rule": visible(hint.rule)},
    }


def _message(verified: Verified) -> str:
    """Return what a viewer shows of a result."""
    s = verified.suggestion
    checks = ", ".join(evidence(verified.evidence)).replace("\xa0", " ").replace("✓ ", "")
    text = f"{visible(s.message)}. Checked: {checks}. More: codebot explain {visible(s.id)}"
    return _without_links(text)


def _without_links(text: str) -> str:
    """Return a message with backslashes where its brackets would be read as a link."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") if "](" in text else text


def _logical(chunk: Chunk) -> dict[str, Any]:
    symbol = chunk.symbol
    if symbol is None or not symbol.qualname:
        return {}
    kind = "member" if symbol.kind == "method" else "type" if symbol.kind == "class" else symbol.kind
    name = {"name": visible(symbol.name)} if symbol.name else {}
    return {"logicalLocations": [{**name, "fullyQualifiedName": visible(symbol.qualname), "kind": kind}]}


def _fix(s: Suggestion) -> dict[str, Any]:
    if s.new_file:
        region, text = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}, s.replacement
    else:
        region, text = _region(s.start_line, s.end_line), text_of_lines(s)
    return {
        "description": {"text": visible(s.message)},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(s.path),
                "replacements": [{"deletedRegion": region, "insertedContent": {"text": text}}],
            }
        ],
    }


def _region(start: int, end: int) -> dict[str, int]:
    return {"startLine": start, "endLine": end}


def _artifact(path: str) -> dict[str, str]:
    """Return a path as a relative reference; ":" is escaped too, else a first folder could be a scheme."""
    return {"uri": quote(path.encode("utf-8", "surrogateescape"), safe="/"), "uriBaseId": "%SRCROOT%"}


def _fingerprints(verified: Sequence[Verified]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = defaultdict(set)
    raw = {}
    for v in verified:
        where = place(v.suggestion)
        wanted[where.path].add(where.start)
        raw[where.path] = v.suggestion.subject.change.raw
    return {
        (path, line): value
        for path, lines in wanted.items()
        for line, value in line_hashes(raw[path], lines).items()
    }


def _invocation(review: Review) -> dict[str, Any]:
    told: list[dict[str, Any]] = [_failure(failed) for failed in review.failed[:RESULTS]]
    told += [{"level": "note", "message": {"text": visible(note)}} for note in review.notes]
    if (count := len(review.verified) + len(review.hints)) > RESULTS:
        text = f"{count - RESULTS} results are left out: code scanning takes {RESULTS}."
        told.append({"level": "warning", "message": {"text": text}})
    worked = not review.failed or bool(review.verified or review.ledger.rejected)
    return {"executionSuccessful": worked, "toolExecutionNotifications": told}


def _failure(failed: Failed) -> dict[str, Any]:
    chunk = failed.chunk
    detail = f": {visible(failed.detail)}" if failed.detail else ""
    location = {
        "physicalLocation": {
            "artifactLocation": _artifact(chunk.change.path),
            "region": _region(chunk.start_line, chunk.end_line),
        }
    }
    return {
        "level": "error",
        "message": {"text": f"{FAILURES.get(failed.reason, failed.reason)}{detail}"},
        "locations": [location],
    }
