"""The tools of a repository as one: what they find in a file, and what is left of it after an edit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.data import Skipped
from bot.findings.finding import DOCTEST
from bot.findings.locate import Located, locate
from bot.findings.match import matched
from bot.findings.ruff_json import SYNTAX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.data import Change
    from bot.findings.finding import Finding
    from bot.verify.examples.found import Doctests
    from bot.verify.ruff import Ruff

__all__ = ["Checked", "Recheck", "Tools"]

Recheck = "Callable[[Change, bytes], Sequence[Finding]]"  # a tool's findings in a file with this text
RUFF = "ruff"
_WHY_DOCTEST = "Whoever reads the docstring relies on what its examples show."


@dataclass(frozen=True, slots=True)
class Checked:
    """What tools say of a file as it is."""

    wanted: tuple[Located, ...] = ()  # what is to be fixed, in order of place
    all: tuple[Located, ...] = ()  # what is compared with what they say after an edit
    gone: tuple[Finding, ...] = ()  # reported, but not to be found in the file as it is


@dataclass(frozen=True, slots=True)
class Tools:
    """Ruff on Python, and other tools by their reports.

    `reported` holds the findings to work on, by path; None stands for all that ruff finds. `rechecks` runs
    the tools that are not ruff, by their names in lower case. `doctests` runs the examples of docstrings,
    where the findings are not those of reports.
    """

    ruff: Ruff
    reported: Mapping[str, Sequence[Finding]] | None = None
    rechecks: Mapping[str, Callable[[Change, bytes], Sequence[Finding]]] = field(default_factory=dict)
    doctests: Doctests | None = None

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
        now = self.recheck(change, language, change.source)
        broken = next((one for one in now if one.finding.rule == SYNTAX), None)
        if broken is not None:
            return Skipped(change.path, "unparsable", f"line {broken.start_line}: {broken.finding.message}")
        wanted: Sequence[Located] = now
        gone: Sequence[Finding] = ()
        if reported is not None:
            known = [f for f in reported if not f.test and self.provable(f)]
            wanted, gone = matched(known, now)
            others, astray = locate(change, language, [f for f in reported if f not in known])
            wanted, gone = sorted([*wanted, *others], key=_place), [*gone, *astray]
        touched = [one for one in wanted if change.touched(one.start_line, one.end_line)]
        return Checked(tuple(touched), tuple(now), tuple(gone))

    def recheck(
        self, change: Change, language: str, source: bytes, *, examples: bool = True
    ) -> Sequence[Located]:
        """Return what the tools find in a file's text, as it is or after an edit.

        Args:
            change: The file.
            language: Its row of the language table.
            source: The text.
            examples: Whether to run the examples of docstrings too.
        """
        reported = (self.reported or {}).get(change.path, ())
        found: list[Finding] = []
        if language == "python":
            rules = sorted({f.rule for f in reported if f.tool.lower() == RUFF and self.ruff.rule(f.rule)})
            found += self.ruff.check(change.path, source, rules=rules)
            broken = any(one.rule == SYNTAX for one in found)
            if examples and self.doctests is not None and self.reported is None and not broken:
                found += self.doctests.check(change, source)
        for tool in sorted({f.tool.lower() for f in reported} & set(self.rechecks)):
            found += self.rechecks[tool](change, source)
        edited = change if source is change.source else replace(change, source=source)
        return locate(edited, language, found, rooms=edited is change)[0]

    def provable(self, finding: Finding) -> bool:
        """Whether anything here can tell that a finding is gone."""
        tool = finding.tool.lower()
        return (
            finding.of_behaviour
            or tool in self.rechecks
            or (tool == RUFF and finding.path.endswith((".py", ".pyi")))
        )

    def explain(self, finding: Finding) -> str:
        """Return in a sentence why a finding matters; "" where nobody says."""
        if finding.rule == DOCTEST:
            return _WHY_DOCTEST
        rule = self.ruff.rule(finding.rule) if finding.tool.lower() == RUFF else None
        return rule.cause if rule else finding.output.strip().split("\n")[0] if not finding.test else ""


def _place(one: Located) -> tuple[int, int, str]:
    return one.start, one.end, one.finding.rule
