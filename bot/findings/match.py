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
        for name in _names(one.finding):
            by_name[name].append(one)
    found: list[Located] = []
    gone: list[Finding] = []
    taken: set[int] = set()
    for finding in sorted(reported, key=lambda f: f.region.start_line):
        candidates = [one for name in _names(finding) for one in by_name[name] if id(one) not in taken]
        if candidates:
            line = finding.region.start_line
            best = min(candidates, key=lambda one: (abs(one.start_line - line), one.start))
            taken.add(id(best))
            found.append(best)
        else:
            gone.append(finding)
    found.sort(key=lambda one: (one.start, one.end, one.finding.rule))
    return found, gone


def _names(finding: Finding) -> set[tuple[str, str, str]]:
    """Return what a finding is known by: tool, code or name of the rule, and words."""
    words = " ".join(finding.message.split())
    return {(finding.tool.lower(), rule, words) for rule in (finding.rule, finding.name) if rule}
