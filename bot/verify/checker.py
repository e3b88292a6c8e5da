"""The tools of a repository as one: what they find in a file, and what is left of it after an edit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.data import Skipped
from bot.findings.locate import Located, locate
from bot.findings.match import matched
from bot.findings.ruff_json import SYNTAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.data import Change
    from bot.findings.finding import Finding
    from bot.verify.ruff import Ruff

__all__ = ["Checked", "Tools"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What tools say of a file as it is."""

    wanted: tuple[Located, ...] = ()  # what is to be fixed, in order of place
    all: tuple[Located, ...] = ()  # what is compared with what they say after an edit
    gone: tuple[Finding, ...] = ()  # reported, but not to be found in the file as it is


@dataclass(frozen=True, slots=True)
class Tools:
    """Ruff on Python. `reported`: the findings to work on, by path; None: all that ruff finds."""

    ruff: Ruff
    reported: Mapping[str, Sequence[Finding]] | None = None

    def check(self, change: Change, language: str) -> Checked | Skipped:
        """Return the findings of a file that lie in its changed lines, or why no tool looks at it.

        Raises:
            UsageError: A tool's configuration is broken.
        """
        reported = None if self.reported is None else self.reported.get(change.path, ())
        if reported is not None and not reported:
            return Skipped(change.path, "no-finding")
        if reported is None and language != "python":
            return Skipped(change.path, "no-tool")
        now = self._now(change, language, change.source)
        broken = next((one for one in now if one.finding.rule == SYNTAX), None)
        if broken is not None:
            return Skipped(change.path, "unparsable", f"line {broken.start_line}: {broken.finding.message}")
        wanted: Sequence[Located] = now
        gone: Sequence[Finding] = ()
        if reported is not None:
            wanted, gone = matched(reported, now)
        touched = [one for one in wanted if change.touched(one.start_line, one.end_line)]
        return Checked(tuple(touched), tuple(now), tuple(gone))

    def recheck(self, change: Change, language: str, source: bytes) -> Sequence[Located]:
        """Return what the same tools find in the file's text after an edit."""
        return self._now(change, language, source)

    def explain(self, finding: Finding) -> str:
        """Return in a sentence why a finding matters; "" where nobody says."""
        rule = self.ruff.rule(finding.rule) if finding.tool == "ruff" else None
        return rule.cause if rule else ""

    def _now(self, change: Change, language: str, source: bytes) -> list[Located]:
        if language != "python":
            return []
        rules = sorted({f.rule for f in (self.reported or {}).get(change.path, ()) if f.tool == "ruff"})
        found = self.ruff.check(change.path, source, rules=[r for r in rules if self.ruff.rule(r)])
        edited = change if source is change.source else replace(change, source=source)
        return locate(edited, language, found, rooms=edited is change)[0]
