"""Doc comments above a definition: one small function a form, driven by the language's `DocForm`.

A form's function says what the lines are; `comment` puts them between the form's opening and closing.
Text that could end a comment, start a tag or hide from the reader never gets here: see `refuse`.
"""

from __future__ import annotations

import html
import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.tasks.reading import VERBS, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.languages import DocForm
    from bot.tasks.layout_python import DocText, Entry

__all__ = ["STYLES", "comment", "refuse"]

# Ends or nests a comment, a tag at the start of a wrapped line, PHP's way out, Java's \u escapes.
_BREAKS = re.compile(r"\*/|/\*|\?>|\\u|\\\s*\Z|(?:^|\s)[@\\]\w|[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]")
_NARROWEST = 40  # columns; below, a comment that is too wide reads better than one word a line


def refuse(doc: DocText) -> Refusal | None:
    """Say why a text cannot stand in a comment, None if it can."""
    entries = (*doc.parameters, *filter(None, (doc.returns, doc.yields)), *doc.raises)
    for text in (doc.summary, *(part for e in entries for part in (e.name, e.type, e.text))):
        found = _BREAKS.search(text)
        if found:
            return Refusal(
                "unsafe-text", f"{found[0].strip()!r} would break out of the comment or its layout"
            )
    return None


def comment(form: DocForm, name: str, doc: DocText, width: int) -> list[str] | Refusal:
    """Return the lines of a doc comment, unindented.

    Args:
        form: How the language writes doc comments.
        name: The symbol's own name; GoDoc starts with it.
        doc: What it says.
        width: Columns beside the indentation.

    Returns:
        The lines, or why there are none.
    """
    problem = refuse(doc)
    if problem is not None:
        return problem
    write = STYLES.get(form.style)
    if write is None:
        return Refusal("convention", f"no layout for {form.style}")
    said = write(doc, name)
    if isinstance(said, Refusal):
        return said
    lines: list[str] = []
    for text, hang in said:
        room = max(width - len(form.prefix), _NARROWEST)
        wrapped = textwrap.wrap(
            text, room, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
        )
        lines += wrapped or [""]
    return _framed(form, lines, width)


def _framed(form: DocForm, lines: list[str], width: int) -> list[str]:
    if not form.opening and not form.closing:
        return [f"{form.prefix}{line}".rstrip() for line in lines]
    if not form.closing:  # LDoc: the first line has a mark of its own
        first = f"{form.opening.rstrip()} {lines[0]}"
        return [first, *(f"{form.prefix}{line}".rstrip() for line in lines[1:])]
    opening, closing = form.opening.rstrip(), form.closing.strip()
    single = f"{opening} {lines[0]} {closing}"
    if len(lines) == 1 and len(single) <= width:
        return [single]
    lead = form.prefix if form.prefix.startswith((" ", "\t")) or not form.prefix else f" {form.prefix}"
    return [opening, *(f"{lead}{line}".rstrip() for line in lines), f" {closing}"]


Line = tuple[str, str]  # text of a paragraph, and what its continuation lines start with
Lines = list[Line]


def _tagged(
    doc: DocText, param: Callable[[Entry], str], result: str | None, hang: str = "  ", *, gap: bool = True
) -> Lines:
    """Return the summary and one tag a parameter and result, as most forms have it."""
    tags = [(param(p), hang) for p in doc.parameters]
    if doc.returns is not None and result is not None:
        tags.append((f"{result} {doc.returns.text}", hang))
    return [(doc.summary, ""), *([("", "")] if tags and gap else []), *tags]


def _jsdoc(doc: DocText, _name: str) -> Lines:
    return _tagged(doc, lambda p: f"@param {p.name} - {p.text}", "@returns")


def _javadoc(doc: DocText, _name: str) -> Lines:
    return _tagged(_escaped(doc), lambda p: f"@param {p.name} {p.text}", "@return")


def _kdoc(doc: DocText, _name: str) -> Lines:
    return _tagged(doc, lambda p: f"@param {p.name} {p.text}", "@return")


def _doxygen(doc: DocText, _name: str) -> Lines:
    lines = _tagged(doc, lambda p: f"@param {p.name} {p.text}", "@return")
    return [(f"@brief {doc.summary}", ""), *lines[1:]]


def _phpdoc(doc: DocText, _name: str) -> Lines:
    def param(p: Entry) -> str:
        name = p.name if p.name.startswith("$") else f"${p.name}"
        return f"@param {f'{p.type} ' if p.type else ''}{name} {p.text}"

    kind = f" {doc.returns.type}" if doc.returns is not None and doc.returns.type else ""
    return _tagged(doc, param, f"@return{kind}")


def _yard(doc: DocText, _name: str) -> Lines:
    return _tagged(doc, lambda p: f"@param {p.name.strip('*&:')} {p.text}", "@return")


def _ldoc(doc: DocText, _name: str) -> Lines:
    return _tagged(doc, lambda p: f"@param {p.name} {p.text}", "@return", gap=False)


def _rustdoc(doc: DocText, _name: str) -> Lines:
    lines: Lines = [(doc.summary, "")]
    if doc.parameters:
        lines += [("", ""), ("# Arguments", ""), ("", "")]
        lines += [(f"* `{p.name}` - {p.text}", "  ") for p in doc.parameters]
    if doc.returns is not None:
        lines += [("", ""), ("# Returns", ""), ("", ""), (doc.returns.text, "")]
    return lines


def _swiftdoc(doc: DocText, _name: str) -> Lines:
    lines: Lines = [(doc.summary, "")]
    tags: Lines = []
    if len(doc.parameters) == 1:
        tags = [(f"- Parameter {doc.parameters[0].name}: {doc.parameters[0].text}", "  ")]
    elif doc.parameters:
        tags = [("- Parameters:", ""), *((f"  - {p.name}: {p.text}", "    ") for p in doc.parameters)]
    if doc.returns is not None:
        tags.append((f"- Returns: {doc.returns.text}", "  "))
    return [*lines, ("", ""), *tags] if tags else lines


def _xmldoc(doc: DocText, _name: str) -> Lines:
    doc = _escaped(doc)
    lines: Lines = [("<summary>", ""), (doc.summary, ""), ("</summary>", "")]
    lines += [(f'<param name="{p.name.lstrip("@")}">{p.text}</param>', "") for p in doc.parameters]
    if doc.returns is not None:
        lines.append((f"<returns>{doc.returns.text}</returns>", ""))
    return lines


def _bash(doc: DocText, _name: str) -> Lines:
    return [(doc.summary, "")]


def _godoc(doc: DocText, name: str) -> Lines | Refusal:
    """Start with the name, as Go asks: "Open opens …", "Cart is a …"."""
    first, _, rest = doc.summary.partition(" ")
    verb = first.lower()
    if first == name and (verb not in VERBS or rest.startswith(_third_person(verb))):
        return [(doc.summary, "")]
    if verb in {"a", "an", "the"} and rest:
        return [(f"{name} is {verb} {rest}", "")]
    if verb in VERBS:
        return [(f"{name} {_third_person(verb)} {rest}".rstrip(), "")]
    if verb.endswith("s") and {verb[:-1], verb[:-2], f"{verb[:-3]}y"} & VERBS:
        return [(f"{name} {verb} {rest}".rstrip(), "")]
    return Refusal("convention", f"{first!r} cannot follow the name in a sentence")


def _third_person(verb: str) -> str:
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{verb}s"


def _escaped(doc: DocText) -> DocText:
    """Return a text whose `<`, `>` and `&` are no mark-up."""

    def escape(entry: Entry) -> Entry:
        return replace(entry, text=html.escape(entry.text, quote=False))

    return replace(
        doc,
        summary=html.escape(doc.summary, quote=False),
        parameters=tuple(escape(p) for p in doc.parameters),
        returns=escape(doc.returns) if doc.returns is not None else None,
    )


STYLES: dict[str, Callable[[DocText, str], Lines | Refusal]] = {
    "jsdoc": _jsdoc,
    "tsdoc": _jsdoc,
    "javadoc": _javadoc,
    "kdoc": _kdoc,
    "scaladoc": _kdoc,
    "doxygen": _doxygen,
    "phpdoc": _phpdoc,
    "yard": _yard,
    "ldoc": _ldoc,
    "rustdoc": _rustdoc,
    "swiftdoc": _swiftdoc,
    "xmldoc": _xmldoc,
    "bash-comment": _bash,
    "godoc": _godoc,
}
