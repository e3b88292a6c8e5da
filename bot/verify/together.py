"""Fixes that were proven one by one must also hold all at once: that is what `--apply` writes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.chunk.edit import edited_source
from bot.verify.fix import parses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.findings.locate import Located
    from bot.verify.fix import Standing

__all__ = ["joint", "together"]


def together(
    fixes: Sequence[Standing],
    before: Sequence[Located],
    recheck: Callable[[bytes], Sequence[Located]],
) -> tuple[list[Standing], list[Standing]]:
    """Return which fixes of one file hold together, and which do not go with the others.

    Two unused imports in one `try`, say, may each be removed, but not both: the body would be empty.

    Args:
        fixes: Of one file, none sharing a line with another.
        before: Everything that the tools find in the file as it is.
        recheck: Runs the same tools on an edited source.
    """
    if len(fixes) < 2 or _holds(fixes, before, recheck):  # noqa: PLR2004 - one fix is proven already
        return list(fixes), []
    kept: list[Standing] = []
    left: list[Standing] = []
    for one in fixes:
        (kept if not kept or _holds([*kept, one], before, recheck) else left).append(one)
    return kept, left


def joint(fixes: Sequence[Standing]) -> bytes:
    """Return the source of a file with all `fixes`."""
    return edited_source(fixes[0].fix.found[0].change, [one.fix.suggestion for one in fixes])


def _holds(
    fixes: Sequence[Standing],
    before: Sequence[Located],
    recheck: Callable[[bytes], Sequence[Located]],
) -> bool:
    first = fixes[0].fix.found[0]
    source = joint(fixes)
    if not parses(first.language, first.change.source, source):
        return False
    allowed = Counter(one.key for one in before)
    allowed.subtract(one.key for each in fixes for one in each.fix.found if not one.finding.test)
    now = Counter(one.key for one in recheck(source))
    return all(count <= allowed[key] for key, count in now.items())
