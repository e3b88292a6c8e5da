"""What was said on a pull request, as far as it is ours: comments, threads, the summary.

Only comments by our own login count, and only with a marker that we signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.errors import ForgeError
from bot.github.failures import Denied, Missing
from bot.review.values import Note, Posted

if TYPE_CHECKING:
    from github.PullRequestComment import PullRequestComment

    from bot.github.api import Api
    from bot.review.marks import Signer
    from bot.review.values import Mark, Pull

__all__ = ["ACTIONS", "QUERY_THREADS", "Talk", "posted", "read_talk"]

ACTIONS = "github-actions[bot]"  # who GITHUB_TOKEN writes as
QUERY_THREADS = """\
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved resolvedBy { login } comments(first: 1) { nodes { id isMinimized } } }
      }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class Talk:
    """Our side of the conversation. `us` is our login."""

    us: str
    posted: list[Posted] = field(default_factory=list)  # oldest first
    notes: list[Note] = field(default_factory=list)  # issue comments

    @property
    def summary(self) -> Note | None:
        """Our summary; the oldest, should there be several."""
        return next((note for note in self.notes if note.mark.kind == "summary"), None)

    def replied(self, to: int) -> bool:
        """Whether a comment has our answer already."""
        return any(n.mark.kind == "reply" and n.mark.data.get("to") == to for n in self.notes)


def read_talk(api: Api, pull: Pull, signer: Signer) -> Talk:
    """Return what is ours on a pull request.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
    """
    us, threads = _threads(api, pull)
    where = api.repository(pull.repository)
    notes = []
    for comment in api.read(lambda: list(where.get_issue(pull.number).get_comments())):
        body = comment.body or ""
        if comment.user and comment.user.login == us and (mark := signer.read(body)):
            notes.append(Note(comment.id, mark, body))
    said, answers = posted(api, pull, signer, us)
    return Talk(us, [_with_thread(p, threads.get(p.node), us) for p in said], notes + answers)


def posted(api: Api, pull: Pull, signer: Signer, us: str) -> tuple[list[Posted], list[Note]]:
    """Return our review comments, oldest first, and our replies in threads.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
    """
    found: list[Posted] = []
    answers: list[Note] = []
    where = api.repository(pull.repository).get_pull(pull.number)
    for comment in api.read(lambda: list(where.get_review_comments())):
        body = comment.body or ""
        mark = signer.read(body) if comment.user and comment.user.login == us else None
        if mark and mark.kind == "comment":
            found.append(_posted(comment, body, mark))
        elif mark:
            answers.append(Note(comment.id, mark, body))
    return sorted(found, key=lambda p: p.id), answers


def _posted(comment: PullRequestComment, body: str, mark: Mark) -> Posted:
    return Posted(
        id=comment.id,
        mark=mark,
        body=body,
        path=comment.path,
        line=comment.line,
        start_line=comment.start_line,
        node=comment.node_id or "",
        url=comment.html_url or "",
    )


def _threads(api: Api, pull: Pull) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return our login, and every thread by the node of its first comment; where GraphQL is not, none."""
    owner, _, name = pull.repository.partition("/")
    us = ""
    found: dict[str, dict[str, Any]] = {}
    after: str | None = None
    while True:
        variables = {"owner": owner, "name": name, "number": pull.number, "after": after}
        try:
            data = api.graphql(QUERY_THREADS, variables)
            us = us or str(data["viewer"]["login"])
            page = data["repository"]["pullRequest"]["reviewThreads"]
        except (ForgeError, KeyError, TypeError):
            return us or _login(api), found
        for node in page["nodes"]:
            for first in node["comments"]["nodes"]:
                found[str(first["id"])] = {**node, "minimized": bool(first["isMinimized"])}
        if not page["pageInfo"]["hasNextPage"]:
            return us, found
        after = page["pageInfo"]["endCursor"]


def _login(api: Api) -> str:
    try:
        return api.login()
    except (Denied, Missing):  # what an app's token gets: it is no user
        return ACTIONS


def _with_thread(p: Posted, thread: dict[str, Any] | None, us: str) -> Posted:
    if thread is None:
        return p
    resolver = str((thread.get("resolvedBy") or {}).get("login") or "")
    ours = resolver.removesuffix("[bot]") == us.removesuffix("[bot]")
    return replace(
        p,
        thread=str(thread["id"]),
        resolved=bool(thread["isResolved"]),
        resolver=us if ours else resolver,
        minimized=bool(thread["minimized"]),
    )
