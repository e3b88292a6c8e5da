"""What one run of some test files told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Suite", "read"]


@dataclass(frozen=True, slots=True)
class Suite:
    """What one run of some test files told."""

    passed: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)  # with the error
    reached: Mapping[int, frozenset[str]] = field(default_factory=dict)  # tests that ran a group of lines
    imported: frozenset[int] = frozenset()  # groups that run when modules are imported
    problem: str = ""  # why nothing, or not all, could run


def read(told: bytes) -> Suite:
    """Read a report. It comes from where hostile code ran, so only its form is relied on."""
    try:
        data: dict[str, Any] = json.loads(told)
        tests = {str(name): row for name, row in data["tests"].items()}
        reached: dict[int, set[str]] = {}
        imported: set[int] = set()
        for test, groups in data["reached"].items():
            for group in groups:
                if test:
                    reached.setdefault(int(group), set()).add(str(test))
                else:
                    imported.add(int(group))
        problems = [str(each).strip() for each in data["problems"]]
        return Suite(
            frozenset(name for name, row in tests.items() if row["ok"] is True),
            {name: str(row["error"]) for name, row in tests.items() if row["ok"] is False},
            {group: frozenset(names) for group, names in reached.items()},
            frozenset(imported),
            problems[0].splitlines()[-1] if problems and problems[0] else "",
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Suite(problem="the tests left no readable report")
