"""ESLint's own JSON, which has the fixes that ESLint would make; its SARIF leaves them out.

Source: https://eslint.org/docs/latest/use/formatters/ and the type `LintMessage` of its Node.js API. Lines
and columns count from 1, columns and ranges count UTF-16 code units.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.findings.finding import Finding, Region, Replace, ToolFix, clipped
from bot.findings.paths import inside

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_eslint", "read"]

_TOOL = "eslint"
_SYNTAX = "parsing-error"
_LINE = re.compile(r"\r\n|[\r\n]")
_RULES = "https://eslint.org/docs/latest/rules/"


def is_eslint(data: object) -> bool:
    """Whether parsed JSON is what `eslint --format json` (or `json-with-metadata`) writes."""
    rows = data.get("results") if isinstance(data, dict) and "metadata" in data else data
    return isinstance(rows, list) and all(
        isinstance(row, dict) and {"filePath", "messages"} <= row.keys() for row in rows
    )


def read(data: Any, root: str) -> tuple[list[Finding], int]:  # noqa: ANN401 - parsed JSON
    """Return ESLint's findings, and how many name a file outside of the repository.

    What is about no line, such as that a file is ignored, is left out.

    Raises:
        ValueError: It is not ESLint's JSON; the text says what is missing.
    """
    found, strangers = [], 0
    try:
        rows, rules = (data, {}) if isinstance(data, list) else (data["results"], data["metadata"])
        known = (rules.get("rulesMeta") or {}) if rules else {}
        for row in rows:
            path = inside(str(row["filePath"]), root)
            text = row.get("source")
            messages = [each for each in row["messages"] if each.get("ruleId") or each.get("fatal")]
            if path is None:
                strangers += len(messages)
                continue
            for each in messages:
                docs = (known.get(each.get("ruleId")) or {}).get("docs") or {}
                found.append(_finding(each, path, text if isinstance(text, str) else "", docs))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"finding {len(found) + 1} has no usable {error}") from error
    return found, strangers


def _finding(row: Mapping[str, Any], path: str, text: str, docs: Mapping[str, Any]) -> Finding:
    rule = str(row.get("ruleId") or _SYNTAX)
    return Finding(
        tool=_TOOL,
        rule=rule,
        message=clipped(str(row["message"])),
        path=path,
        region=Region(
            max(1, int(row.get("line") or 1)),
            int(row.get("column") or 0),
            int(row.get("endLine") or 0),
            int(row.get("endColumn") or 0),
            "utf16",
        ),
        fix=_fix(row, text),
        url=f"{_RULES}{rule}" if re.fullmatch(r"[a-z-]+", rule) and rule != _SYNTAX else "",
        output=clipped(str(docs.get("description") or "")),
    )


def _fix(row: Mapping[str, Any], text: str) -> ToolFix | None:
    """Return the fix of a message, else the first that it suggests: those may change what the code does."""
    if fix := row.get("fix"):
        edits = _edits(fix, text)
        return ToolFix(edits, safe=True) if edits else None
    for suggestion in row.get("suggestions") or ():
        if edits := _edits(suggestion["fix"], text):
            return ToolFix(edits, clipped(str(suggestion.get("desc") or "")))
    return None


def _edits(fix: Mapping[str, Any], text: str) -> tuple[Replace, ...]:
    """Return an edit by places: none where the report does not hold the text that its ranges count in."""
    start, end = (int(each) for each in fix["range"])
    wide = text.encode("utf-16-le", "surrogatepass")
    if not text or not 0 <= start <= end <= len(wide) // 2:
        return ()
    (first, column), (last, end_column) = _place(wide, start), _place(wide, end)
    return (Replace(Region(first, column, last, end_column, "utf16"), str(fix["text"])),)


def _place(wide: bytes, offset: int) -> tuple[int, int]:
    """Return the line and column, from 1, that lie `offset` code units from the start."""
    before = wide[: 2 * offset].decode("utf-16-le", "surrogatepass")
    ends = [found.end() for found in _LINE.finditer(before)]
    line = before[ends[-1] :] if ends else before
    return len(ends) + 1, len(line.encode("utf-16-le", "surrogatepass")) // 2 + 1
