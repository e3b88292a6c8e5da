"""Fill-in-the-middle requests, and left-to-right ones for models that know no other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.languages import LANGUAGES
from bot.prompt.family import neutralise
from bot.prompt.fit import choose, longest_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Snippet
    from bot.ports import Tokenizer
    from bot.prompt.family import Family
    from bot.prompt.pieces import Pieces
    from bot.prompt.template import Wording

__all__ = ["Asked", "Request", "fit", "snippet_line"]

_MARKS = 8  # more special tokens than any family puts around the halves


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that fits: its text, true tokens, stops, and the snippets it has room for (by index)."""

    text: str
    tokens: int
    stop: tuple[str, ...]
    baseline: str
    included: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """All that goes into one request, before anything is cut."""

    pieces: Pieces
    wording: Wording
    family: Family
    specials: tuple[str, ...]
    answer: str
    more: bool  # the doc comment has more than one line
    path: str
    repository: str = ""
    parameter: str = ""

    def values(self) -> dict[str, object]:
        """Return what the templates' placeholders stand for."""
        p = self.pieces
        return {
            "imports": "\n".join(p.imports) + "\n\n\n" if p.imports else "",
            "class_header": p.class_header,
            "head": p.head,
            "body": p.body,
            "code": p.code,
            "indent": p.indent,
            "body_indent": p.body_indent,
            "open": p.open,
            "close": p.close,
            "answer": self.answer,
            "language": p.language,
            "name": p.name,
            "kind": p.kind,
            "parameter": self.parameter,
            "summary": self.answer.strip().split("\n")[0],
            "context": "",
            "path": _printable(self.path),
            "symbol": p.name,
            "text": "",
            "comment": _comment(p.language),
        }

    def halves(self, context: Sequence[str] = ()) -> tuple[str, str]:
        """Return what lies before and behind the gap; nothing in them tokenises to a special token."""
        form = self.wording.inside if self.pieces.inside else self.wording.before
        values = self.values()
        before = form["prefix"].format_map(values)
        if self.wording.context == "comments":
            before = "".join(f"{line}\n" for line in context) + before
        elif self.files(context):
            before = f"{_printable(self.path)}\n{before}"
        after = form["suffix_more" if self.more and "suffix_more" in form else "suffix"].format_map(values)
        return neutralise(before, self.specials), neutralise(after, self.specials)

    def files(self, context: Sequence[str]) -> str:
        """Return the linked context in the family's repository form, "" without one."""
        if self.wording.context != "files" or not self.family.file or not context:
            return ""
        repo = self.family.repo + neutralise(self.repository, self.specials) if self.repository else ""
        parts = (neutralise(each, self.specials) for each in context)
        return repo + "".join(f"{self.family.file}{part}" for part in parts) + self.family.file

    def text(self, context: Sequence[str] = ()) -> str:
        """Return the request as the engine gets it."""
        return self.family.fill(*self.halves(context), self.files(context))

    def stops(self) -> tuple[str, ...]:
        """Return where an answer ends: the wording's stops and the family's special tokens."""
        values = self.values()
        stops = (stop.format_map(values).strip(" ") for stop in self.wording.stop)
        return tuple(dict.fromkeys(s for s in (*stops, *self.family.stops) if s))


def _printable(path: str) -> str:
    """Return a path that a tokenizer can take: names of files need not be Unicode."""
    return path.encode("utf-8", "backslashreplace").decode()


def _comment(language: str) -> str:
    row = LANGUAGES.get(language)
    return row.line_comment if row else "#"


def snippet_line(snippet: Snippet, wording: Wording, language: str) -> str:
    """Return a snippet as the wording has it; in comments, every line is one."""
    comment = _comment(language)
    text = snippet.text.strip()
    if wording.context == "comments":
        text = f"\n{comment} ".join(line.rstrip() for line in text.splitlines())
    values = {"path": _printable(snippet.path), "symbol": snippet.symbol, "text": text, "comment": comment}
    values |= {"kind": snippet.kind, "answer": snippet.answer}
    return wording.snippet.format_map(values)


def fit(
    request: Request,
    snippets: Sequence[Snippet],
    tokenizer: Tokenizer,
    *,
    room: int,
    limits: tuple[int, int] | None,
) -> Asked | None:
    """Cut a request to `room` tokens, and each half to its limit; None where the signature has no room.

    The body is cut from its end, by whole lines. Of what lies around the signature the class header is
    kept first, then imports, then linked context, which never take more than a quarter from a long body.
    """
    pieces = request.pieces
    count = lru_cache(maxsize=64)(tokenizer.count)  # one half stays while the other is cut

    def fits(part: Request, context: Sequence[str] = ()) -> bool:
        if limits is not None:
            before, after = (count(half) for half in part.halves(context))
            if before > limits[0] or after > limits[1]:
                return False
            if not context and sum(limits) + _MARKS <= room:
                return True
        return count(part.text(context)) <= room

    core = replace(request, pieces=replace(pieces, imports=(), body=""))
    if not fits(core):
        core = replace(core, pieces=replace(core.pieces, class_header=""))
        if not fits(core):
            return None
    lines = [snippet_line(s, request.wording, pieces.language) for s in snippets]
    spent = count(core.text())
    around = count("\n".join((*pieces.imports, *lines)))
    left = room - spent
    if limits is None:
        budget = left - min(around, left // 4)
    else:
        budget = min(left, limits[1] - count(core.halves()[1]))
    budget = min(budget, request.wording.body_tokens or budget)
    body = longest_body(pieces.body, budget, tokenizer, lambda kept: fits(_with_body(core, kept)))
    cut = _with_body(core, body)
    imports = choose(pieces.imports, lambda kept: fits(_with_imports(cut, kept)))
    full = _with_imports(cut, [pieces.imports[i] for i in imports])
    most = request.wording.context_tokens
    chosen = (
        choose(lines, lambda kept: tokenizer.count("\n".join(kept)) <= most and fits(full, kept))
        if lines
        else []
    )
    context = [lines[i] for i in chosen]
    text = full.text(context)
    hollow = _with_body(full, pieces.hollow)
    known = body not in {"", pieces.hollow} and fits(hollow, context)
    baseline = hollow.text(context) if known else ""
    return Asked(text, count(text), request.stops(), baseline, tuple(chosen))


def _with_body(request: Request, body: str) -> Request:
    return replace(request, pieces=replace(request.pieces, body=body))


def _with_imports(request: Request, imports: Sequence[str]) -> Request:
    return replace(request, pieces=replace(request.pieces, imports=tuple(imports)))
