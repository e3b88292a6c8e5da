"""Docstrings that contradict their signature: find the fault, and mend it without touching the rest.

Only what the tree proves wrong is changed: entries of parameters that do not exist go, missing ones are
added in the signature's order, and a Returns section goes where nothing is returned. What a person wrote
stays byte for byte. A docstring whose sections cannot be read for certain has no fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.tasks.style import sections_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.data import Parameter
    from bot.tasks.facts import Facts
    from bot.tasks.style import Convention

__all__ = ["Fault", "fault", "mended"]

_HEADING = {
    "google": re.compile(r"^\s*(?:Args|Arguments|Parameters):\s*$"),
    "numpy": re.compile(r"^\s*Parameters\s*$"),
}
_RESULT = {"google": re.compile(r"^\s*Returns:\s*$"), "numpy": re.compile(r"^\s*Returns\s*$")}
_ENTRY = {
    "google": re.compile(r"^\s*(\*{0,2}\w+)\s*(\(.*\))?\s*:"),
    "numpy": re.compile(r"^\s*(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(:.*)?$"),
}
_FIELD = re.compile(r"^\s*:(param|type|returns?|rtype)\b([^:]*):")
_RULE = re.compile(r"^\s*-{3,}\s*$")

Span = tuple[int, int]  # lines from, to (exclusive)


@dataclass(frozen=True, slots=True)
class _Outline:
    """Where a docstring's entries lie, as indexes into its lines."""

    entries: tuple[tuple[tuple[str, ...], Span], ...]  # names without stars
    section: Span  # heading and all
    first: int  # where a first entry goes
    result: tuple[Span, ...]
    typed: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """How a docstring contradicts its signature."""

    convention: Convention
    stale: tuple[str, ...]
    missing: tuple[str, ...]
    result: bool  # documents a result that there is none of
    typed: bool  # its entries give types


def fault(lines: Sequence[str], parameters: Sequence[Parameter], facts: Facts) -> Fault | None:
    """Return how the docstring's `lines` contradict the signature; None where they provably do not."""
    found = sections_in("\n".join(lines))
    outline = _outline(lines, found[0]) if len(found) == 1 else None
    if outline is None:
        return None
    actual = {p.name for p in parameters}
    documented = [name for names, _ in outline.entries for name in names]
    takes_any = any(p.kind == "keywords" for p in parameters)  # whose keys may be documented one by one
    stale = () if takes_any else tuple(n for n in documented if n not in actual)
    stars = {p.name for p in parameters if p.kind in {"variadic", "keywords"}}
    missing = [p.name for p in parameters if p.name not in documented and p.name not in stars]
    nothing = not (facts.returns or facts.yields or facts.attribute or facts.trivial)
    wrong = Fault(
        found[0], stale, tuple(missing) if documented else (), bool(outline.result) and nothing, outline.typed
    )
    return wrong if wrong.stale or wrong.missing or wrong.result else None


def mended(
    lines: Sequence[str], wrong: Fault, order: Sequence[str], added: Mapping[str, Sequence[str]]
) -> list[str] | None:
    """Return the docstring's lines without the fault.

    Args:
        lines: The docstring as it stands in the file, without line ends.
        wrong: From `fault`.
        order: The signature's names.
        added: The lines of every missing parameter's entry, indented.

    Returns:
        The lines, or None where one of the missing entries was not given.
    """
    outline = _outline(lines, wrong.convention)
    if outline is None or set(wrong.missing) - set(added):
        return None
    gone: set[int] = set()
    kept: dict[str, int] = {}  # the line behind each name's entry
    for names, (start, end) in outline.entries:
        if set(names) <= set(wrong.stale):
            gone.update(range(start, end))
        elif set(names) & set(wrong.stale):
            return None  # documented together with one that exists
        else:
            kept |= {name: max(end, kept.get(name, 0)) for name in names}
    empty = (outline.section,) if not kept and not wrong.missing else ()
    for span in (*empty, *(outline.result if wrong.result else ())):
        gone.update(range(*_with_blank(lines, span)))
    inserts = _inserts(outline.first, kept, order, {n: added[n] for n in wrong.missing})
    out: list[str] = []
    for number, line in enumerate(lines):
        out += inserts.get(number, [])
        if number not in gone:
            out.append(line)
    return out


def _inserts(
    first: int, kept: Mapping[str, int], order: Sequence[str], added: Mapping[str, Sequence[str]]
) -> dict[int, list[str]]:
    """Return new lines by the line they go in front of: each behind the parameter before it."""
    inserts: dict[int, list[str]] = {}
    at = first
    for name in order:
        at = kept.get(name, at)
        if name in added:
            inserts.setdefault(at, []).extend(added[name])
    return inserts


def _with_blank(lines: Sequence[str], span: Span) -> Span:
    """Take the blank lines in front of a section along."""
    start = span[0]
    while start > 1 and not lines[start - 1].strip():
        start -= 1
    return start, span[1]


def _outline(lines: Sequence[str], convention: Convention) -> _Outline | None:
    if convention == "sphinx":
        return _fields(lines)
    section = _section(lines, convention, _HEADING[convention])
    result = _section(lines, convention, _RESULT[convention])
    results = (result,) if result else ()
    if section is None:
        return _Outline((), (0, 0), 0, results, typed=False) if result else None
    start = section[0] + (2 if convention == "numpy" else 1)
    entries: list[tuple[tuple[str, ...], Span]] = []
    typed = False
    depth = _depth(lines[start]) if start < section[1] else 0
    for at in range(start, section[1]):
        if not lines[at].strip() or _depth(lines[at]) > depth:
            continue
        head = _ENTRY[convention].match(lines[at])
        if head is None or _depth(lines[at]) < depth:
            return None  # not the layout it seems to be
        end = next(
            (n for n in range(at + 1, section[1]) if lines[n].strip() and _depth(lines[n]) <= depth),
            section[1],
        )
        entries.append((tuple(n.strip().lstrip("*") for n in head[1].split(",")), (at, end)))
        typed = typed or bool(head[2])
    return _Outline(tuple(entries), section, start, results, typed)


def _section(lines: Sequence[str], convention: Convention, heading: re.Pattern[str]) -> Span | None:
    """Return a section from its heading to its last line that says something, closing quotes left out."""
    numpy = convention == "numpy"
    start = next(
        (
            n
            for n, line in enumerate(lines[:-1])
            if heading.match(line) and (not numpy or _RULE.match(lines[n + 1]))
        ),
        None,
    )
    if start is None:
        return None
    end = start + (2 if numpy else 1)
    while end < len(lines) - 1:
        heads = (
            _RULE.match(lines[end + 1])
            if numpy
            else lines[end].strip() and _depth(lines[end]) <= _depth(lines[start])
        )
        if heads:
            break
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return start, end


def _fields(lines: Sequence[str]) -> _Outline | None:
    entries: list[tuple[tuple[str, ...], Span]] = []
    results: list[Span] = []
    typed = False
    for at, line in enumerate(lines[:-1]):
        head = _FIELD.match(line)
        if head is None:
            continue
        end = at + 1
        while end < len(lines) - 1 and lines[end].strip() and _depth(lines[end]) > _depth(line):
            end += 1
        words = head[2].split()
        if head[1] in {"param", "type"}:
            if not words:
                return None
            entries.append(((words[-1].lstrip("*\\"),), (at, end)))
            typed = typed or head[1] == "type" or len(words) > 1
        else:
            results.append((at, end))
    first = entries[0][1][0] if entries else 0
    return (
        _Outline(tuple(entries), (first, first), first, tuple(results), typed) if entries or results else None
    )


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
