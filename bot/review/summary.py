"""The one comment that tells of the whole run, edited in place: what was said, what could not be, and why."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from bot.ledger import Ledger, Review
from bot.ports import EngineInfo
from bot.reasons import FAILURES, REJECTIONS, SKIPS
from bot.report.escape import visible
from bot.report.md import code, prose
from bot.report.patch import render as patch
from bot.report.summary import plural
from bot.review.bodies import LIMIT
from bot.review.markdown import fenced, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.review.marks import Signer
    from bot.review.plan import Plan
    from bot.review.state import State
    from bot.review.values import Finding, Refused

__all__ = ["Told", "render", "review_body"]

_NO_ENGINE = EngineInfo(url="", model="", build="", family="", window=0)
_NOTES = 10
_HINTS = 20
_REFUSED = 20


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a plan when it was sent."""

    plan: Plan
    refused: Sequence[Refused] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def review_body(count: int) -> str:
    """Return the line that stands over a review's comments."""
    return f"codebot has {plural(count, 'suggestion')}; each was proven before it was posted."


def render(told: Told, review: Review, state: State, signer: Signer) -> str:
    """Return the summary with its marker, below the limit in bytes.

    Suggestions that could not be comments come as patches, the most valuable file first; what has no room
    is counted.
    """
    mark = signer.write(state.mark())
    head = "\n".join(_head(told, review))
    foot = "\n".join(["", *_ledger(review), "", mark, ""])
    room = LIMIT - len((head + foot).encode("utf-8", "replace"))
    return head + _patches(told, room) + foot


def _head(told: Told, review: Review) -> Iterator[str]:
    plan = told.plan
    posted = len(plan.new) - len(told.refused)
    open_ = len(plan.standing) + len(plan.edits) + posted
    rest = len(plan.rest) + len(told.refused)
    yield "### codebot"
    yield ""
    if open_ or rest:
        yield (
            f"{plural(open_ + rest, 'suggestion')}, each proven before it was posted: "
            + ", ".join(
                part
                for part in (
                    f"{posted} new in the diff" * bool(posted),
                    f"{len(plan.edits)} updated" * bool(plan.edits),
                    f"{len(plan.standing)} from before" * bool(plan.standing),
                    f"{rest} below" * bool(rest),
                )
                if part
            )
            + "."
        )
    else:
        yield _nothing(review)
    lost = [p for p in plan.standing if p.line is None and p.url.startswith("https://")]
    if lost:
        links = " · ".join(f"[{html.escape(p.identity[:6])}]({p.url})" for p in lost[:20])
        yield f"Still good, though GitHub calls them outdated: {links}"
    for note in list(told.notes)[:_NOTES]:
        yield f"\n> {prose(note)}"
    if told.refused:
        yield "\nGitHub did not take these comments; their suggestions are in the patches below:\n"
        for one in told.refused[:_REFUSED]:
            yield f"- {code(f'{one.draft.path}:{one.draft.line}')}: {code(one.why[:200])}"
    yield from _hints(review)
    yield ""


def _hints(review: Review) -> Iterator[str]:
    """Yield what was found and could not be mended: for people to look at."""
    hints = [(rejected, rejected.hint) for rejected in review.hints if rejected.hint]
    if hints:
        yield f"\n{plural(len(hints), 'finding')} without a proven fix:\n"
    for rejected, hint in hints[:_HINTS]:
        where = code(f"{rejected.chunk.change.path[:200]}:{hint.start_line}")
        yield f"- {where}: {prose(hint.label)}: {prose(hint.message[:300])}"
    if len(hints) > _HINTS:
        yield f"- and {len(hints) - _HINTS:,} more"


def _nothing(review: Review) -> str:
    if review.failed:
        return "No suggestions: what was asked failed, see below."
    if review.ledger.rejected:
        return "No suggestions: nothing that the model wrote could be proven."
    return "Nothing to suggest."


def _patches(told: Told, room: int) -> str:
    """Return as many files' patches as have room; each in a fold, for `git apply`."""
    rest = [*told.plan.rest, *(one.draft.finding for one in told.refused)]
    rest.sort(key=lambda f: f.verified.suggestion.path)
    files = [list(found) for _, found in groupby(rest, key=lambda f: f.verified.suggestion.path)]
    files.sort(key=lambda found: (-max(f.value for f in found), found[0].verified.suggestion.path))
    parts, left = [], 0
    for found in files:
        text = _fold(found)
        size = len(text.encode("utf-8", "replace"))
        if not text or size > room - 300:  # what the last line needs
            left += len(found)
            continue
        room -= size
        parts.append(text)
    if left:
        parts.append(
            f"\n{plural(left, 'more suggestion')} had no room here: <code>codebot annotate --since</code> "
            "with the base branch shows them.\n"
        )
    return "".join(parts)


def _fold(found: Sequence[Finding]) -> str:
    verified = [f.verified for f in found]
    raw = patch(Review(_NO_ENGINE, Ledger(), verified=verified))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""  # a patch in another encoding cannot be shown exactly
    one = found[0].verified.suggestion
    what = "new file" if one.new_file else "outside the diff or beyond the limit"
    head = f"{tag(one.path)}: {plural(len(found), 'suggestion')} ({what})"
    said = "\n".join(f"- {prose(f.verified.suggestion.message)}" for f in found)
    return (
        f"\n<details><summary>{head}</summary>\n\n{said}\n\nSave as a file and take it with "
        f"<code>git apply</code>:\n\n{fenced(text, 'diff')}\n\n</details>\n"
    )


def _ledger(review: Review) -> Iterator[str]:
    ledger = review.ledger
    yield "<details><summary>Where everything went</summary>"
    yield ""
    yield (
        f"Read {plural(ledger.files, 'file')}, {plural(ledger.chunks, 'chunk')}: {ledger.completed} asked, "
        f"{ledger.cached} from the cache, {ledger.verified} proven, {ledger.rejected.total()} rejected, "
        f"{ledger.skipped.total()} skipped, {ledger.failed.total()} failed."
    )
    yield ""
    columns = (
        ("rejected", ledger.rejected, REJECTIONS),
        ("skipped", ledger.skipped, SKIPS),
        ("failed", ledger.failed, FAILURES),
    )
    if any(counts for _, counts, _ in columns):
        yield "| | | |\n|---|---:|---|"
    for name, counts, words in columns:
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {name} | {count} | {words.get(reason, reason)} |"
    if review.engine.model:
        yield ""
        usage = review.ledger.usage
        yield (
            f"Engine {code(review.engine.model)}, build {code(review.engine.build[:19])}: "
            f"{usage.prompt_tokens} tokens read, {usage.completion_tokens} written, {usage.seconds:.1f} s."
        )
    if review.style:
        yield f"House style: {prose(visible(review.style))}."
    yield ""
    yield "</details>"
