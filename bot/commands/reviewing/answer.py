"""An answer to a command in a comment: who may ask, what was asked, and one reply, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.commands.explain import story
from bot.commands.reviewing.conduct import Desk, Wish, open_desk, review, tell
from bot.errors import CodebotError
from bot.github import Denied, posting, pulls
from bot.github.pushing import Fix, NoFit, push
from bot.report.md import code, fence
from bot.report.summary import plural
from bot.review.asks import HELP, TASKS, Ask, Unclear, in_scope, parse
from bot.review.marks import strip
from bot.review.plan import marked
from bot.review.values import Mark, Posted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack
    from threading import Event as Cancel

    from bot.commands.reviewing.target import Target
    from bot.github import Api
    from bot.review.events import Comment

__all__ = ["answer"]

_EXPLAINED = 50_000  # bytes


def answer(  # noqa: PLR0917 - each is another part of the outside
    api: Api,
    found: Target,
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    stack: ExitStack,
    cancel: Cancel,
) -> str:
    """Do what a comment asks for, reply to it, and return in words what was done.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
    """
    comment = found.event.comment
    assert comment is not None  # noqa: S101 - the caller asked
    ask = None if comment.bot else parse(comment.body)
    if ask is None:
        return "not a command"
    if not pulls.permission(api, found.repository, comment.author):
        return "a command by somebody who may not write to the repository: ignored"
    desk = open_desk(api, found.repository, found.number, flags, environ, stack)
    if desk.talk.replied(comment.id):
        return "answered already"
    try:
        said = _do(desk, ask, comment, flags, cancel)
    except CodebotError as error:
        said = f"That did not work: {code(str(error))}"
    mark = desk.signer.write(Mark("reply", {"to": comment.id}))
    body = f"{said}\n{mark}"
    if not flags["dry_run"]:
        thread = (comment.reply_to or comment.id) if comment.inline else None
        posting.reply(desk.api, desk.pull, body, thread)
    return f"answered: {' '.join(said.split())[:200]}"


def _do(  # noqa: PLR0911 - one return a command
    desk: Desk, ask: Ask | Unclear, comment: Comment, flags: Mapping[str, Any], cancel: Cancel
) -> str:
    if isinstance(ask, Unclear):
        return f"I did not understand: {ask.why}.\n\n{HELP}"
    if ask.verb == "help":
        return HELP
    if not desk.pull.open:
        return "This pull request is closed."
    if ask.verb in TASKS:
        return _suggest(desk, ask, flags, cancel)
    about = _about(desk, ask, comment)
    if isinstance(about, str):
        return about
    if ask.verb == "dismiss":
        return _dismiss(desk, about)
    if ask.verb == "apply":
        return _apply(desk, about, comment)
    return _explain(desk, about, cancel)


def _suggest(desk: Desk, ask: Ask, flags: Mapping[str, Any], cancel: Cancel) -> str:
    from bot.config import TASKS as known  # noqa: PLC0415, N811 - the tasks that this codebot has

    if ask.verb not in known:
        return f"This codebot does not make suggestions of {ask.verb} yet."
    if not any(in_scope(path, ask.argument) for path in desk.source.files):
        return f"{code(ask.argument)} is not among the files of this pull request."
    wish = Wish((ask.verb,), ask.argument, again=True, most=flags["max_comments"], dry=flags["dry_run"])
    result = review(desk, wish, cancel)
    if result.moved:
        return "The head moved while I was reading; ask again."
    plan = result.plan
    new, rest = len(plan.new) - len(result.refused), len(plan.rest) + len(result.refused)
    if not (new or rest or plan.edits):
        return (
            "Nothing new that could be proven." if result.review.ledger.files else "Nothing to look at there."
        )
    return (
        f"{plural(new, 'new suggestion')} in the diff, {len(plan.edits)} updated, "
        f"{plural(rest, 'more')} in the summary.".replace("mores", "more")
    )


def _about(desk: Desk, ask: Ask, comment: Comment) -> Posted | str:
    """Return the suggestion that a command means, or why none can be meant."""
    if ask.argument:
        found = [p for p in desk.talk.posted if p.identity.startswith(ask.argument)]
        if len({p.identity for p in found}) > 1:
            return f"{code(ask.argument)} could be several; give a few more characters."
        return found[0] if found else f"There is no suggestion {code(ask.argument)} here."
    root = comment.reply_to or comment.id
    found = [p for p in desk.talk.posted if p.id == root]
    return found[0] if found else "Which one? Reply to the suggestion, or name the six characters below it."


def _dismiss(desk: Desk, about: Posted) -> str:
    state = desk.state
    state = replace(state, dismissed=state.dismissed | marked(about))
    mark = desk.signer.write(state.mark())
    before = strip(desk.talk.summary.body).rstrip() if desk.talk.summary else "### codebot"
    tell(desk, f"{before}\n\n{mark}\n")
    posting.put_away(desk.api, [about])
    return f"Dismissed {code(about.identity[:6])}: I will not suggest it again here."


def _apply(desk: Desk, about: Posted, comment: Comment) -> str:
    pull = desk.pull
    if pull.fork:
        return "The branch is in another repository, where I may not push. The suggestion's own button can."
    found = pulls.content(desk.api, pull.repository, about.path, pull.head)
    if found is None:
        return f"{code(about.path)} is not there any more."
    fix = Fix.of(about, found[0])
    if isinstance(fix, NoFit):
        return fix.why
    try:
        commit = push(desk.api, pull, fix, comment.author)
    except Denied:
        return "I may not push here: that takes contents: write. The suggestion's own button works."
    posting.put_away(desk.api, [about])
    return f"Applied in {commit}."


def _explain(desk: Desk, about: Posted, cancel: Cancel) -> str:
    from bot.cache import Cache  # noqa: PLC0415
    from bot.commands.reviewing.conduct import explain_run  # noqa: PLC0415

    explain_run(desk, about, cancel)
    cache = Cache()
    try:
        traces = dict(cache.load_trace(about.identity))
    finally:
        cache.close()
    if about.identity not in traces:
        return "The code has changed since; there is nothing to explain any more."
    text = "\n".join(story(traces[about.identity]))
    text = text.encode()[:_EXPLAINED].decode("utf-8", "ignore")
    return f"<details><summary>How it came about</summary>\n\n{fence(text)}\n</details>"
