"""A hook from its call to its exit code. Whatever goes wrong is said, and costs nobody a commit."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from bot.commands.bug import log_bug
from bot.errors import CodebotError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.commands.hooking.subject import Subject
    from bot.commands.hooking.watched import Watched
    from bot.commands.session import Run
    from bot.git import Repository
    from bot.take.kept import Kept

__all__ = ["run"]

_PATIENCE = 3.0  # seconds for a server to say what it is: nobody waits ten at every commit because it is down
_PRINTING = 0.1  # share of the time
_FEW = 12  # targets in work at once: what is proven early is shown even where the rest is late
_SETTINGS = ("engine", "tasks", "deadline", "confidence")
_TOGETHER = 300.0  # seconds; pre-commit may call us several times in one run, with some of the files each


def run(hook: str, flags: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[int, bool]:
    """Run a hook; return its exit code, and whether all of its work has ended.

    Args:
        hook: "pre-commit", "commit-msg" or "pre-push".
        flags: Of the command.
        environ: Environment variables.
    """
    try:
        return _run(_Call(hook, flags, environ, time.monotonic() - time.process_time()))
    except KeyboardInterrupt:  # git hears it too, and ends
        return 130, False
    except CodebotError as error:
        _say(f"no suggestions this time: {error}", error.hint)
        code = error.exit_code
    except Exception:  # noqa: BLE001 - a bug of ours must not cost anybody a commit either
        last, log = log_bug(sys.argv[1:])
        _say(f"no suggestions this time, because of a bug: {last}", f"Please report it with {log}")
        code = 4
    return (code if flags.get("strict") else 0), True


@dataclass(frozen=True, slots=True)
class _Call:
    """How the hook was called, and about when its process started."""

    hook: str
    flags: Mapping[str, Any]
    environ: Mapping[str, str]
    started: float

    def exit_code(self, review: Watched, fixed: int | None) -> int:
        """Return what git is told."""
        late = bool(review.ledger.skipped["deadline"] or review.failed)
        if fixed or (review.verified and self.flags.get("block")):
            return 1
        return 3 if late and self.flags.get("strict") else 0


def _run(call: _Call) -> tuple[int, bool]:
    from bot.commands.hooking.subject import subjects  # noqa: PLC0415 - keeps `--help` light
    from bot.git import Repository  # noqa: PLC0415 - likewise

    with Repository.open() as repo:
        if busy := repo.under_way:
            _say(f"skipped: a {busy} is in progress")
            return 0, True
        code, ended = 0, True
        for subject in subjects(call.hook, repo, call.flags, call.environ):
            if not subject.names:
                continue
            one, ended = _look(call, repo, subject)
            code = code or one
            if not ended:
                break
    return code, ended


def _look(call: _Call, repo: Repository, subject: Subject) -> tuple[int, bool]:
    """Ask about one subject, print what came of it, and return the exit code and whether all has ended."""
    from bot.commands import session  # noqa: PLC0415 - with nothing to look at none of it is needed
    from bot.commands.deadline import Stop, within  # noqa: PLC0415 - likewise
    from bot.commands.hooking import background  # noqa: PLC0415 - likewise
    from bot.commands.hooking.watched import Watched  # noqa: PLC0415 - likewise
    from bot.report.hook import render  # noqa: PLC0415 - likewise

    flags = {name: call.flags.get(name) for name in _SETTINGS} | subject.flags | {"patience": _PATIENCE}
    with session.open_run(flags, environ=call.environ) as opened:
        run = replace(opened, window=_FEW)
        blank, settings = run.blank(), run.settings
        review, notes = Watched(blank.engine, blank.ledger), _untrusted(run)
        # what is found has to be printed in time, too
        left = call.started + settings.deadline * (1 - _PRINTING) - time.monotonic()
        ended = within(max(left, 0.2), lambda stop: _ask(run, review, stop), Stop(), _prepare)
        if not ended:
            review.close(subject.names, len(settings.tasks))
            review.sort()
        kept = _remember(call.hook, repo, review, notes)
        fixed = _fix(repo, kept) if call.flags.get("fix") else None
        late = review.ledger.skipped["deadline"]
        filling = bool(late) and settings.cache and background.start(repo, subject, call.flags, call.environ)
        code = call.exit_code(review, fixed)
        git = {"pre-push": "git push"}.get(call.hook, "git commit")
        blocked = git if code and "PRE_COMMIT" not in call.environ else ""
        text = render(
            review,
            stream=sys.stdout,
            notes=notes,
            deadline=settings.deadline,
            filling=filling,
            fixed=fixed,
            blocked=blocked,
        )
        click.echo(text, nl=False)
        if not ended:  # nor does leaving this block wait for an engine that does not answer
            _leave(code)
    return code, ended


def _ask(run: Run, review: Watched, stop: Any) -> None:  # noqa: ANN401 - Stop, imported late
    run.review(stop, review)


def _prepare() -> None:
    """Import what draws suggestions, while there is still something to wait for."""
    import bot.report.drawing  # noqa: F401, PLC0415 - see `_look`


def _untrusted(run: Run) -> list[str]:
    from bot.engines import without_user  # noqa: PLC0415 - see `_look`

    return [
        f"{name} = {without_user(str(value))} of this repository's configuration is not used: "
        "codebot trust lets it"
        for name, value in run.settings.untrusted.items()
    ]


def _remember(hook: str, repo: Repository, review: Watched, notes: list[str]) -> list[Kept]:
    """Keep what was suggested, for `codebot apply`; add to `notes` if that does not work out."""
    from bot.report.summary import sums  # noqa: PLC0415 - see `_look`
    from bot.take.kept import keep  # noqa: PLC0415 - see `_look`
    from bot.take.last import Last, LastRun  # noqa: PLC0415 - likewise

    last, group = Last(repo.git_dir), str(os.getppid())
    kept = [keep(each.suggestion) for each in review.verified]
    before = last.read()
    others: list[Kept] = []
    if before is not None and before.group == group and time.time() - before.at < _TOGETHER:
        here = {each.path for each in kept}
        others = [each for each in before.suggestions if each.path not in here]
    told = (*(" " * line.indent + line.text for line in sums(review)), *review.notes)
    try:
        last.write(LastRun(hook, time.time(), (*others, *kept), group, told))
    except CodebotError as error:
        notes.append(f"the suggestions cannot be taken with codebot apply: {error}")
    return kept


def _fix(repo: Repository, kept: list[Kept]) -> int:
    """Write the suggestions into the working files, where they fit; return how many files changed."""
    from bot.commands.taking import take  # noqa: PLC0415 - see `_look`

    result = take(repo, kept, strict=False, stage=False)
    for each in result.refused:
        _say(f"not written: {each.kept.id} in {each.kept.path}: {each.why}")
    return len({each.path for each in result.taken})


def _leave(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _say(text: str, hint: str = "") -> None:
    from bot.report.escape import visible  # noqa: PLC0415 - keeps `--help` light

    click.echo(f"codebot: {visible(text)}", err=True)
    if hint:
        click.echo(f"  {visible(hint)}", err=True)
