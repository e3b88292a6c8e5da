"""The docstring task: whom to ask about, what to ask, and how an answer becomes an edit.

The model writes phrases. Which names are documented, their types and defaults, exceptions, layout and
position come from the syntax tree.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bot.data import Completion, Rejected, Suggestion
from bot.tasks.layout import comment
from bot.tasks.layout_python import DocText, content, quoted
from bot.tasks.place import longest_line, room_for
from bot.tasks.reading import Refusal, summary
from bot.tasks.sections import lone_section, purposes, with_sections
from bot.tasks.style import HouseStyle, StyleVotes, detect_style
from bot.tasks.target import DocOptions, Target, target

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "read_summary",
    "suggestion_id",
    "target",
]

_GAP = "\ue000"  # private use: where the model's phrase goes
_NARROW, _WIDE = 79, 120  # line lengths below and above which a file's own longest line says nothing


def read_summary(task: Target, answer: Completion, style: HouseStyle) -> str | Refusal:
    """Read the summary out of an answer, in the mood that the convention's rules ask for."""
    verbal = task.symbol.kind in {"function", "method"} and style.convention != "google"  # D401
    return summary(answer, imperative=verbal and task.form.placement == "inside")


def lead_in(task: Target, style: HouseStyle, purpose: str, summary_text: str) -> str:
    r"""Return the doc comment so far, behind its opening, that a follow-up answer continues.

    Args:
        task: The target.
        style: Gives the convention.
        purpose: One of `purposes`.
        summary_text: The summary sentence that was already read.

    Returns:
        Unindented text such as "Open it.\n\nArgs:\n    path (str):" for "param:path".
    """
    doc = lone_section(task, style, purpose, summary_text, _GAP)
    form = task.form
    if form.placement == "inside":
        lines = content(doc, style, width=10_000)
    else:
        framed = comment(form, task.symbol.name, doc, 10_000)
        if isinstance(framed, Refusal):
            return summary_text
        lines = framed[1:] if form.opening and form.closing else framed
        lines = [lines[0].strip().removeprefix(form.prefix.strip()).strip(), *lines[1:]]
    return "\n".join(lines).partition(_GAP)[0].rstrip(" ")


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
    text = read_summary(task, first, style)
    if isinstance(text, Refusal):
        return Rejected(task.chunk, text.reason, text.detail, tuple(completions))
    doc = with_sections(task, answers, style, text)
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
    anchor = room_for(task.symbol, task.chunk.change.source, task.form)
    if anchor is None:
        return Refusal("does-not-parse", "no room for a docstring")
    width = _line_length(task) - len(anchor.indent.expandtabs(4))
    if task.form.placement == "before":
        lines = comment(task.form, task.symbol.name, doc, width)
        return lines if isinstance(lines, Refusal) else (anchor, lines)
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
