"""`--format json`: the contract that other tools build on, described by `schema/codebot-v1.schema.json`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError
from bot.report.escape import clean, utf8
from bot.report.shares import total

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.data import Chunk, Failed, Hint, Rejected, Skipped, Verified
    from bot.ledger import Coverage, Ledger, Review

__all__ = ["VERSION", "load", "path_of", "render"]

VERSION = 1


def render(review: Review) -> str:
    """Return `review` as JSON in ASCII, so that no terminal and no encoding can misread it."""
    return json.dumps(clean(_review(review)), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def load(text: str) -> dict[str, Any]:
    """Return a report that `render` wrote, of this or an earlier codebot.

    Raises:
        UsageError: It is no such report, or of a version that this codebot does not know.
    """
    try:
        report = json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"not JSON: {error}", hint="Make one with codebot annotate --format json."
        ) from error
    version = report.get("version") if isinstance(report, dict) else None
    if version is None or not isinstance(report.get("suggestions"), list):
        raise UsageError("not a codebot report", hint="Make one with codebot annotate --format json.")
    if version != VERSION or isinstance(version, bool):
        raise UsageError(
            f"a report of version {version!r}; this codebot reads {VERSION}", hint="Update codebot."
        )
    return dict(report)


def path_of(entry: Mapping[str, Any]) -> str:
    """Return the path of a report's entry as `Change.path` has it: undecodable bytes by surrogateescape."""
    if "path_bytes" in entry:
        return base64.b64decode(entry["path_bytes"]).decode("utf-8", "surrogateescape")
    return str(entry["path"])


def _review(review: Review) -> dict[str, Any]:
    engine, usage = review.engine, review.ledger.usage
    return {
        "version": VERSION,
        "engine": {"url": engine.url, "model": engine.model, "build": engine.build},
        "ledger": _ledger(review.ledger),
        "tasks": {task: _ledger(ledger) for task, ledger in review.tasks.items()},
        "coverage": _coverage(total(review)),
        "style": review.style,
        "seconds": round(review.seconds, 3),
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "seconds": round(usage.seconds, 3),
        },
        "notes": list(review.notes),
        "suggestions": [_suggestion(v) for v in review.verified],
        "hints": [_hint(r, r.hint) for r in review.hints if r.hint],
        "failed": [_failed(f) for f in review.failed],
        "skipped_files": [_skipped(s) for s in review.skipped_files],
    }


def _ledger(ledger: Ledger) -> dict[str, Any]:
    return {
        "files": ledger.files,
        "chunks": ledger.chunks,
        "completed": ledger.completed,
        "cached": ledger.cached,
        "verified": ledger.verified,
        "rejected": dict(sorted(ledger.rejected.items())),
        "skipped": dict(sorted(ledger.skipped.items())),
        "failed": dict(sorted(ledger.failed.items())),
    }


def _suggestion(verified: Verified) -> dict[str, Any]:
    s = verified.suggestion
    return {
        "id": s.id,
        "task": s.task,
        **_path(s.path),
        "start_line": s.start_line,
        "end_line": s.end_line,
        "replacement": s.replacement,
        "new_file": s.new_file,
        "symbol": s.subject.symbol.qualname if s.subject.symbol else "",
        "covers": [_covered(c) for c in s.covers],
        "language": s.chunk.language,
        "message": s.message,
        "evidence": [{"check": e.check, "passed": e.passed, "detail": e.detail} for e in verified.evidence],
        "usage": {
            "prompt_tokens": sum(c.prompt_tokens for c in s.completions),
            "completion_tokens": sum(c.completion_tokens for c in s.completions),
            "seconds": round(sum(c.seconds for c in s.completions), 6),
        },
    }


def _coverage(found: Coverage) -> dict[str, int]:
    return {"documented": found.documented, "added": found.added, "missing": found.missing}


def _covered(chunk: Chunk) -> dict[str, Any]:
    symbol = chunk.symbol.qualname if chunk.symbol else ""
    return {
        **_path(chunk.change.path),
        "symbol": symbol,
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
    }


def _hint(rejected: Rejected, hint: Hint) -> dict[str, Any]:
    chunk = rejected.chunk
    return {
        "id": hint.id,
        "task": "fix",
        **_path(chunk.change.path),
        "start_line": hint.start_line,
        "end_line": hint.end_line,
        "symbol": chunk.symbol.qualname if chunk.symbol else "",
        "language": chunk.language,
        "tool": hint.tool,
        "rule": hint.rule,
        "message": hint.message,
        "cause": hint.cause,
        "url": hint.url,
        "offer": hint.offer,
        "reason": rejected.reason,
        "detail": rejected.detail,
    }


def _failed(failed: Failed) -> dict[str, Any]:
    chunk = failed.chunk
    return {
        **_path(chunk.change.path),
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
        "symbol": chunk.symbol.qualname if chunk.symbol else "",
        "reason": failed.reason,
        "detail": failed.detail,
    }


def _skipped(skipped: Skipped) -> dict[str, Any]:
    return {**_path(skipped.path), "reason": skipped.reason, "detail": skipped.detail}


def _path(path: str) -> dict[str, str]:
    """Return the path for readers and, where that is not exact, its bytes for tools."""
    if utf8(path) == path:
        return {"path": path}
    raw = path.encode("utf-8", "surrogateescape")
    return {"path": utf8(path), "path_bytes": base64.b64encode(raw).decode("ascii")}
