"""One run, put together: settings, files, engine, cache, context and house style become a review."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.commands.rooms import no_sandbox, sandbox_opener
from bot.config import Settings, load
from bot.data import Change, Outcome, Skipped, Task
from bot.errors import UsageError
from bot.ledger import Ledger, Review
from bot.observe import NullObserver, Observer
from bot.ports import EngineInfo

if TYPE_CHECKING:
    from threading import Event

    from bot.engines.remote.credentials import Access
    from bot.ports import Engine
    from bot.verify.sandbox import Sandbox

__all__ = ["Run", "access", "engine_opener", "observer_for", "open_cache", "open_run", "settings_flags"]

Files = Callable[[], Iterator[Change | Skipped]]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a run needs, opened; `review` does it."""

    root: Path
    settings: Settings
    files: Files  # what is to be annotated
    tree: Files  # all there is, to learn from
    companions: Callable[[str], list[str]]
    engine: Callable[[], Engine]  # opens it once: with nothing to ask, none is needed, nor one that is down
    cache: Any  # bot.cache.Cache, or None
    narrow: bool  # only a part of the tree is to be annotated
    observer: Observer
    sandbox: Callable[[], Sandbox] = no_sandbox  # opens it once; UsageError where none works
    source: Callable[[Path, str], bytes] | None = None  # reads what linked context quotes; None: the disk
    window: int = 64  # targets in work at once: few of them end soon, many keep a server busy

    def blank(self) -> Review:
        """Return the review of a run that did nothing yet."""
        return Review(_unasked(self.settings.engine), Ledger())

    def review(self, cancel: Event, into: Review | None = None) -> Review:
        """Take every task through the files and book every outcome.

        Args:
            cancel: Once set, what was not asked is skipped; a `bot.commands.deadline.Stop` says why.
            into: What to book in: `blank()`, held by whoever wants to look before this is over.
        """
        review = self.blank() if into is None else into
        try:
            files = self._counted(review)
            first = next(files, None)
            if first is None:
                return review
            from bot.commands.deadline import told  # noqa: PLC0415 - with nothing to do, none of it is needed
            from bot.commands.flows import flow_of  # noqa: PLC0415 - likewise
            from bot.pipeline import Taken, Work, run  # noqa: PLC0415

            taken = Taken()
            items = _chained(first, files)
            for name in self.settings.tasks:
                flow = flow_of(name, self, review)
                outcomes = told(run(flow, Work(items, self.observer, cancel, taken, self.window)), cancel)
                review.take(self._traced(outcomes, review, flow.task), flow.task)
                # what was skipped as a whole is on the ledger by now, and is not counted again
                items = (item for item in self.files() if isinstance(item, Change))
        finally:
            self.observer.finish()
        review.notes += self.cache.warnings if self.cache is not None else []
        review.sort()
        return review

    def _counted(self, review: Review) -> Iterator[Change | Skipped]:
        for item in self.files():
            review.ledger.files += 1
            yield item

    def _traced(self, outcomes: Iterator[Outcome], review: Review, task: Task) -> Iterator[Outcome]:
        from bot.report.trace import trace  # noqa: PLC0415

        suffix = "" if task == "docstring" else f":{task}"
        for outcome in outcomes:
            if self.cache is not None and (traced := trace(outcome, review.engine, task)):
                self.cache.save_trace(traced["id"], traced)
                self.cache.save_trace(f"{traced['path']}:{traced['symbol']}{suffix}", {"see": traced["id"]})
            yield outcome


@contextmanager
def open_run(flags: Mapping[str, Any], *, environ: Mapping[str, str]) -> Iterator[Run]:
    """Open what a run needs and close it again.

    Args:
        flags: Of `codebot annotate`, None or empty where not given. In place of `since` and `staged` there
            may be `read`, which is given the repository and the filters and reads what is to be annotated;
            `patience` is how many seconds a server may take to say what it is, unless its URL says that.
        environ: Environment variables.

    Raises:
        UsageError: A flag, setting or path is wrong.
        RepositoryError: git cannot give what was asked for.
        EngineError: There is no such engine.
    """
    with ExitStack() as stack:
        paths = list(flags["paths"])
        start = _start(paths)
        repo, root = _repository(start, stack)
        settings = load(root, settings_flags(flags), environ)
        _check_tasks(settings)
        if patience := flags.get("patience"):
            settings = replace(settings, engine=_impatient(settings.engine, patience))
        files, tree = _readers(repo, root, paths, flags, settings)
        cache = open_cache(settings, stack)

        yield Run(
            root=root,
            settings=settings,
            files=files,
            tree=tree,
            companions=repo.recent_companions if repo else lambda _path: [],
            engine=engine_opener(settings, cache, environ, stack),
            sandbox=sandbox_opener(settings, root, environ, stack),
            cache=cache,
            narrow=bool(paths or flags.get("read") or flags.get("since") or flags.get("staged")),
            observer=observer_for(quiet=bool(flags.get("quiet"))),
        )


def _start(paths: list[str]) -> Path:
    """Return the folder that all paths lie in, or the nearest of its parents that exists."""
    if not paths:
        return Path.cwd()
    folders = [
        os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".") for path in paths
    ]
    try:
        common = Path(os.path.commonpath(folders))
    except ValueError as error:  # other drives
        raise UsageError("these paths have no folder in common", hint="Run codebot once for each.") from error
    return next(each for each in (common, *common.parents) if each.is_dir())


def _repository(start: Path, stack: ExitStack) -> tuple[Any, Path]:
    """Return the repository that `start` lies in and its root; without one, None and a folder."""
    from bot.git import Repository  # noqa: PLC0415 - GitPython takes its time

    repo = Repository.find(start)
    if repo is None:
        return None, start.resolve()
    stack.callback(repo.close)
    return repo, repo.root


def settings_flags(flags: Mapping[str, Any]) -> dict[str, object]:
    """Return the flags that are settings."""
    names = """tasks engine jobs style sections examples include exclude improve private tests confidence
    record cache limit deadline egress_log sandbox python findings junit
    doctests prompts""".split()  # noqa: SIM905
    return {name: flags.get(name) for name in names}


def _check_tasks(settings: Settings) -> None:
    if settings.prompts is not None:
        from bot.prompt.template import check_folder  # noqa: PLC0415

        check_folder(settings.prompts)


def _readers(
    repo: Any,  # noqa: ANN401 - bot.git.Repository, imported late
    root: Path,
    paths: list[str],
    flags: Mapping[str, Any],
    settings: Settings,
) -> tuple[Files, Files]:
    from bot.files import load_filters, read_folder  # noqa: PLC0415

    filters = load_filters(
        root, include=settings.include, exclude=settings.exclude, max_bytes=settings.max_file_bytes
    )
    everything = replace(filters, include=(), exclude=())
    since, staged = flags.get("since"), bool(flags.get("staged"))
    if repo is None:
        if since or staged:
            raise UsageError(f"{root}: --since and --staged need a git repository")
        return (lambda: read_folder(root, paths, filters)), (lambda: read_folder(root, (), everything))
    if read := flags.get("read"):
        return (lambda: read(repo, filters)), (lambda: repo.read((), filters=everything))
    return (
        lambda: repo.read(paths, since=since, staged=staged, filters=filters),
        lambda: repo.read((), filters=everything),
    )


def open_cache(settings: Settings, stack: ExitStack) -> Any:  # noqa: ANN401 - bot.cache.Cache, imported late
    """Return the cache, which `stack` closes; None where the settings want none."""
    if not settings.cache:
        return None
    from bot.cache import Cache  # noqa: PLC0415

    cache = Cache()
    stack.callback(cache.close)
    return cache


def engine_opener(
    settings: Settings,
    cache: Any,  # noqa: ANN401 - bot.cache.Cache, imported late
    environ: Mapping[str, str],
    stack: ExitStack,
) -> Callable[[], Engine]:
    """Return what opens the engine when it is first called, for `stack` to close."""

    @lru_cache(maxsize=1)
    def engine() -> Engine:
        opened = _open_engine(settings, cache, environ)
        stack.callback(opened.close)
        return opened

    return engine


def _open_engine(settings: Settings, cache: Any, environ: Mapping[str, str]) -> Engine:  # noqa: ANN401
    from bot.engines import open_engine  # noqa: PLC0415

    return open_engine(
        settings.engine,
        jobs=settings.jobs,
        record=settings.record,
        store=cache,
        access=access(settings, environ),
        egress_log=settings.egress_log,
    )


def _impatient(url: str, seconds: float) -> str:
    """Return a server's URL with this `patience`, unless it has one of its own."""
    if "://" not in url or "patience=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}patience={seconds:g}"


def access(settings: Settings, environ: Mapping[str, str]) -> Access | None:
    """Return where an engine's credentials are; None for an engine that takes none."""
    if "://" not in settings.engine:
        return None
    from bot.engines.remote.credentials import TOKEN, Access  # noqa: PLC0415

    return Access(
        settings.engine_ca,
        settings.engine_cert,
        settings.engine_key,
        settings.engine_headers,
        environ.get(TOKEN, ""),
    )


def _unasked(url: str) -> EngineInfo:
    """Return what is known of an engine that was not needed: its address, without credentials."""
    return EngineInfo(url=re.sub("//[^/@]*@", "//", url), model="", build="", family="", window=0)


def observer_for(*, quiet: bool) -> Observer:
    """Return who draws progress: nobody, unless standard error is a terminal."""
    if quiet or not sys.stderr.isatty():
        return NullObserver()  # without importing what draws
    from bot.report.progress import observer  # noqa: PLC0415

    return observer(sys.stderr)


def _chained(first: Change | Skipped, rest: Iterator[Change | Skipped]) -> Iterator[Change | Skipped]:
    yield first
    yield from rest
