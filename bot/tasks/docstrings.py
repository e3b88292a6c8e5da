"""The docstring task: whom to ask about, what to ask, and how an answer becomes an edit.

The model writes phrases. Which names are documented, their types and defaults, exceptions, layout and
position come from the syntax tree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.data import Completion, Rejected, Suggestion
from bot.tasks.examples import PURPOSE, Example
from bot.tasks.identity import symbol_id
from bot.tasks.improve import mended
from bot.tasks.layout import comment
from bot.tasks.layout_python import DocText, content, quoted
from bot.tasks.place import doc_lines, longest_line, room_for
from bot.tasks.reading import Refusal, summary
from bot.tasks.sections import entry_said, lone_section, purposes, with_sections
from bot.tasks.style import HouseStyle, StyleVotes, detect_style
from bot.tasks.target import DocOptions, Target, target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.tasks.improve import Fault

__all__ = [
    "DocOptions",
    "HouseStyle",
    "StyleVotes",
    "Target",
    "compose",
    "detect_style",
    "example_width",
    "lead_in",
    "purposes",
    "read_summary",
    "target",
    "wants_examples",
]

_ABOVE_ENTRY = {"google": 3, "numpy": 4, "sphinx": 2}  # lines of a docstring before its first parameter
_GAP = "\ue000"  # private use: where the model's phrase goes
_STEP = "    "  # what a section's lines are indented by, at most
_NARROW, _WIDE = 79, 120  # line lengths below and above which a file's own longest line says nothing


def read_summary(task: Target, answer: Completion, style: HouseStyle) -> str | Refusal:
    """Read the summary out of an answer, in the mood that the convention's rules ask for."""
    verbal = task.symbol.kind in {"function", "method"} and style.convention != "google"  # D401
    return summary(answer, imperative=verbal and task.form.placement == "inside")


def wants_examples(task: Target, style: HouseStyle) -> bool:
    """Whether examples are asked for: of a function that a line of an example can call and await nothing."""
    wanted, symbol = task.options.examples, task.symbol
    if wanted == "never" or (wanted == "auto" and not style.examples):
        return False
    header = task.chunk.change.source[symbol.header : symbol.body].split()
    plain = task.language == "python" and symbol.kind in {"function", "method"} and not symbol.nested
    return plain and task.wrong is None and header[:1] != [b"async"]


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
    if task.wrong is not None:
        style = replace(style, convention=task.wrong.convention, types=task.wrong.typed)
    if purpose == PURPOSE:
        doc = DocText(summary_text, examples=(Example(_GAP, ""),))
    else:
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


def example_width(task: Target) -> int:
    """Return how many columns a line of an example may take."""
    return _line_length(task) - len(task.symbol.body_indent.expandtabs(4)) - len(_STEP)


def compose(
    task: Target, completions: Sequence[Completion], style: HouseStyle, examples: tuple[Example, ...] = ()
) -> Suggestion | Rejected:
    """Make an edit of a model's answers.

    Args:
        task: Whom it documents.
        completions: The answers so far, told apart by `prompt.purpose`; one must be the "summary".
        style: The house style; `task.options` overrules its sections.
        examples: What stands in the docstring; none unless they ran.

    Returns:
        The suggestion, or why the answers give none.
    """
    answers = {c.prompt.purpose: c for c in completions}
    first = answers.get("summary")
    if first is None:
        return Rejected(task.chunk, "no-answer", "no summary", tuple(completions))
    if task.wrong is not None:
        edit = _mend(task, task.wrong, answers, style)
    else:
        text = read_summary(task, first, style)
        edit = (
            text
            if isinstance(text, Refusal)
            else _write(task, replace(with_sections(task, answers, style, text), examples=examples), style)
        )
    if isinstance(edit, Refusal):
        return Rejected(task.chunk, edit.reason, edit.detail, tuple(completions))
    start, end, replacement = edit
    try:
        replacement.encode(task.chunk.change.encoding)
    except UnicodeEncodeError as error:
        found = f"{error.object[error.start]!r} cannot be written in {error.encoding}"
        return Rejected(task.chunk, "unsafe-text", found, tuple(completions))
    return Suggestion(
        id=symbol_id("docstring", task.chunk.change, task.symbol),
        task="docstring",
        chunk=task.chunk,
        start_line=start,
        end_line=end,
        replacement=replacement,
        message=_message(task),
        completions=tuple(completions),
    )


def _message(task: Target) -> str:
    if task.symbol.kind == "module":
        return f"Document the module `{task.chunk.change.path}`"
    return f"{'Correct the docstring of' if task.wrong else 'Document'} `{task.symbol.qualname}`"


def _mend(
    task: Target, wrong: Fault, answers: Mapping[str, Completion], style: HouseStyle
) -> tuple[int, int, str] | Refusal:
    """Correct the docstring that is there: what a person wrote stays, the summary included."""
    house = replace(style, convention=wrong.convention, types=wrong.typed)
    start, end, lines, newline = doc_lines(task.chunk.change.source, task.symbol.doc or (0, 0))
    width = _line_length(task) - len(task.symbol.body_indent.expandtabs(4))
    added: dict[str, list[str]] = {}
    for name in wrong.missing:
        entry = entry_said(task, answers, house, name)
        if entry is not None:
            body = content(DocText("", parameters=(entry,)), house, width)[_ABOVE_ENTRY[wrong.convention] :]
            added[name] = [task.symbol.body_indent + line for line in body]
    made = mended(lines, wrong, [p.name for p in task.parameters], added)
    if made is None:
        return Refusal("no-answer", f"no description of {', '.join(wrong.missing) or 'the rest of an entry'}")
    if "\\" in "".join(line for each in added.values() for line in each):
        return Refusal("unsafe-text", "a backslash in an existing docstring")
    goes_on = b"\n" in task.chunk.change.source[(task.symbol.doc or (0, 0))[1] :]
    return start, end, newline.join(made) + (newline if goes_on else "")


def _write(task: Target, doc: DocText, style: HouseStyle) -> tuple[int, int, str] | Refusal:
    """Lay a doc comment out and find its place."""
    anchor = room_for(task.symbol, task.chunk.change.source, task.form)
    if anchor is None:
        return Refusal("does-not-parse", "no room for a docstring")
    width = _line_length(task) - len(anchor.indent.expandtabs(4))
    if task.form.placement == "before":
        lines = comment(task.form, task.symbol.name, doc, width)
        return (
            lines
            if isinstance(lines, Refusal)
            else (anchor.start_line, anchor.end_line, anchor.around(lines))
        )
    literal = quoted(content(doc, style, width), style, width)
    if literal is None:
        return Refusal("unsafe-text", "does not read back the same from its quotes")
    if len(literal[0]) > width:
        return Refusal("convention", f"the summary needs {len(literal[0])} columns of {width}")
    return anchor.start_line, anchor.end_line, anchor.around(literal)


def _line_length(task: Target) -> int:
    longest = longest_line(task.chunk.change.source)
    wide = task.options.line_length
    return min(max(longest, wide), _WIDE) if longest > _NARROW else max(wide, _NARROW)
