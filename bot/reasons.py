"""Why a chunk ended without a suggestion, in words for the report: the keys are what the ledger counts."""

from __future__ import annotations

__all__ = ["FAILURES", "REJECTIONS", "SKIPS"]

# Why something was left out, in words for the report. A reason that is not listed here is a bug.
SKIPS: dict[str, str] = {
    "binary": "binary file",
    "deleted": "deleted in this change",
    "empty": "empty file",
    "excluded": "excluded by --exclude or not matched by --include",
    "generated": "generated file (marked, named or headed as such)",
    "ignored": "listed in .codebotignore",
    "lfs-pointer": "Git LFS pointer; the contents are not here",
    "submodule": "submodule; run codebot inside it",
    "symlink": "symbolic link; its target is read under its own name",
    "too-large": "larger than max_file_bytes",
    "undecodable": "not text in UTF-8 or in a declared encoding",
    "unreadable": "could not be read",
    "vendored": "vendored third-party code",
    "unmerged": "has merge conflicts",
    "unchanged": "not touched by this change",
    "unparsable": "lies in code that does not parse",
    "no-symbol": "holds no function, class or method",
    "documented": "has a docstring already",
    "kind": "a kind of symbol that was not asked for",
    "not-public": "private or nested; set private = true to include it",
    "trivial": "too small to document (stub, overload, property setter, one-line body)",
    "test-code": "test code; set tests = true to include it",
    "continuation": "a later part of an oversize symbol",
    "language": "the engine does not speak this language",
    "no-doc-form": "this kind of file has no doc comments",
    "too-long": "does not fit the model's context even when cut",
    "limit": "beyond --limit",
    "interrupted": "the run was interrupted before its turn",
    "deadline": "the time allowed ran out before its turn",
}
REJECTIONS: dict[str, str] = {
    "no-answer": "the model gave no text",
    "cut-short": "the answer ran into the token limit",
    "tree-changed": "the syntax tree is not identical without the docstring",
    "does-not-parse": "the file no longer parses with the suggestion",
    "signature-mismatch": "documents other names than the signature has",
    "raises-mismatch": "documents an exception that is not raised",
    "returns-mismatch": "claims or omits a return value against the code",
    "convention": "breaks the docstring convention (ruff D, pydoclint)",
    "ungrounded": "names something that occurs nowhere in the code",
    "restates-name": "only restates the name",
    "degenerate": "repetition, prompt debris or boilerplate",
    "contradicts-code": "contradicts what the code does",
    "unconfident": "below the calibrated confidence threshold",
    "unsafe-text": "contains control characters or text that would break out of its quotes",
    "overlap": "would overlap another suggestion",
    "repeated": "the same sentence for several symbols of the file",
}
FAILURES: dict[str, str] = {
    "engine": "the engine reported an error",
    "timeout": "the engine did not answer in time",
    "cancelled": "cancelled",
    "verifier": "a check crashed; the suggestion was not shown",
}
