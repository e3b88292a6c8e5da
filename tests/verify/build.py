"""Suggestions made by hand: the shortest way from code and a docstring to what `verify` takes."""

from __future__ import annotations

import textwrap
from typing import Literal

from bot.chunk.symbols import symbols
from bot.data import Change, Chunk, Completion, Context, Prompt, Snippet, Suggestion, Symbol

Form = Literal["fim", "chat"]


def chunk_of(code: str, qualname: str, *, language: str = "python", path: str = "pkg/module.py") -> Chunk:
    """Return the chunk of one symbol of `code`; the last of that name."""
    source = code.encode()
    found = [one for one in symbols(language, source) if one.qualname == qualname]
    assert found, f"no {qualname} in the code"
    symbol = found[-1]
    kind: Literal["module", "class", "function"] = "function" if symbol.kind == "method" else symbol.kind
    change = Change(path=path, raw=source, source=source)
    return Chunk(change, language, kind, symbol.start, symbol.end, symbol.start_line, symbol.end_line, symbol)


def document(
    code: str,
    doc: str,
    qualname: str | None = None,
    *,
    language: str = "python",
    logprobs: tuple[float, ...] | None = None,
    snippets: tuple[str, ...] = (),
    baseline: str = "",
) -> Suggestion:
    """Return the suggestion that puts `doc` into Python `code`, in front of the symbol's first statement."""
    code = textwrap.dedent(code).lstrip("\n")
    if qualname is None:
        qualname = next(s.qualname for s in symbols(language, code.encode()) if s.kind != "module")
    chunk = chunk_of(code, qualname, language=language)
    assert chunk.symbol is not None
    line = chunk.symbol.body_line
    anchor = code.encode().splitlines(keepends=True)[line - 1].decode()
    return suggestion(
        chunk, line, line, quoted(doc, chunk.symbol) + anchor, doc, logprobs, snippets, baseline
    )


def quoted(doc: str, symbol: Symbol) -> str:
    """Return a docstring statement in a symbol's body, with a line end."""
    lines = textwrap.dedent(doc).strip().splitlines()
    text = "\n".join([lines[0], *(symbol.body_indent + line if line else "" for line in lines[1:])])
    closing = f"\n{symbol.body_indent}" if len(lines) > 1 else ""
    return f'{symbol.body_indent}"""{text}{closing}"""\n'


def suggestion(  # noqa: PLR0917 - in the order of a suggestion's own fields
    chunk: Chunk,
    start: int,
    end: int,
    replacement: str,
    answer: str = "",
    logprobs: tuple[float, ...] | None = None,
    snippets: tuple[str, ...] = (),
    baseline: str = "",
) -> Suggestion:
    """Return a suggestion with the completion it would have been made of."""
    context = Context(tuple(Snippet("uses", "other.py", "x", text) for text in snippets))
    prompt = Prompt(
        chunk, "docstring", "summary", chunk.text, "fim", 10, 64, baseline=baseline, context=context
    )
    completion = Completion(prompt, answer, "stop", 10, len(logprobs or ()), 0.1, logprobs)
    return Suggestion("id", "docstring", chunk, start, end, replacement, "", (completion,))
