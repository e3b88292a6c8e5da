"""A report may be older than the file: its findings are found again by rule and words, then by nearness."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.findings.finding import Finding
    from bot.findings.locate import Located

__all__ = ["matched"]


def matched(reported: Sequence[Finding], now: Sequence[Located]) -> tuple[list[Located], list[Finding]]:
    """Return which of a tool's findings are those of a report, and which of the report's are gone.

    One is taken for the other when rule and message (white space aside) are the same; among several such,
    the one nearest to the line in the report. None is taken twice.
    """
    by_name: dict[tuple[str, str, str], list[Located]] = defaultdict(list)
    for one in now:
        by_name[_name(one.finding)].append(one)
    found: list[Located] = []
    gone: list[Finding] = []
    for finding in sorted(reported, key=lambda f: f.region.start_line):
        candidates = by_name[_name(finding)]
        if candidates:
            line = finding.region.start_line
            best = min(candidates, key=lambda one: (abs(one.start_line - line), one.start))
            candidates.remove(best)
            found.append(best)
        else:
            gone.append(finding)
    found.sort(key=lambda one: (one.start, one.end, one.finding.rule))
    return found, gone


def _name(finding: Finding) -> tuple[str, str, str]:
    return finding.tool.lower(), finding.rule, " ".join(finding.message.split())
