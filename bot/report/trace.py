"""One outcome traced back for `codebot explain`: chunk, context, exact prompts, answers, every check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.data import Completion, Outcome, Rejected, Snippet, Task, Verified
from bot.tasks.identity import symbol_id

if TYPE_CHECKING:
    from bot.data import Chunk
    from bot.ports import EngineInfo

__all__ = ["trace"]


def trace(outcome: Outcome, engine: EngineInfo, task: Task = "docstring") -> dict[str, Any] | None:
    """Return what there is to tell of a task's outcome, as JSON values; None where nothing was made."""
    if not isinstance(outcome, (Verified, Rejected)):
        return None
    suggestion = outcome.suggestion
    chunk = suggestion.subject if suggestion else outcome.chunk  # type: ignore[union-attr] # Rejected has one
    if chunk.symbol is None:
        return None
    completions = suggestion.completions if suggestion else outcome.completions  # type: ignore[union-attr]
    rejected = isinstance(outcome, Rejected)
    return {
        "id": _id(outcome, chunk, task),
        "task": task,
        "outcome": "rejected" if rejected else "verified",
        "reason": outcome.reason if isinstance(outcome, Rejected) else "",
        "detail": outcome.detail if isinstance(outcome, Rejected) else "",
        "path": chunk.change.path,
        "symbol": chunk.symbol.qualname,
        "language": chunk.language,
        "lines": [chunk.start_line, chunk.end_line],
        "chunk": chunk.text,
        "engine": {"url": engine.url, "model": engine.model, "build": engine.build},
        "asked": [_asked(completion) for completion in completions],
        "edited": suggestion.path if suggestion else "",
        "replacement": suggestion.replacement if suggestion else "",
        "edit": [suggestion.start_line, suggestion.end_line] if suggestion else [],
        "evidence": [{"check": e.check, "passed": e.passed, "detail": e.detail} for e in outcome.evidence],
    }


def _id(outcome: Verified | Rejected, chunk: Chunk, task: Task) -> str:
    if isinstance(outcome, Rejected) and outcome.hint:
        return outcome.hint.id
    if outcome.suggestion:
        return outcome.suggestion.id
    return symbol_id(task, chunk.change, chunk.symbol) if chunk.symbol else ""


def _asked(completion: Completion) -> dict[str, Any]:
    prompt = completion.prompt
    return {
        "purpose": prompt.purpose,
        "wording": prompt.wording,
        "included": [_snippet(s) for s in prompt.context.included],
        "cut": [_snippet(s) for s in prompt.context.cut],
        "prompt": prompt.text,
        "prompt_tokens": completion.prompt_tokens,
        "answer": completion.text,
        "completion_tokens": completion.completion_tokens,
        "finish": completion.finish,
        "mean_logprob": completion.mean_logprob,
        "seconds": completion.seconds,
        "cached": completion.cached,
    }


def _snippet(snippet: Snippet) -> dict[str, Any]:
    return {"kind": snippet.kind, "path": snippet.path, "symbol": snippet.symbol, "text": snippet.text}
