"""What a Git hook prints: nothing where there is nothing to say, else suggestions and the one command."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from bot.report.escape import visible
from bot.report.summary import Line, plural
from bot.report.text import laid_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.ledger import Review

__all__ = ["render"]


def render(
    review: Review,
    *,
    stream: IO[Any],
    deadline: float,
    notes: Sequence[str] = (),
    filling: bool = False,
    fixed: int | None = None,
    blocked: str = "",
) -> str:
    """Return the text for a hook's output, "" where all is well and there is nothing to take.

    Args:
        review: What came of the run.
        stream: Where the text goes, asked for colour and width.
        deadline: Seconds there were.
        notes: What has to be said in any case; `codebot apply` lists the review's own.
        filling: Whether a background run goes on with what was left.
        fixed: How many files the suggestions were written into; None: they are there to be taken.
        blocked: The command that does not go through because of this, such as "git commit".
    """
    lines = list(_lines(review, deadline, notes, filling=filling, fixed=fixed, blocked=blocked))
    return laid_out(review, lines, None, None, stream)


def _lines(
    review: Review, deadline: float, notes: Sequence[str], *, filling: bool, fixed: int | None, blocked: str
) -> Iterator[Line]:
    count = len(review.verified)
    if count and fixed is None:
        first = visible(review.verified[0].suggestion.id)
        them = "it" if count == 1 else "them all"
        yield Line(f"codebot: {plural(count, 'suggestion')} for what changed", style="bold")
        yield Line(f"take {them + ':':10}codebot apply --all", 2, whole=True)
        if count > 1:
            yield Line(f"take one:      codebot apply {first}", 2, whole=True)
        yield Line(f"why:           codebot explain {first}", 2, whole=True)
    elif fixed:
        written = f"{plural(count, 'suggestion')} into {plural(fixed, 'file')}"
        yield Line(f"codebot: wrote {written}; look at them, git add, and commit again", style="bold")
    left, failed = review.ledger.skipped["deadline"], len(review.failed)
    if left:
        rest = "; the rest is asked in the background, for next time" if filling else ""
        yield Line(f"codebot: {plural(left, 'part')} not reached within {deadline:g} s{rest}")
    if failed:
        detail = review.failed[0].detail or review.failed[0].reason
        yield Line(f"codebot: the engine failed for {plural(failed, 'part')}: {visible(detail)}")
    for note in notes:
        yield Line(f"codebot: {visible(note)}")
    if blocked:
        yield Line(f"codebot: {blocked} stops here; {blocked} --no-verify goes on without", style="bold")
