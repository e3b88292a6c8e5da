"""One run, put together: settings, files, engine, cache, context and house style become a review."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.config import Settings, load
from bot.data import Change, Outcome, Skipped
from bot.errors import UsageError
from bot.ledger import Ledger, Review
from bot.observe import NullObserver, Observer
from bot.ports import EngineInfo

if TYPE_CHECKING:
    from threading import Event

    from bot.engines.remote.credentials import Access
    from bot.ports import Engine

__all__ = ["Run", "access", "open_run"]

SURVEY = 400  # files whose docstrings vote on the house style; more would not change the vote

Files = Callable[[], Iterator[Change | Skipped]]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a run needs, opened; `review` does it."""

    root: Path
    settings: Settings
    files: Files  # what is to be annotated
    tree: Files  # all there is, to learn from
    companions: Callable[[str], list[str]]
    engine: Callable[[], Engine]  # opens it: with nothing to ask, no engine is needed, nor one that is down
    cache: Any  # bot.cache.Cache, or None
    narrow: bool  # only a part of the tree is to be annotated
    observer: Observer

    def review(self, cancel: Event) -> Review:
        """Annotate the files and book every outcome."""
        review = Review(_unasked(self.settings.engine), Ledger())
        try:
            files = self._counted(review)
            first = next(files, None)
            if first is None:
                return review
            from bot.pipeline import annotate  # noqa: PLC0415 - with nothing to do, none of it is needed

            engine = self.engine()
            review.engine = engine.info
            plan = self._plan(review, engine)
            outcomes = annotate(_chained(first, files), engine, plan, observer=self.observer, cancel=cancel)
            review.take(self._traced(outcomes, engine.info))
        finally:
            self.observer.finish()
        review.notes += self.cache.warnings if self.cache is not None else []
        review.sort()
        return review

    def _counted(self, review: Review) -> Iterator[Change | Skipped]:
        for item in self.files():
            review.ledger.files += 1
            yield item

    def _traced(self, outcomes: Iterator[Outcome], info: EngineInfo) -> Iterator[Outcome]:
        from bot.report.trace import trace  # noqa: PLC0415

        for outcome in outcomes:
            if self.cache is not None and (traced := trace(outcome, info)):
                self.cache.save_trace(traced["id"], traced)
                self.cache.save_trace(f"{traced['path']}:{traced['symbol']}", {"see": traced["id"]})
            yield outcome

    def _plan(self, review: Review, engine: Engine) -> Any:  # noqa: ANN401 - bot.pipeline.Plan, imported late
        from bot.commands.learn import house_style, linker  # noqa: PLC0415
        from bot.pipeline import Plan  # noqa: PLC0415
        from bot.prompt.template import wording_for  # noqa: PLC0415
        from bot.tasks.docstrings import DocOptions  # noqa: PLC0415

        settings = self.settings
        wording = wording_for("docstring", engine.info, settings.prompts)
        style = house_style(self.tree(), settings.style, SURVEY)
        if settings.sections != "auto":
            style = replace(style, sections=settings.sections == "always")
        review.style = style.describe()
        link = linker(self, wording, review)
        return Plan(
            options=DocOptions(
                style=settings.style,  # type: ignore[arg-type] # checked by bot.config
                private=settings.private,
                tests=settings.tests,
                improve=settings.improve,
                sections=settings.sections,  # type: ignore[arg-type] # checked by bot.config
                line_length=settings.line_length,
            ),
            style=style,
            gate=_gate(engine, settings, wording.form),
            wording=wording,
            limit=settings.limit,
            link=link,
            repository=self.root.name,
        )


@contextmanager
def open_run(flags: Mapping[str, Any], *, environ: Mapping[str, str]) -> Iterator[Run]:
    """Open what a run needs and close it again.

    Args:
        flags: Of `codebot annotate`, None or empty where not given.
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
        settings = load(root, _settings_flags(flags), environ)
        _check_tasks(settings)
        files, tree = _readers(repo, root, paths, flags, settings)
        cache = _open_cache(settings, stack)

        def engine() -> Engine:
            opened = _open_engine(settings, cache)
            stack.callback(opened.close)
            return opened

        yield Run(
            root=root,
            settings=settings,
            files=files,
            tree=tree,
            companions=repo.recent_companions if repo else lambda _path: [],
            engine=engine,
            cache=cache,
            narrow=bool(paths or flags.get("since") or flags.get("staged")),
            observer=_observer(quiet=bool(flags.get("quiet"))),
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


def _settings_flags(flags: Mapping[str, Any]) -> dict[str, object]:
    names = [
        "tasks",
        "engine",
        "jobs",
        "style",
        "sections",
        "include",
        "exclude",
        "improve",
        "private",
        "tests",
        "confidence",
        "record",
        "cache",
        "limit",
        "egress_log",
    ]
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
    return (
        lambda: repo.read(paths, since=since, staged=staged, filters=filters),
        lambda: repo.read((), filters=everything),
    )


def _open_cache(settings: Settings, stack: ExitStack) -> Any:  # noqa: ANN401 - bot.cache.Cache, imported late
    if not settings.cache:
        return None
    from bot.cache import Cache  # noqa: PLC0415

    cache = Cache()
    stack.callback(cache.close)
    return cache


def _open_engine(settings: Settings, cache: Any) -> Engine:  # noqa: ANN401
    from bot.engines import open_engine  # noqa: PLC0415

    return open_engine(
        settings.engine,
        jobs=settings.jobs,
        record=settings.record,
        store=cache,
        access=access(settings, os.environ),
        egress_log=settings.egress_log,
    )


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


def _gate(engine: Engine, settings: Settings, form: str) -> Any:  # noqa: ANN401 - bot.verify.confidence.Gate
    from bot.verify.confidence import NO_GATE, load_gate  # noqa: PLC0415

    if settings.confidence == "off":
        return (
            replace(load_gate(engine.info.build, form), threshold=None) if engine.info.logprobs else NO_GATE
        )
    gate = load_gate(engine.info.build, "chat" if form == "chat" else "fim")
    return gate if settings.confidence == "calibrated" else replace(gate, threshold=settings.confidence)


def _observer(*, quiet: bool) -> Observer:
    if quiet or not sys.stderr.isatty():
        return NullObserver()  # without importing what draws
    from bot.report.progress import observer  # noqa: PLC0415

    return observer(sys.stderr)


def _chained(first: Change | Skipped, rest: Iterator[Change | Skipped]) -> Iterator[Change | Skipped]:
    yield first
    yield from rest
