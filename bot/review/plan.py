"""From suggestions and what is on the pull request to what is to be sent; each ends in one list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.data import LineRange
from bot.review.anchors import anchor
from bot.review.bodies import comment
from bot.review.values import Draft, Finding, Posted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.review.anchors import Anchor
    from bot.review.identity import Known
    from bot.review.marks import Signer
    from bot.review.state import State
    from bot.review.values import FileDiff

__all__ = ["MOST", "Plan", "Seen", "dismissals", "make", "marked"]

MOST = 30  # comments of one review: above, GitHub has been seen to fail, and nobody reads on


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found on the pull request, and what this run looked at."""

    posted: Sequence[Posted]
    state: State
    files: Mapping[str, FileDiff]  # of the whole pull request, by path
    known: Mapping[str, Known]  # of the files read in this run, by path
    tasks: frozenset[str]  # that ran
    us: str = ""  # our own login
    partial: bool = False  # the engine failed or time ran out: what has no suggestion now may have one


@dataclass(slots=True)
class Plan:
    """What is to be sent, and what is told in the summary alone."""

    new: list[Draft] = field(default_factory=list)
    edits: list[tuple[Posted, Draft]] = field(default_factory=list)
    outdated: list[Posted] = field(default_factory=list)  # to resolve or minimise
    standing: list[Posted] = field(default_factory=list)  # said already, and still good
    revived: list[Posted] = field(default_factory=list)  # those of `standing` that we had put away
    rest: list[Finding] = field(default_factory=list)  # beyond the limit, outside the diff or too long
    dismissed: list[Finding] = field(default_factory=list)


def make(findings: Sequence[Finding], seen: Seen, signer: Signer, *, most: int = MOST) -> Plan:
    """Return the plan of a run.

    Args:
        findings: Every proven suggestion of this run.
        seen: What is there already.
        signer: Signs the comments.
        most: New comments at most; the others go to the summary, the most valuable first.
    """
    plan = Plan()
    unwanted = dismissals(seen)
    wanted: list[Finding] = []
    for one in findings:
        (plan.dismissed if _names(one) & unwanted else wanted).append(one)
    live = [p for p in seen.posted if not p.minimized and not p.resolved]
    fresh, used = _said_before(wanted, live, plan, seen, signer)
    _put_away(live, used, {one.slot for one in fresh}, plan, seen)
    _draft(fresh, plan, seen, signer, most=most)
    return plan


def dismissals(seen: Seen) -> frozenset[str]:
    """Return what people do not want: told so, resolved by them, or deleted by them."""
    names = set(seen.state.dismissed)
    there = {p.identity for p in seen.posted}
    names |= seen.state.posted - there
    for p in seen.posted:
        if p.resolved and p.resolver and p.resolver != seen.us:
            names |= marked(p)
    return frozenset(names)


def _names(one: Finding) -> set[str]:
    """Return the names under which people may have said no to it; to a fix only as it is."""
    fix = one.verified.suggestion.task == "fix"
    return {one.identity, one.kin} | (set() if fix else {one.slot})


def marked(p: Posted) -> set[str]:
    """Return the names under which a comment's suggestion is known, for people who do not want it."""
    data = p.mark.data
    keys = ("i", "k") if data.get("task") == "fix" else ("i", "k", "s")
    return {str(data[key]) for key in keys if data.get(key)}


def _said_before(
    wanted: Sequence[Finding], live: Sequence[Posted], plan: Plan, seen: Seen, signer: Signer
) -> tuple[list[Finding], set[int]]:
    """Sort out what a comment says already; return what is new, and the comments that stay."""
    by_identity = {p.identity: p for p in reversed(seen.posted)}  # the oldest of several wins
    pairs = _same_place(wanted, live, by_identity)
    fresh: list[Finding] = []
    used: set[int] = set()
    for one in wanted:
        before = by_identity.get(one.identity) or pairs.get(one.identity)
        changed = _edit(one, before, seen, signer) if before else None
        if before is None or (changed is None and before.identity != one.identity):
            fresh.append(one)  # or the code has changed and its comment no longer fits: said anew
            continue
        used.add(before.id)
        if changed is None:
            plan.standing.append(before)
        else:
            plan.edits.append((before, changed))
        if before.resolved or before.minimized:
            plan.revived.append(before)
    return fresh, used


def _put_away(live: Sequence[Posted], used: set[int], replaced: set[str], plan: Plan, seen: Seen) -> None:
    """Sort the other comments: those that nothing is left of, and those that still stand."""
    first: dict[str, int] = {}
    for p in live:
        oldest = first.setdefault(p.identity, p.id)
        if p.id not in used:
            twice = oldest != p.id or oldest in used  # two runs at once have both said it
            gone = twice or p.mark.data.get("s") in replaced or _gone(p, seen)
            (plan.outdated if gone else plan.standing).append(p)


def _same_place(
    wanted: Sequence[Finding], live: Sequence[Posted], by_identity: Mapping[str, Posted]
) -> dict[str, Posted]:
    """Pair new suggestions with comments on the same symbol whose content was another; only one with one."""
    current = {one.identity for one in wanted}
    new: dict[str, list[Finding]] = {}
    old: dict[str, list[Posted]] = {}
    for one in wanted:
        if one.identity not in by_identity:
            new.setdefault(one.slot, []).append(one)
    for p in live:
        if p.identity not in current:
            old.setdefault(str(p.mark.data.get("s")), []).append(p)
    return {
        found[0].identity: old[slot][0]
        for slot, found in new.items()
        if len(found) == 1 and len(old.get(slot, ())) == 1
    }


def _edit(one: Finding, before: Posted, seen: Seen, signer: Signer) -> Draft | None:
    """Return the new text of a comment, or None where it may stay, or cannot be changed to fit."""
    same = before.mark.data.get("t") == one.text and before.identity == one.identity
    if same or before.line is None or before.path != one.verified.suggestion.path:
        return None
    there = LineRange(before.start_line or before.line, before.line)
    place = _anchor(one, seen, ())
    if place is None or LineRange(place.start, place.end) != there:
        return None  # a comment's lines cannot be moved
    body = comment(one, place, signer)
    if body is None or body == before.body:
        return None
    return _drafted(one, place, body)


def _gone(p: Posted, seen: Seen) -> bool:
    """Whether nothing is left of what a comment is about."""
    if str(p.mark.data.get("task")) not in seen.tasks:
        return False
    file = seen.files.get(p.path)
    if file is None or file.status == "D":
        return True
    known = seen.known.get(p.path)
    if known is None or not p.mark.data.get("own"):
        return False  # nothing new is known of what it is about
    slot = str(p.mark.data.get("s"))
    if known.content.get(slot) != p.mark.data.get("c"):
        return True
    return slot in known.asked and not seen.partial


def _draft(fresh: Sequence[Finding], plan: Plan, seen: Seen, signer: Signer, *, most: int) -> None:
    """Turn what is new into comments, the most valuable first; what cannot be one is the rest."""
    taken: dict[str, list[LineRange]] = {}
    for p in (*plan.standing, *(before for before, _ in plan.edits)):
        if p.line is not None:
            taken.setdefault(p.path, []).append(LineRange(p.start_line or p.line, p.line))
    for one in sorted(fresh, key=_rank):
        path = one.verified.suggestion.path
        place = _anchor(one, seen, taken.get(path, ())) if len(plan.new) < most else None
        body = comment(one, place, signer) if place else None
        if place is None or body is None:
            plan.rest.append(one)
            continue
        taken.setdefault(path, []).append(LineRange(place.start, place.end))
        plan.new.append(_drafted(one, place, body))
    plan.new.sort(key=lambda d: (d.path, d.line))


def _rank(one: Finding) -> tuple[float, str, int]:
    suggestion = one.verified.suggestion
    return -one.value, suggestion.path, suggestion.start_line


def _anchor(one: Finding, seen: Seen, taken: Sequence[LineRange]) -> Anchor | None:
    file = seen.files.get(one.verified.suggestion.path)
    if file is None or not file.patch or file.status == "D":
        return None
    return anchor(one.verified.suggestion, file.spans, taken)


def _drafted(one: Finding, place: Anchor, body: str) -> Draft:
    path = one.verified.suggestion.path
    return Draft(one, path, place.end, place.start if place.start < place.end else None, body)
