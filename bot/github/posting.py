"""A plan carried out: one review, edits, threads put away, and the summary last.

The summary holds what is remembered, so whenever a run is interrupted, the next one finds what was posted by
its markers and goes on from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.errors import ForgeError
from bot.github.conversation import posted
from bot.github.failures import Denied, Invalid, Missing, Unsure
from bot.review.summary import review_body
from bot.review.values import Draft, Mark, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from github.PullRequestReview import PullRequestReview

    from bot.github.api import Api
    from bot.review.marks import Signer
    from bot.review.values import Note, Posted, Pull

__all__ = ["MUTATIONS", "clear_pending", "edit", "post", "put_away", "say", "take_up"]

_TRIES = 3  # of one write whose outcome is not known
_REFUSALS = 5
MUTATIONS = {
    "resolve": "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { id } } }",
    "unresolve": "mutation($id: ID!) { unresolveReviewThread(input: {threadId: $id}) { thread { id } } }",
    "minimize": "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) "
    "{ minimizedComment { isMinimized } } }",
    "unminimize": "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) "
    "{ unminimizedComment { isMinimized } } }",
}


def clear_pending(api: Api, pull: Pull, signer: Signer, us: str) -> int:
    """Delete reviews of ours that were begun and never submitted; GitHub allows one, and it blocks the next.

    A person's token shares their account: of theirs, only a review that we signed is deleted.
    """
    where = api.repository(pull.repository).get_pull(pull.number)

    def ours(review: PullRequestReview) -> bool:
        if review.state != "PENDING" or not review.user or review.user.login != us:
            return False
        return us.endswith("[bot]") or signer.read(review.body or "") is not None

    found = [review for review in api.read(lambda: list(where.get_reviews())) if ours(review)]
    for review in found:
        try:
            api.write(review.delete)
        except (Missing, Unsure):
            continue  # gone already; if it is not, posting finds out
    return len(found)


def post(api: Api, pull: Pull, drafts: Sequence[Draft], signer: Signer, us: str) -> list[Refused]:
    """Post comments as one review; where GitHub refuses that, one by one. Return those it did not take.

    Raises:
        Denied: The token may not comment.
        ForgeError: GitHub does not answer.
    """
    left = list(drafts)
    for _ in range(_TRIES):
        if not left:
            return []
        try:
            _review(api, pull, left, signer)
        except Invalid as error:
            if clear_pending(api, pull, signer, us):
                continue
            return _one_by_one(api, pull, left, str(error))
        except Unsure:
            there = {p.identity for p in posted(api, pull, signer, us)[0]}
            left = [draft for draft in left if draft.finding.identity not in there]
        else:
            return []
    if not left:
        return []
    raise ForgeError(
        f"GitHub did not confirm a review in {_TRIES} tries", hint="Run again: nothing is posted twice."
    )


def edit(api: Api, pull: Pull, edits: Sequence[tuple[Posted, Draft]]) -> list[Refused]:
    """Give comments a new text; return those that GitHub did not take."""
    refused = []
    where = api.repository(pull.repository).get_pull(pull.number)
    for before, draft in edits:
        try:
            _twice(api, where.get_review_comment(before.id).edit, draft.body)
        except (Invalid, Missing) as error:
            refused.append(Refused(draft, str(error)))
    return refused


def put_away(api: Api, comments: Sequence[Posted]) -> str:
    """Resolve the threads of comments that nothing is left of, or minimise them; say what was not allowed."""
    return _each(api, comments, ("resolve", "minimize"))


def take_up(api: Api, comments: Sequence[Posted]) -> str:
    """Undo `put_away` for comments whose code came back; say what was not allowed."""
    first = _each(api, [p for p in comments if p.resolved], ("unresolve",))
    return _each(api, [p for p in comments if p.minimized], ("unminimize",)) or first


def say(api: Api, pull: Pull, body: str, *, before: Note | None = None) -> None:
    """Write an issue comment, or give an old one a new text.

    Raises:
        Unsure: Whether a new one was written is not known: read before writing again.
        ForgeError: GitHub does not answer, or refuses.
    """
    issue = api.repository(pull.repository).get_issue(pull.number)
    if before is None:
        api.write(lambda: issue.create_comment(body))
    elif before.body.replace("\r\n", "\n").strip() != body.replace("\r\n", "\n").strip():
        _twice(api, issue.get_comment(before.id).edit, body)


def reply(api: Api, pull: Pull, body: str, to: int | None) -> None:
    """Answer in the thread of review comment `to`, or among the issue comments where that is None.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
    """
    if to is None:
        say(api, pull, body)
        return
    where = api.repository(pull.repository).get_pull(pull.number)
    api.write(lambda: where.create_review_comment_reply(to, body))


def _review(api: Api, pull: Pull, drafts: Sequence[Draft], signer: Signer) -> None:
    where = api.repository(pull.repository)
    commit = api.read(lambda: where.get_commit(pull.head, commit_files_per_page=1).complete())
    body = f"{review_body(len(drafts))}\n{signer.write(Mark('review', {'head': pull.head}))}"
    comments: list[Any] = [_placed(draft) for draft in drafts]
    api.write(lambda: where.get_pull(pull.number).create_review(commit, body, "COMMENT", comments))


def _placed(draft: Draft) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": draft.path, "body": draft.body, "line": draft.line, "side": "RIGHT"}
    if draft.start_line is not None:
        entry |= {"start_line": draft.start_line, "start_side": "RIGHT"}
    return entry


def _one_by_one(api: Api, pull: Pull, drafts: Sequence[Draft], why: str) -> list[Refused]:
    """Post each comment alone; GitHub does not say which one of a review it minds."""
    refused: list[Refused] = []
    in_a_row = 0
    where = api.repository(pull.repository).get_pull(pull.number)
    for draft in drafts:
        if in_a_row >= _REFUSALS:  # GitHub may suspend an app that goes on
            refused.append(Refused(draft, f"not tried after {_REFUSALS} refusals in a row"))
            continue
        more: dict[str, Any] = {}
        if draft.start_line is not None:
            more = {"start_line": draft.start_line, "start_side": "RIGHT"}
        try:
            api.write(
                lambda d=draft, m=more: where.create_review_comment(  # type: ignore[misc]
                    d.body, pull.head, d.path, line=d.line, side="RIGHT", **m
                )
            )
            in_a_row = 0
        except (Invalid, Missing) as error:
            in_a_row += 1
            refused.append(Refused(draft, str(error) or why))
    return refused


def _each(api: Api, comments: Sequence[Posted], ways: Sequence[str]) -> str:
    """Try `ways` on each comment until one is allowed."""
    denied = ""
    barred: set[str] = set()
    for p in comments:
        for way in ways:
            subject = p.thread if "resolve" in way else p.node
            if not subject or way in barred:
                continue
            try:
                api.graphql(MUTATIONS[way], {"id": subject}, write=True)
                break
            except Unsure:
                break  # harmless: the next run sees how it stands
            except ForgeError as error:
                denied = str(error)
                if isinstance(error, Denied):
                    barred.add(way)
    return denied


def _twice(api: Api, what: Any, body: str) -> None:  # noqa: ANN401 - PyGithub's edit of one comment or another
    """Edit, and once more where the outcome is not known: the same text twice does no harm."""
    for last in (False, True):
        try:
            api.write(lambda: what(body))
        except Unsure:
            if last:
                raise
        else:
            return
