"""The docstring task: whom to ask about, what to ask, and how an answer becomes an edit.

The model writes phrases. Which names are documented, their types and defaults, exceptions, layout and
position come from the syntax tree. A docstring has sections when the house style wants them *and* every
description is there *and* the tree leaves no doubt about results and exceptions; otherwise it is a summary.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from bot.data import Completion, Rejected, Suggestion
from bot.languages import LANGUAGES
from bot.tasks.layout_python import DocText, Entry, content, quoted
from bot.tasks.place import inside, longest_line, module_top
from bot.tasks.reading import Refusal, phrase, summary
from bot.tasks.style import HouseStyle, StyleVotes, detect_style
from bot.tasks.target import DocOptions, Target, target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Parameter
    from bot.tasks.place import Anchor

__all__ = [
    "DocOptions",
    "HouseStyle",
    "StyleVotes",
    "Target",
    "compose",
    "detect_style",
    "lead_in",
    "purposes",
    "suggestion_id",
    "target",
]

_ITERATORS = re.compile(
    r"\A(?:[\w.]+\.)?(?:(?:Async)?(?:Iterator|Iterable)\[(?P<only>.*)\]|(?:Async)?Generator\[(?P<first>.*)\])\Z"
)
_NOTHING = {"None", "NoReturn", "Never", "typing.NoReturn", "typing.Never"}
_LONG_DEFAULT = 40  # characters; a longer default says more in the signature than in a sentence
_NARROW, _WIDE = 79, 120  # line lengths below and above which a file's own longest line says nothing


def purposes(task: Target, style: HouseStyle) -> tuple[str, ...]:
    """Return what to ask beyond the summary: "param:NAME"…, then "returns" or "yields"; () for none."""
    if not _wants_sections(task, style):
        return ()
    asked = [f"param:{p.name}" for p in task.parameters]
    result = _result(task)
    return (*asked, result[0]) if result and result[0] else tuple(asked)


def lead_in(task: Target, style: HouseStyle, purpose: str, summary_text: str) -> str:
    r"""Return the docstring so far, unindented, that a follow-up answer continues.

    Args:
        task: The target.
        style: Gives the convention.
        purpose: One of `purposes`.
        summary_text: The summary sentence that was already read.

    Returns:
        Text such as "Open it.\n\nArgs:\n    path (str):" for "param:path".
    """
    blank = "\0"
    if purpose.startswith("param:"):
        wanted = [p for p in task.parameters if p.name == purpose.removeprefix("param:")]
        doc = DocText(summary_text, parameters=tuple(Entry(_starred(p), _type(p), blank) for p in wanted))
    else:
        kind = (_result(task) or ("", ""))[1]
        entry = Entry("", kind, blank)
        yields = purpose == "yields"
        doc = DocText(summary_text, yields=entry if yields else None, returns=None if yields else entry)
    return "\n".join(content(doc, style, width=10_000)).partition(blank)[0].rstrip(" ")


def compose(task: Target, completions: Sequence[Completion], style: HouseStyle) -> Suggestion | Rejected:
    """Make an edit of a model's answers.

    Args:
        task: Whom it documents.
        completions: The answers so far, told apart by `prompt.purpose`; one must be the "summary".
        style: The house style; `task.options` overrules its sections.

    Returns:
        The suggestion, or why the answers give none.
    """
    answers = {c.prompt.purpose: c for c in completions}
    first = answers.get("summary")
    if first is None:
        return Rejected(task.chunk, "no-answer", "no summary", tuple(completions))
    verbal = task.symbol.kind in {"function", "method"} and style.convention != "google"  # as D401 asks
    text = summary(first, imperative=verbal)
    if isinstance(text, Refusal):
        return Rejected(task.chunk, text.reason, text.detail, tuple(completions))
    doc = _with_sections(task, answers, style, text) or DocText(text)
    written = _write(task, doc, style)
    if isinstance(written, Refusal):
        return Rejected(task.chunk, written.reason, written.detail, tuple(completions))
    anchor, lines = written
    replacement = anchor.around(lines)
    try:
        replacement.encode(task.chunk.change.encoding)
    except UnicodeEncodeError as error:
        found = f"{error.object[error.start]!r} cannot be written in {error.encoding}"
        return Rejected(task.chunk, "unsafe-text", found, tuple(completions))
    return Suggestion(
        id=suggestion_id(task),
        task="docstring",
        chunk=task.chunk,
        start_line=anchor.start_line,
        end_line=anchor.end_line,
        replacement=replacement,
        message=_message(task),
        completions=tuple(completions),
    )


def suggestion_id(task: Target) -> str:
    """Return an identifier that survives line shifts, other models and re-indentation."""
    symbol, source = task.symbol, task.chunk.change.source
    own = b"" if symbol.kind == "module" else source[symbol.start : symbol.end]
    if symbol.kind == "class":
        own = source[symbol.start : symbol.body]  # its members come and go
    parts = ["docstring", task.chunk.change.path, symbol.qualname, str(symbol.ordinal)]
    text = "\0".join([*parts, " ".join(own.decode("utf-8", "replace").split())])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _message(task: Target) -> str:
    if task.symbol.kind == "module":
        return f"Document the module `{task.chunk.change.path}`"
    return f"Document `{task.symbol.qualname}`"


def _write(task: Target, doc: DocText, style: HouseStyle) -> tuple[Anchor, list[str]] | Refusal:
    """Lay a doc comment out and find its place."""
    source, symbol = task.chunk.change.source, task.symbol
    if LANGUAGES[task.language].doc.placement == "before":
        return Refusal("convention", f"no layout for {task.language} yet")
    anchor = module_top(source) if symbol.kind == "module" else inside(source, symbol)
    if anchor is None:
        return Refusal("does-not-parse", "no room for a docstring")
    width = _line_length(task) - len(anchor.indent.expandtabs(4))
    literal = quoted(content(doc, style, width), style, width)
    if literal is None:
        return Refusal("unsafe-text", "does not read back the same from its quotes")
    if len(literal[0]) > width:
        return Refusal("convention", f"the summary needs {len(literal[0])} columns of {width}")
    return anchor, literal


def _line_length(task: Target) -> int:
    longest = longest_line(task.chunk.change.source)
    wide = task.options.line_length
    return min(max(longest, wide), _WIDE) if longest > _NARROW else max(wide, _NARROW)


def _wants_sections(task: Target, style: HouseStyle) -> bool:
    wanted = task.options.sections
    if wanted == "never" or (wanted == "auto" and not style.sections):
        return False
    known = task.facts
    if task.symbol.kind not in {"function", "method"} or known is None or known.attribute:
        return False
    if known.raises is None or _result(task) is None:
        return False
    return bool(task.parameters or known.raises or known.returns or known.yields)


def _result(task: Target) -> tuple[str, str] | None:
    """Return ("returns" or "yields" or "", its type); None when annotation and body disagree."""
    known, annotation = task.facts, _one_line(task.symbol.returns)
    if known is None:
        return None
    if known.yields:
        found = _ITERATORS.match(annotation)
        if known.returns or (annotation and not found):
            return None
        return "yields", _yielded(found) if found else ""
    if known.returns:
        return None if annotation in _NOTHING else ("returns", annotation)
    return ("", "") if not annotation or annotation in _NOTHING else None


def _yielded(found: re.Match[str]) -> str:
    if found["only"] is not None:
        return found["only"].strip()
    depth = 0
    for at, char in enumerate(found["first"]):
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            return found["first"][:at].strip()
    return found["first"].strip()


def _with_sections(
    task: Target, answers: dict[str, Completion], style: HouseStyle, text: str
) -> DocText | None:
    """Return the docstring with every section, None when it is to be a summary alone."""
    if not _wants_sections(task, style):
        return None
    said: dict[str, str] = {}
    for purpose in purposes(task, style):
        answer = answers.get(purpose)
        read = phrase(answer, name=purpose.removeprefix("param:")) if answer else Refusal("no-answer")
        if isinstance(read, Refusal):
            return None  # all or nothing: half a section is worse than none
        said[purpose] = read
    described = tuple(
        Entry(_starred(p), _type(p), said[f"param:{p.name}"] + _default(p)) for p in task.parameters
    )
    which, kind = _result(task) or ("", "")
    result = Entry("", kind, said[which]) if which else None
    raises = task.facts.raises if task.facts and task.facts.raises else ()
    return DocText(
        text,
        described,
        returns=result if which == "returns" else None,
        yields=result if which == "yields" else None,
        raises=tuple(Entry(r.name, "", r.when) for r in raises),
    )


def _starred(parameter: Parameter) -> str:
    return {"variadic": "*", "keywords": "**"}.get(parameter.kind, "") + parameter.name


def _type(parameter: Parameter) -> str:
    return _one_line(parameter.annotation)


def _default(parameter: Parameter) -> str:
    text = _one_line(parameter.default)
    fits = (
        text
        and len(text) <= _LONG_DEFAULT
        and not set(text) & set("\\`")
        and '"""' not in text
        and "'''" not in text
    )
    return f" Defaults to {text}." if fits else ""


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
