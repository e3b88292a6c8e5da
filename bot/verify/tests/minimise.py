"""What a proven set of tests can do without: rows and tests that reach and catch only what others do too."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.tasks.tests.compose import Written

__all__ = ["Part", "minimised", "without_rows"]


@dataclass(frozen=True, slots=True)
class Part:
    """One row of a test, or a test that has none."""

    test: str  # its name
    row: int
    gains: frozenset[Any]  # lines and branches that the project's own tests do not reach
    kills: frozenset[int]  # mutants, by number


def minimised(tests: Sequence[Written], parts: Iterable[Part]) -> list[Written]:
    """Return the tests without what adds nothing to the others of the same function, in the same order.

    The last of two that do the same goes, and at least one part of each function stays.

    Args:
        tests: All of them pass.
        parts: Of these tests, in the order in which they are written.
    """
    named = {one.name: one for one in tests}
    by_function: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        by_function[named[part.test].subject.qualname].append(part)
    gone: dict[str, set[int]] = defaultdict(set)
    rows: dict[str, set[int]] = defaultdict(set)
    for own in by_function.values():
        for part in own:
            rows[part.test].add(part.row)
        for part in _superfluous(own):
            gone[part.test].add(part.row)
    whole = {name for name, some in gone.items() if some == rows[name]}
    return [_less(one, gone[one.name]) for one in tests if one.name not in whole]


def _superfluous(parts: Sequence[Part]) -> list[Part]:
    kept, gone = list(parts), []
    for part in reversed(parts):
        others = [each for each in kept if each is not part]
        gains = frozenset().union(*(each.gains for each in others))
        kills = frozenset().union(*(each.kills for each in others))
        if others and part.gains <= gains and part.kills <= kills:
            kept = others
            gone.append(part)
    return gone


def _less(test: Written, rows: set[int]) -> Written:
    return (without_rows(test, rows) if rows else None) or test


def without_rows(test: Written, bad: set[int]) -> Written | None:
    """Return a parametrized test without some rows; None where none would be left or they are not lines."""
    kept = tuple(case for n, case in enumerate(test.cases) if n not in bad)
    rows = [n for n, line in enumerate(test.text.splitlines()) if line.startswith("        (")]
    if not kept or len(rows) != len(test.cases):
        return None
    gone = {rows[n] for n in bad}
    text = "".join(f"{line}\n" for n, line in enumerate(test.text.splitlines()) if n not in gone)
    return replace(test, text=text, cases=kept)
