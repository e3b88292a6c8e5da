"""A finding: what a tool or a test complains of, where, and what the tool itself would do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DOCTEST", "LIMIT", "Finding", "Region", "Replace", "ToolFix", "clipped", "span"]

DOCTEST = "doctest"  # the rule that an example of a docstring gives what the docstring says
LIMIT = 4_000  # characters of a text in a report that are kept: it may be a whole log
_LINE = re.compile(rb"\r\n|\r|\n")

Unit = Literal["characters", "utf16", "bytes"]


@dataclass(frozen=True, slots=True)
class Region:
    """A place as reports give it: 1-based; the end column is exclusive. 0 for what a report leaves open."""

    start_line: int
    start_column: int = 0  # 0: from the start of the line
    end_line: int = 0  # 0: the same line
    end_column: int = 0  # 0: to the end of the line
    unit: Unit = "characters"  # what columns count


@dataclass(frozen=True, slots=True)
class Replace:
    """Text in place of a region."""

    region: Region
    text: str


@dataclass(frozen=True, slots=True)
class ToolFix:
    """What a tool offers to do. `safe`: it says that the meaning of the code stays."""

    edits: tuple[Replace, ...]
    message: str = ""
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint. All text in it was written by others and is to be escaped where it is printed."""

    tool: str  # "ruff", "eslint", "pytest", …
    rule: str  # "F401"; "" where the tool has no rules
    message: str
    path: str  # POSIX, relative to the repository's root
    region: Region
    fix: ToolFix | None = None
    name: str = ""  # of the rule, in words: "unused-import"
    url: str = ""  # where the rule is explained
    test: str = ""  # the failing test, its name dotted: "tests.test_sums.Sums.test_double[1]"
    test_file: str = ""  # where it is
    output: str = ""  # what the test or the tool printed

    @property
    def label(self) -> str:
        """The tool and its rule, for people."""
        return f"{self.tool} {self.rule}".rstrip()

    @property
    def of_behaviour(self) -> bool:
        """Whether it is about what the code does, so that the fault may be on other lines of the function."""
        return bool(self.test) or self.rule == DOCTEST


def clipped(text: str, limit: int = LIMIT) -> str:
    """Return `text`, cut in the middle where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def span(source: bytes, region: Region) -> tuple[int, int] | None:
    r"""Return the bytes of `source` that a region covers, or None where it lies outside of the file.

    Lines end at "\r\n", "\r" or "\n", as tools count them. A column behind the end of a line is that end.
    """
    starts = _starts(source)
    last = region.end_line or region.start_line
    if not 1 <= region.start_line <= last <= len(starts):
        return None
    start = _offset(source, starts, region.start_line, region.start_column or 1, region.unit)
    if region.end_column:
        end = _offset(source, starts, last, region.end_column, region.unit)
    else:
        end = _line_end(source, starts, last)
    return (start, end) if start <= end else None


@lru_cache(maxsize=8)
def _starts(source: bytes) -> tuple[int, ...]:
    return 0, *(found.end() for found in _LINE.finditer(source))


def _line_end(source: bytes, starts: Sequence[int], line: int) -> int:
    end = starts[line] if line < len(starts) else len(source)
    return starts[line - 1] + len(source[starts[line - 1] : end].rstrip(b"\r\n"))


def _offset(source: bytes, starts: Sequence[int], line: int, column: int, unit: Unit) -> int:
    start, end = starts[line - 1], _line_end(source, starts, line)
    raw = source[start:end]
    if unit == "bytes":
        return min(start + column - 1, end)
    text = raw.decode("utf-8", "replace")
    if unit == "characters":
        return start + len(text[: column - 1].encode())
    wide = text.encode("utf-16-le")[: 2 * (column - 1)]
    return start + len(wide.decode("utf-16-le", "ignore").encode())
