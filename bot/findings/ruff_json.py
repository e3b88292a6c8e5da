"""Ruff's own JSON, which says how safe a fix is; its SARIF leaves that out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.findings.finding import Finding, Region, Replace, ToolFix, clipped
from bot.findings.paths import inside

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SYNTAX", "is_ruff", "read"]

SYNTAX = "invalid-syntax"


def is_ruff(data: object) -> bool:
    """Whether parsed JSON is what `ruff check --output-format json` writes."""
    return isinstance(data, list) and all(
        isinstance(row, dict) and {"code", "message", "location", "filename"} <= row.keys() for row in data
    )


def read(data: object, root: str, path: str | None = None) -> tuple[list[Finding], int]:
    """Return ruff's findings, and how many name a file outside of the repository.

    Args:
        data: Parsed JSON.
        root: The repository's root.
        path: What file it is about, where that is known: what ruff read on its standard input.

    Raises:
        ValueError: It is not ruff's JSON; the text says what is missing.
    """
    if not isinstance(data, list):
        raise ValueError("not a list of findings")  # noqa: TRY004 - what is wrong is the report, not our call
    found, strangers = [], 0
    for row in data:
        try:
            where = path if path is not None else inside(str(row["filename"]), root)
            if where is None:
                strangers += 1
            elif row.get("cell") is None:  # a notebook's cells have lines of their own
                found.append(_finding(row, where))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"finding {len(found) + 1} has no usable {error}") from error
    return found, strangers


def _finding(row: Mapping[str, Any], path: str) -> Finding:
    fix = row.get("fix")
    return Finding(
        tool="ruff",
        rule=str(row["code"] or SYNTAX),
        message=clipped(str(row["message"])),
        path=path,
        region=_region(row["location"], row.get("end_location") or row["location"]),
        fix=None
        if not fix
        else ToolFix(
            tuple(
                Replace(_region(edit["location"], edit["end_location"]), str(edit["content"] or ""))
                for edit in fix["edits"]
            ),
            str(fix.get("message") or ""),
            safe=fix.get("applicability") == "safe",
        ),
        name=str(row.get("name") or ""),
        url=str(row.get("url") or ""),
    )


def _region(start: Mapping[str, Any], end: Mapping[str, Any]) -> Region:
    return Region(int(start["row"]), int(start["column"]), int(end["row"]), int(end["column"]))
