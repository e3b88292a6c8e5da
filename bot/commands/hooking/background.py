"""What a hook had no time for is asked in the background, so that the next run finds the answers.

A process of its own, of low priority and without a terminal; one at a time for each user. It reads blobs, not
the working tree, so it asks about what was staged then, whatever happens meanwhile. It ends when the work is
done, after a quarter of an hour, or when the repository goes away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from bot.commands.hooking.subject import reader
from bot.errors import CodebotError, RepositoryError
from bot.take.last import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.commands.hooking.subject import Subject
    from bot.git import Repository

__all__ = ["LOG", "fill", "start"]

LOG = "background.log"  # both in the folder `codebot` of the git directory
_JOB = "background.json"
_LONGEST = 900.0  # seconds
_LOG_BYTES = 65_536
_MOST = 500  # targets: a first commit of everything is no reason to keep a machine warm
_LOOK = 1.0  # seconds between two looks whether the repository is still there
# Not `-m bot`: that would look for a package of this name in the current folder first, which is a stranger's.
_START = "import sys; sys.path[:] = [p for p in sys.path if p]; from bot.cli import main; main()"
_OURS = frozenset({"GIT_DIR", "GIT_WORK_TREE"})  # of git's variables, those that say where the repository is


def start(repo: Repository, subject: Subject, flags: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Leave what is to be asked and start a process that does; return whether that worked out."""
    if subject.between is not None:
        base, tree = subject.between
    elif subject.staged:
        try:
            tree, base = repo.staged_tree()
        except RepositoryError:
            return False
    else:
        return False
    folder = repo.git_dir / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        job = folder / f".{_JOB}.{os.getpid()}"
        job.write_text(json.dumps({"base": base, "tree": tree}), "utf-8")
        job.replace(folder / _JOB)
        with (folder / LOG).open("ab") as log:
            if log.tell() > _LOG_BYTES:
                log.truncate(0)
            _spawn(repo.root, log.fileno(), _environment(flags, environ))
    except OSError:
        return False
    return True


def _environment(flags: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the hook's environment, its flags as variables and without what only holds for the commit."""
    kept = {k: v for k, v in environ.items() if not k.startswith("GIT_") or k in _OURS or "CONFIG" in k}
    given = {
        f"CODEBOT_{name.upper()}": str(flags[name])
        for name in ("engine", "tasks", "confidence")
        if flags.get(name)
    }
    return {**kept, **given}


def _spawn(root: Path, log: int, environ: Mapping[str, str]) -> None:
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        detached = {"creationflags": flags | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    subprocess.Popen(
        [sys.executable, "-c", _START, "hook", "background"],
        cwd=root,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        **detached,
    ).returncode = 0  # it outlives us: nobody is to wait for it, nor to warn that nobody did


def fill() -> int:
    """Ask about the job that a hook left in the repository of the current folder; return an exit code."""
    from bot.cache import default_path  # noqa: PLC0415 - keeps `--help` light
    from bot.git import Repository  # noqa: PLC0415 - likewise
    from bot.lock import alone  # noqa: PLC0415 - likewise

    if hasattr(os, "nice"):
        os.nice(10)  # what people wait for goes first, but on a busy machine this comes to an end, too
    with Repository.open() as repo:
        folder = repo.git_dir / FOLDER
        threading.Thread(target=_watch, args=(folder,), daemon=True).start()
        with alone(default_path().with_name("background.lock")) as first:
            if not first:
                _log("another one is at work")
                return 0
            while (job := _take(folder / _JOB)) is not None:
                _log(f"asks about {job['base'][:12]}..{job['tree'][:12]}")
                _work(repo, job)
    return 0


def _work(repo: Repository, job: Mapping[str, str]) -> None:
    from bot.commands import session  # noqa: PLC0415 - keeps `--help` light
    from bot.commands.deadline import Stop  # noqa: PLC0415 - likewise

    stop = Stop()
    timer = threading.Timer(_LONGEST, stop.late)
    timer.daemon = True
    timer.start()
    flags = {"paths": (), "quiet": True, "read": reader(job["base"], job["tree"])}
    try:
        with session.open_run(flags, environ=os.environ) as opened:
            limit = opened.settings.limit
            most = _MOST if limit is None else min(limit, _MOST)
            run = replace(opened, settings=replace(opened.settings, limit=most))
            ledger = run.review(stop).ledger
        _log(
            f"{ledger.completed} asked, {ledger.cached} known already, {ledger.verified} proven, "
            f"{ledger.rejected.total()} rejected, {ledger.failed.total()} failed in {repo.root}"
        )
    except CodebotError as error:
        _log(str(error))
    finally:
        timer.cancel()


def _take(place: Path) -> dict[str, str] | None:
    """Return the job, which is then nobody else's."""
    mine = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.replace(mine)
        job = json.loads(mine.read_text("utf-8"))
        mine.unlink()
    except (OSError, ValueError):
        return None
    return job if isinstance(job, dict) and {"base", "tree"} <= set(job) else None


def _watch(folder: Path) -> None:
    """End the process once the repository is gone: nobody will ask for the answers."""
    while folder.is_dir():
        time.sleep(_LOOK)
    os._exit(0)


def _log(text: str) -> None:
    click.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}")
