"""When GitHub refuses, stalls or breaks: waiting as it asks, never twice, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import ForgeError
from bot.github import Denied
from tests.github.double import Fault, Request, Somebody
from tests.github.test_flow import TWO, about, patches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.github.conftest import World

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def once(matches: str, fault: Fault, *, times: int = 1) -> Callable[[Request], Fault | None]:
    """Return a fault for the first requests whose method and path end with `matches`."""
    left = [times]

    def answer(request: Request) -> Fault | None:
        if left[0] and f"{request.method} {request.path}".endswith(matches):
            left[0] -= 1
            return fault
        return None

    return answer


def dead(since: int, *, after: bool, until: int = 1 << 30) -> Callable[[Request], Fault | None]:
    """Return a fault that breaks requests `since` to `until`; the first perhaps only after it took effect."""

    def answer(request: Request) -> Fault | None:
        if not since <= request.number <= until:
            return None
        return Fault(drop=True, after=after and request.number == since)

    return answer


def test_retry_after_is_waited_for(world: World) -> None:
    """A 429 that says how long, on a read and on a write."""
    world.double.fault = once("pulls/1/reviews", Fault(429, {"Retry-After": "17"}, "slow down"), times=3)
    assert world.review() == 0
    assert world.waits.count(17.0) == 3
    assert about(world) == TWO


def test_a_spent_limit_is_waited_out(world: World) -> None:
    """A 403 with nothing remaining waits for the reset, to the second."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(world.now) + 300)}
    world.double.fault = once(
        "POST /graphql", Fault(403, headers, "API rate limit exceeded for installation")
    )
    assert world.review() == 0
    assert any(299 <= wait <= 302 for wait in world.waits)
    assert about(world) == TWO


def test_a_secondary_limit_backs_off_longer_each_time(world: World) -> None:
    """Without a hint: a minute, two, four."""
    world.double.fault = once("POST /repos/octo/app/pulls/1/reviews", Fault(403, {}, SECONDARY), times=3)
    assert world.review() == 0
    assert [w for w in world.waits if w >= 60] == [60.0, 120.0, 240.0]
    assert about(world) == TWO


def test_a_storm_ends_in_an_error_not_in_a_loop(world: World) -> None:
    """Patience is bounded; the next run posts what this one could not."""
    world.double.fault = lambda r: Fault(429, {"Retry-After": "600"}, "no") if r.writes else None
    with pytest.raises(ForgeError, match="429"):
        world.review()
    assert sum(world.waits) <= 1200 + 60
    world.double.fault = lambda _request: None
    assert world.review() == 0
    assert about(world) == TWO


def test_writes_are_a_second_apart(world: World) -> None:
    """GitHub asks for that; here by a clock that only waiting moves."""
    world.review()
    assert world.writes() >= 2
    assert world.waits.count(1.0) >= world.writes() - 1


def test_no_permission_is_no_rate_limit(world: World) -> None:
    """A token that may not comment is told so at once, with what it needs."""
    world.double.tokens["bot"] = Somebody("github-actions[bot]", bot=True, may=frozenset())
    with pytest.raises(Denied, match="not accessible") as error:
        world.review()
    assert "pull-requests: write" in error.value.hint
    assert [w for w in world.waits if w > 1] == []


def test_a_refused_review_is_posted_comment_by_comment(world: World) -> None:
    """The one that GitHub minds is told in the summary, as a patch; the others are there."""
    bad = world.double.text(world.double.head, "app.py").index("def count_words(text):") + 1

    def refuse(request: Request) -> Fault | None:
        body = request.body or {}
        entries = body.get("comments", [body]) if isinstance(body, dict) else []
        minds = request.method == "POST" and any(e.get("line") == bad for e in entries)
        return Fault(422, {}, "Validation Failed: line must be part of the diff") if minds else None

    world.double.fault = refuse
    assert world.review() == 0
    assert about(world) == ["read_numbers"]
    assert "GitHub did not take these comments" in world.summaries[0]
    assert "must be part of the diff" in world.summaries[0]
    assert "count_words" in patches(world)
    world.double.fault = lambda _request: None
    assert world.review() == 0
    assert about(world) == TWO


def test_refusal_after_refusal_stops(world: World) -> None:
    """An app that goes on in spite of validation errors may be suspended: five, then the summary."""
    from tests.github.conftest import BASE, FUNCTIONS  # noqa: PLC0415

    text = BASE + "".join(FUNCTIONS["count_words"].replace("count", f"count_{n}") for n in range(8))
    world.push(app=text)
    world.double.fault = lambda r: (
        Fault(422, {}, "no") if r.method == "POST" and "/pulls/" in r.path else None
    )
    assert world.review() == 0
    tried = [r for r in world.double.requests if r.method == "POST" and r.path.endswith("/comments")]
    assert len([r for r in tried if "/pulls/" in r.path]) <= 5
    assert world.shown == []


def test_a_pending_review_of_ours_is_removed_and_a_persons_is_not(world: World) -> None:
    """A crash may leave one, and GitHub allows no second."""
    ours = {"id": 1, "state": "PENDING", "body": "", "user": {"login": "github-actions[bot]", "type": "Bot"}}
    theirs = {"id": 2, "state": "PENDING", "body": "mine", "user": {"login": "maintainer", "type": "User"}}
    url = {"pull_request_url": f"{world.double.url}/repos/octo/app/pulls/1"}
    world.double.reviews += [{**ours, **url}, {**theirs, **url}]
    assert world.review() == 0
    assert about(world) == TWO
    assert [r["state"] for r in world.double.reviews] == ["PENDING", "COMMENTED"]
    world.double.comments.clear()
    world.double.notes.clear()
    person = world.environ(GITHUB_TOKEN="person")  # noqa: S106 - a name that the double knows
    assert world.review(person) == 0
    assert theirs["id"] in [r["id"] for r in world.double.reviews], (
        "a person's own draft is not ours to delete"
    )


@pytest.mark.parametrize("after", [False, True], ids=["before it happened", "after it happened"])
def test_killed_at_any_request_the_next_run_finishes(world: World, after: bool) -> None:
    """Whichever request is the last one, before or after it takes effect: no duplicate, and no loss."""
    world.review()
    total = len(world.double.requests)
    assert total > 10
    for n in range(1, total + 1):
        world.double.comments.clear()
        world.double.reviews.clear()
        world.double.notes.clear()
        start = len(world.double.requests)
        # from request n on, nothing comes back: the process is as good as dead
        world.double.fault = dead(start + n, after=after)
        with pytest.raises(ForgeError):
            world.review()
        world.double.fault = lambda _request: None
        assert world.review() == 0
        assert about(world) == TWO, n
        assert len(world.summaries) == 1, n
        assert [r["state"] for r in world.double.reviews] == ["COMMENTED"], n


@pytest.mark.parametrize("after", [False, True], ids=["before it happened", "after it happened"])
def test_one_lost_answer_is_found_out_within_the_run(world: World, after: bool) -> None:
    """A connection that breaks once, at any request, does not even end the run, nor say anything twice."""
    world.review()
    total = len(world.double.requests)
    for n in range(1, total + 1):
        world.double.comments.clear()
        world.double.reviews.clear()
        world.double.notes.clear()
        start = len(world.double.requests)
        world.double.fault = dead(start + n, after=after, until=start + n)
        assert world.review() == 0
        assert about(world) == TWO, n
        assert len(world.summaries) == 1, n
        assert len(world.double.reviews) == 1, n
