"""`codebot doctor`: what is installed, which engine answers, what is missing and how to get it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot import __version__
from bot.errors import CodebotError, EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.config import Settings
    from bot.ports import Engine

__all__ = ["command"]

PACKAGES = ("ctranslate2", "tokenizers", "tree-sitter", "gitpython", "ruff", "pydoclint")


@click.command(name="doctor")
@click.option("--engine", metavar="URL", help="The engine to try; default: the one that is configured.")
def command(engine: str | None) -> int:
    """Show what is installed, which engine answers, and what is missing.

    Exits with 3 when the engine does not answer, with 2 when the configuration is wrong.
    """
    for line in _programs():
        click.echo(line)
    for line in (*_grammars(), *_sandboxes()):
        click.echo(line)
    try:
        settings_lines, settings = _settings(engine)
        for line in (*_hooks(), *settings_lines):
            click.echo(line)
        for line in _round_trip(settings):
            click.echo(line)
    except CodebotError as error:
        click.echo(_row("missing", str(error)))
        if error.hint:
            click.echo(f"{'':9}{error.hint}")
        return error.exit_code
    return 0


def _row(state: str, text: str) -> str:
    return f"{state:9}{text}"


def _programs() -> Iterator[str]:
    yield _row("ok", f"codebot {__version__}, Python {platform.python_version()}, {platform.platform()}")
    git = shutil.which("git")
    if git is None:
        yield _row("missing", "git: install it to read repositories (folders can be read without)")
    else:
        told = subprocess.run([git, "--version"], capture_output=True, text=True, check=False)
        yield _row("ok", told.stdout.strip())
    for name in PACKAGES:
        try:
            yield _row("ok", f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield _row("missing", f"{name}: pip install {name}")


def _grammars() -> Iterator[str]:
    from bot.chunk.tree import has_error  # noqa: PLC0415
    from bot.languages import LANGUAGES  # noqa: PLC0415

    broken = []
    for name in LANGUAGES:
        try:
            has_error(name, b"")
        except Exception as error:  # noqa: BLE001 - whatever a native wheel raises is the finding
            broken.append(f"{name} ({error})")
    if broken:
        yield _row("missing", f"grammars: {', '.join(broken)}; pip install --force-reinstall codebot")
    yield _row("ok", f"{len(LANGUAGES) - len(broken)} grammars: {', '.join(sorted(LANGUAGES))}")


def _sandboxes() -> Iterator[str]:
    from bot.verify.sandbox import SANDBOX_HINT, available  # noqa: PLC0415

    kinds = [one for one in available() if one.isolates]
    refused: list[str] = []
    for one in kinds:
        if one.works:
            yield _row("ok", f"sandbox: {one.name} {one.detail}")
            yield from (_row("", f"not held: {each}") for each in one.unheld)
            yield from (_row("", f"a stronger one, {each}") for each in refused)
            return
        refused.append(f"{one.name}: {one.detail}")
    yield _row("missing", "sandbox, so no tests are written: " + "; ".join(refused))
    yield _row("", SANDBOX_HINT)


def _hooks() -> Iterator[str]:
    from bot.commands.hooking.state import hook_rows  # noqa: PLC0415
    from bot.git import Repository  # noqa: PLC0415
    from bot.report.escape import visible  # noqa: PLC0415

    try:
        repo = Repository.find()
    except CodebotError:  # the settings' rows say so
        return
    if repo is not None:
        with repo:
            yield from (_row(state, visible(text)) for state, text in hook_rows(repo))


def _settings(engine: str | None) -> tuple[list[str], Settings]:
    from bot.config import load  # noqa: PLC0415

    root = Path.cwd()
    try:
        from bot.git import Repository  # noqa: PLC0415

        repo = Repository.find(root)
        if repo is not None:
            root = repo.root
            repo.close()
    except CodebotError as error:
        click.echo(_row("note", f"git: {error}"))
    settings = load(root, {"engine": engine}, os.environ)
    lines = [
        _row("set", f"{name} = {_shown(getattr(settings, name))}  ({source})")
        for name, source in settings.sources.items()
        if source != "default"
    ]
    lines += [
        _row("ignored", f"{name} = {_shown(str(value))}  (this repository's file; codebot trust lets it)")
        for name, value in settings.untrusted.items()
    ]
    return lines or [_row("ok", "every setting is at its default")], settings


def _shown(value: object) -> str:
    from bot.engines import without_user  # noqa: PLC0415

    return repr(without_user(value) if isinstance(value, str) else value)


def _server(engine: Engine) -> Iterator[str]:
    """Tell what only an engine on a server has: how it is asked, and how much it takes at once."""
    inner = getattr(engine, "inner", None)
    if inner is not None and hasattr(inner, "served"):
        limits = ", ".join(f"{host} {limit}" for host, limit in inner.limits.items())
        bound = "its own tokenizer" if inner.measured else "a token a byte (?tokenizer=DIR counts true ones)"
        scores = "scores answers" if inner.served.scores else "gives no scores"
        yield _row("", f"speaks {inner.served.contract}; {scores}; measured by {bound}")
        yield _row("", f"requests in flight to begin with: {limits}")


def _round_trip(settings: Settings) -> Iterator[str]:
    """Ask the engine for one docstring and tell what it is and how long it took."""
    from bot.data import Change, Completion, Failed, Skipped  # noqa: PLC0415

    started = time.perf_counter()
    from bot.chunk.split import split  # noqa: PLC0415
    from bot.commands.session import access  # noqa: PLC0415
    from bot.engines import open_engine, without_user  # noqa: PLC0415
    from bot.prompt.build import build  # noqa: PLC0415
    from bot.prompt.template import wording_for  # noqa: PLC0415

    url = without_user(settings.engine)
    engine = open_engine(settings.engine, access=access(settings, os.environ))
    try:
        info = engine.info
        form = "chat" if info.chat else "fill in the middle"
        spoken = ", ".join(sorted(info.languages)) if info.languages else "any language"
        yield _row("engine", f"{info.url}  {info.model}  {info.build[:19]}")
        yield _row("", f"{info.family} family, asked by {form}, window {info.window:,} tokens, {spoken}")
        yield from _server(engine)
        source = b"def area(width, height):\n    return width * height\n"
        chunk = split(Change("example.py", source, source), budget=info.window)[0]
        wording = wording_for("docstring", info)
        prompt = build(
            chunk, "docstring", "summary", (), info, engine.tokenizer, wording=wording, max_tokens=32
        )
        if isinstance(prompt, Skipped):
            raise EngineError(f"{url}: {prompt.detail}")
        loaded = time.perf_counter()
        answer: Completion | Failed | None = None
        for each in engine.complete([prompt]):
            answer = each
        if not isinstance(answer, Completion):
            detail = answer.detail if isinstance(answer, Failed) else "no answer"
            raise EngineError(f"{url}: {detail}", hint="Is the engine running, and is this its address?")
        took = time.perf_counter() - loaded
        yield _row(
            "ok",
            f"answered {answer.completion_tokens} tokens in {took:.2f} s, ready in {loaded - started:.2f} s",
        )
    finally:
        engine.close()
