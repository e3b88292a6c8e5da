"""One review, from the pull request to what is posted on it. Every write comes after all has been read."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.chunk.symbols import symbols
from bot.commands.reviewing import remember
from bot.commands.reviewing.settings import fingerprint, of_base
from bot.commands.reviewing.source import Source, open_source
from bot.commands.rooms import no_sandbox
from bot.commands.session import Run, engine_opener, observer_for, open_cache, settings_flags
from bot.git import Repository
from bot.github import Unsure, posting, pulls
from bot.github.conversation import Talk, read_talk
from bot.languages import detect
from bot.review import plan as planning
from bot.review.identity import finding, symbols_of
from bot.review.marks import Signer
from bot.review.state import State
from bot.review.summary import Told, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack
    from threading import Event as Cancel

    from bot.config import Settings
    from bot.data import Change
    from bot.files.skips import Filters
    from bot.github import Api
    from bot.ledger import Review
    from bot.review.values import Posted, Pull, Refused
    from bot.verify.sandbox import Sandbox

__all__ = ["Desk", "Result", "Wish", "open_desk", "review"]

_TASKS = {"docstrings": "docstring", "tests": "test", "fixes": "fix"}
_UNDECIDED = ("interrupted", "deadline", "limit")  # skipped for now, not for good


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a review beyond the settings."""

    tasks: tuple[str, ...] = ()  # none: as the settings say
    scope: str = ""  # a file or folder of the pull request
    again: bool = False  # look at everything, whatever was reviewed before
    most: int = planning.MOST
    dry: bool = False


@dataclass(slots=True)
class Desk:
    """A pull request with all that is needed to work on it."""

    api: Api
    pull: Pull
    signer: Signer
    talk: Talk
    source: Source
    settings: Settings
    filters: Filters
    flags: Mapping[str, Any]
    environ: Mapping[str, str]
    stack: ExitStack

    @property
    def state(self) -> State:
        """What was remembered."""
        return State.of(self.talk.summary.mark if self.talk.summary else None)


@dataclass(slots=True)
class Result:
    """What came of a run, for the command to tell. `moved`: the head changed, and nothing was posted."""

    pull: Pull
    review: Review
    plan: planning.Plan
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    summary: str = ""
    moved: bool = False


def open_desk(  # noqa: PLR0917 - each is another part of the outside
    api: Api,
    repository: str,
    number: int,
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    stack: ExitStack,
) -> Desk:
    """Read a pull request, what is ours on it, and the settings of its base.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
        UsageError: The base's configuration, a flag or a variable is wrong.
    """
    pull = pulls.pull(api, repository, number)
    secret = environ.get("CODEBOT_SIGNING_KEY") or environ.get("CODEBOT_ENGINE_TOKEN") or ""
    signer = Signer.of(secret, pull.repository_id, pull.number)
    repo = _clone(pull, environ, stack)
    source = open_source(api, pull, repo, stack)

    def show(path: str) -> bytes | None:
        if repo is not None and repo.commits.has(pull.base):
            found = repo.commits.show(pull.base, path)
        else:
            found = pulls.content(api, pull.repository, path, pull.base)
        return found[0] if found else None

    settings, filters, notes = of_base(show, settings_flags(flags), environ)
    source.notes += notes
    talk = read_talk(api, pull, signer)
    return Desk(api, source.pull, signer, talk, source, settings, filters, flags, environ, stack)


def review(desk: Desk, wish: Wish, cancel: Cancel) -> Result:
    """Look at what is new, plan, and carry the plan out.

    Raises:
        EngineError: The engine cannot be reached; nothing is posted.
        ForgeError: GitHub does not answer, or refuses; what was posted stays, and the next run goes on.
    """
    settings = replace(desk.settings, tasks=wish.tasks) if wish.tasks else desk.settings
    state = desk.state
    known_settings = fingerprint(settings)
    remembered = None if wish.again or state.settings != known_settings else state
    looked: dict[str, Change] = {}
    made = _run(desk, settings, remembered, wish.scope, looked).review(cancel)
    findings = [finding(verified) for verified in made.verified]
    tasks = frozenset(_TASKS[name] for name in settings.tasks)
    partial = bool(made.failed) or any(made.ledger.skipped[reason] for reason in _UNDECIDED)
    seen = planning.Seen(
        posted=desk.talk.posted,
        state=state,
        files=desk.source.files,
        known=_known(desk.talk, looked, tasks),
        tasks=tasks,
        us=desk.talk.us,
        partial=partial,
    )
    plan = planning.make(findings, seen, desk.signer, most=wish.most)
    result = Result(desk.pull, made, plan, notes=[*desk.source.notes, *made.notes])
    if not wish.dry:
        if pulls.pull(desk.api, desk.pull.repository, desk.pull.number).head != desk.pull.head:
            result.moved = True
            return result
        _carry_out(desk, result)
    new = replace(
        state,
        posted=remember.identities(desk.talk, result),
        dismissed=state.dismissed | remember.deleted(desk.talk, state),
    )
    if not wish.again:
        new = replace(new, head=desk.pull.head, settings=known_settings).with_files(
            remember.settled(desk.source, remembered or State(), partial=partial), remember.unsettled(result)
        )
    told = Told(plan, result.refused, result.notes)
    result.summary = render(told, made, new, desk.signer)
    if not wish.dry and remember.worth_telling(desk, result):
        tell(desk, result.summary)
    return result


def explain_run(desk: Desk, about: Posted, cancel: Cancel) -> None:
    """Ask again for one suggestion's file, so that the cache holds how it comes about."""
    tasks = tuple(name for name, task in _TASKS.items() if task == about.mark.data.get("task"))
    settings = replace(desk.settings, tasks=tasks or desk.settings.tasks, cache=True)
    _run(desk, settings, None, about.path, {}).review(cancel)


def tell(desk: Desk, body: str) -> None:
    """Write the summary, or give the one that is there its new text.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
    """
    try:
        posting.say(desk.api, desk.pull, body, before=desk.talk.summary)
    except Unsure:  # it may be there now: then it is that one which gets the text
        desk.talk = read_talk(desk.api, desk.pull, desk.signer)
        posting.say(desk.api, desk.pull, body, before=desk.talk.summary)


def _run(desk: Desk, settings: Settings, state: State | None, scope: str, looked: dict[str, Change]) -> Run:
    cache = open_cache(settings, desk.stack)
    everything = replace(desk.filters, include=(), exclude=())
    watched = {p.path for p in desk.talk.posted}

    def files() -> Any:  # noqa: ANN401 - an iterator of Change and Skipped
        for item in desk.source.fresh(desk.filters, state, scope):
            if item.path in watched and not hasattr(item, "reason"):
                looked[item.path] = item
            yield item

    return Run(
        root=desk.source.root,
        settings=settings,
        files=files,
        tree=lambda: desk.source.tree(everything),
        companions=desk.source.companions,
        engine=engine_opener(settings, cache, desk.environ, desk.stack),
        cache=cache,
        narrow=True,
        observer=observer_for(quiet=bool(desk.flags.get("quiet"))),
        sandbox=_sandbox(desk, settings),
        source=desk.source.text,
    )


def _sandbox(desk: Desk, settings: Settings) -> Callable[[], Sandbox]:
    """Return what opens a sandbox over the head's files, written to a folder of their own.

    Always isolated, whatever the settings say: this process holds a token. The interpreter is the workflow's,
    never one that lies in the repository.
    """
    export = desk.source.export
    if export is None:
        return no_sandbox

    @lru_cache(maxsize=1)
    def sandbox() -> Sandbox:
        from bot.verify.sandbox import find_python, open_sandbox  # noqa: PLC0415 - only where tests run

        folder = Path(desk.stack.enter_context(tempfile.TemporaryDirectory(prefix="codebot-head-")))
        head, empty = folder / "head", folder / "empty"
        head.mkdir()
        empty.mkdir()
        export(head)
        python = find_python(empty, configured=settings.python, environ=desk.environ)
        return desk.stack.enter_context(open_sandbox(head, python=python))

    return sandbox


def _clone(pull: Pull, environ: Mapping[str, str], stack: ExitStack) -> Repository | None:
    """Return the clone we stand in, if it is one of the pull request's repository."""
    repo = Repository.find(Path.cwd())
    if repo is None:
        return None
    stack.callback(repo.close)
    ours = environ.get("GITHUB_REPOSITORY", "").lower() == pull.repository.lower()
    return repo if ours or repo.commits.has(pull.base) or repo.commits.has(pull.head) else None


def _known(talk: Talk, looked: Mapping[str, Change], tasks: frozenset[str]) -> dict[str, Any]:
    found = {}
    for path in {p.path for p in talk.posted} & set(looked):
        change = looked[path]
        language = detect(path, change.source[:80])
        found[path] = symbols_of(change, symbols(language, change.source), tasks)
    return found


def _carry_out(desk: Desk, result: Result) -> None:
    api, pull, plan = desk.api, desk.pull, result.plan
    if plan.new:
        posting.clear_pending(api, pull, desk.signer, desk.talk.us)
        result.refused += posting.post(api, pull, plan.new, desk.signer, desk.talk.us)
    result.refused += posting.edit(api, pull, plan.edits)
    denied = posting.put_away(api, plan.outdated) or posting.take_up(api, plan.revived)
    if denied:
        result.notes.append("Outdated comments stay open: resolving them needs contents: write.")
