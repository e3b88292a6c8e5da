"""`codebot explain ID`: one suggestion traced back to what the model saw and what was checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["command", "story"]


@click.command(name="explain")
@click.argument("id_", metavar="ID")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(id_: str, format_: str) -> int:
    """Trace one suggestion back: chunk, linked context, exact prompt, answer, each check.

    ID is what `codebot annotate` prints with a suggestion (its first characters will do), or
    PATH:SYMBOL of anything an answer was rejected for (PATH:SYMBOL:test or :fix for these tasks).

    \b
    codebot explain 3f2a9c
    codebot explain src/app.py:Server.start
    """
    from bot.cache import Cache  # noqa: PLC0415 - keeps `--help` light

    cache = Cache()
    try:
        found = _look_up(cache.load_trace, id_)
        if found is not None and "see" in found:  # PATH:SYMBOL leads to an ID
            found = _look_up(cache.load_trace, found["see"])
    finally:
        cache.close()
    if found is None:
        raise UsageError(
            f"nothing is remembered of {id_!r}",
            hint="Run `codebot annotate` again without --no-cache, then copy the ID it prints.",
        )
    if format_ == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=True))
    else:
        click.echo("\n".join(story(found)))
    return 0


def _look_up(load: Callable[[str], list[tuple[str, Any]]], name: str) -> dict[str, Any] | None:
    """Return the trace that `name` means: the one of exactly that name, or the only one that starts so."""
    from bot.report.escape import visible  # noqa: PLC0415

    traces = dict(load(name))
    if name in traces:
        traces = {name: traces[name]}
    if len(traces) > 1:
        raise UsageError(
            f"{name!r} could be any of {', '.join(map(visible, traces))}", hint="Give a few more characters."
        )
    return next(iter(traces.values()), None)


def story(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the story in the order it happened."""
    from bot.report.escape import visible  # noqa: PLC0415

    first, last = found["lines"]
    symbol = found["symbol"] or "the module"
    yield f"{found['id']}  {visible(found['path'])}:{first}-{last}  {visible(symbol)}  ({found['language']})"
    if found["outcome"] == "verified":
        yield "Proven: every check passed."
    else:
        yield f"Rejected: {found['reason']}" + (f" ({visible(found['detail'])})" if found["detail"] else "")
    engine = found["engine"]
    yield f"Engine: {visible(engine['url'])}  {engine['model']}  {engine['build'][:19]}"
    yield from _block("Chunk", found["chunk"])
    for asked in found["asked"]:
        yield f"\n== Asked for: {visible(asked['purpose'])}  (wording {asked['wording']})"
        yield from _context(asked)
        yield from _block(f"Prompt, {asked['prompt_tokens']} tokens", asked["prompt"])
        logprob = asked["mean_logprob"]
        sure = f", mean log-probability {logprob:.3f}" if logprob is not None else ""
        spent = "from the cache" if asked["cached"] else f"{asked['seconds']:.2f} s"
        title = f"Answer, {asked['completion_tokens']} tokens, {spent}, ended by {asked['finish']}{sure}"
        yield from _block(title, asked["answer"])
    yield "\nChecks"
    for check in found["evidence"]:
        mark = "passed" if check["passed"] else "FAILED"
        yield f"  {mark}  {check['check']}" + (f": {visible(check['detail'])}" if check["detail"] else "")
    if found["replacement"]:
        other = visible(found["edited"]) if found["edited"] != found["path"] else ""
        title = "Lines {}-{} become".format(*found["edit"])
        yield from _block(f"{other}: {title.lower()}" if other else title, found["replacement"])


def _context(asked: Mapping[str, Any]) -> Iterator[str]:
    from bot.report.escape import visible  # noqa: PLC0415

    if not asked["included"] and not asked["cut"]:
        yield "Linked context: none (this model's wording takes none, or nothing is linked)"
    for title, snippets in (("Linked context", asked["included"]), ("Cut for room", asked["cut"])):
        if snippets:
            yield f"{title}:"
        for snippet in snippets:
            text = " ".join(snippet["text"].split())
            where = f"{snippet['path']}:{snippet['symbol']}" if snippet["symbol"] else snippet["path"]
            yield f"  {snippet['kind']:8}  {visible(where)}  {visible(text[:90])}"


def _block(title: str, text: str) -> Iterator[str]:
    from bot.report.escape import visible  # noqa: PLC0415

    yield f"\n-- {title}"
    yield from (f"  | {visible(line)}" for line in text.splitlines())
