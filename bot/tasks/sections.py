"""What a docstring's sections hold: the tree gives names, types, defaults and exceptions; the model phrases.

Sections appear when the house style wants them *and* every description is there *and* the tree leaves no
doubt about results and exceptions. Otherwise the docstring is its summary: half a section is worse than none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.tasks.layout_python import DocText, Entry
from bot.tasks.reading import Refusal, phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.data import Completion, Parameter
    from bot.tasks.style import HouseStyle
    from bot.tasks.target import Target

__all__ = ["entry_said", "lone_section", "purposes", "with_sections"]

_ITERATORS = re.compile(
    r"\A(?:[\w.]+\.)?(?:(?:Async)?(?:Iterator|Iterable)\[(?P<only>.*)\]|(?:Async)?Generator\[(?P<first>.*)\])\Z"
)
_NOTHING = frozenset(
    "None NoReturn Never typing.NoReturn typing.Never void Void () Unit undefined never ! : mixed".split()  # noqa: SIM905
)
_LONG_DEFAULT = 40  # characters; a longer default says more in the signature than in a sentence
_SUMMARY_ONLY = {"godoc", "bash-comment"}  # forms that have no tags for parameters


def purposes(task: Target, style: HouseStyle) -> tuple[str, ...]:
    """Return what to ask beyond the summary: "param:NAME"…, then "returns" for what it returns or yields."""
    if task.wrong is not None:
        return tuple(f"param:{name}" for name in task.wrong.missing)
    result = _result(task, style)
    if result is None or not _wanted(task, style):
        return ()
    asked = [f"param:{p.name}" for p in task.parameters]
    return (*asked, "returns") if result[0] else tuple(asked)


def lone_section(task: Target, style: HouseStyle, purpose: str, summary_text: str, said: str) -> DocText:
    """Return a docstring with the summary and the one section entry that `purpose` asks for."""
    if purpose.startswith("param:"):
        name = purpose.removeprefix("param:")
        typed = all(p.annotation for p in task.parameters)
        wanted = tuple(_entry(p, said, style, typed=typed) for p in task.parameters if p.name == name)
        return DocText(summary_text, parameters=wanted)
    which, kind = _result(task, style) or ("", "")
    found = Entry("", kind, said)
    return DocText(summary_text, yields=found) if which == "yields" else DocText(summary_text, returns=found)


def entry_said(task: Target, answers: Mapping[str, Completion], style: HouseStyle, name: str) -> Entry | None:
    """Return one parameter's entry as the model described it, None where it did not."""
    answer = answers.get(f"param:{name}")
    read = phrase(answer, name=name) if answer else None
    if read is None or isinstance(read, Refusal):
        return None
    return next((_entry(p, read + _default(p), style) for p in task.parameters if p.name == name), None)


def with_sections(
    task: Target, answers: Mapping[str, Completion], style: HouseStyle, summary_text: str
) -> DocText:
    """Return the whole docstring, or only its summary where any part of the rest is missing."""
    alone = DocText(summary_text)
    result = _result(task, style)
    if result is None or not _wanted(task, style):
        return alone
    said: dict[str, str] = {}
    for purpose in purposes(task, style):
        answer = answers.get(purpose)
        read = phrase(answer, name=purpose.removeprefix("param:")) if answer else None
        if read is None or isinstance(read, Refusal):
            return alone
        said[purpose] = read
    which, kind = result
    if which and not kind and ":" in said["returns"]:
        return alone  # what stands before a colon would be read as the type
    typed = all(p.annotation for p in task.parameters)  # either all of them or none (DOC110)
    found = Entry("", kind, said["returns"]) if which else None
    return DocText(
        summary_text,
        tuple(_entry(p, said[f"param:{p.name}"] + _default(p), style, typed=typed) for p in task.parameters),
        returns=found if which == "returns" else None,
        yields=found if which == "yields" else None,
        raises=tuple(Entry(r.name, "", r.when) for r in (task.facts.raises or ()) if r) if task.facts else (),
    )


def _wanted(task: Target, style: HouseStyle) -> bool:
    wanted, known = task.options.sections, task.facts
    if wanted == "never" or task.symbol.kind not in {"function", "method"}:
        return False
    if task.language != "python":
        return wanted == "always" and task.form.style not in _SUMMARY_ONLY
    if known is None or known.attribute or known.raises is None or (wanted == "auto" and not style.sections):
        return False
    return bool(task.parameters or known.raises or known.returns or known.yields)


def _result(task: Target, style: HouseStyle) -> tuple[str, str] | None:
    """Return ("returns" or "yields" or "", its type); None when annotation and body leave doubt."""
    known, annotation = task.facts, _one_line(task.symbol.returns)
    nothing = not annotation or annotation in _NOTHING
    if task.language != "python":
        return ("", "") if nothing else ("returns", annotation)
    if known is None:
        return None
    if known.yields:
        return None if known.returns or known.returns_nothing else _items(annotation, style)
    if known.returns:
        # NumPy's layout has no way to describe a result without naming its type
        doubtful = annotation in _NOTHING or (style.convention == "numpy" and not annotation)
        return None if doubtful else ("returns", annotation)
    doubtful = known.returns_nothing and not annotation  # pydoclint takes a bare `return` for a result
    return None if doubtful or not nothing else ("", "")


def _items(annotation: str, style: HouseStyle) -> tuple[str, str] | None:
    """Return what a generator yields; Sphinx documents the iterator's type, the others its items'."""
    found = _ITERATORS.match(annotation)
    if found is None:
        return None
    return "yields", annotation if style.convention == "sphinx" else _yielded(found)


def _yielded(found: re.Match[str]) -> str:
    if found["only"] is not None:
        return found["only"].strip()
    depth = 0
    for at, char in enumerate(found["first"]):
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            return found["first"][:at].strip()
    return found["first"].strip()


def _entry(parameter: Parameter, text: str, style: HouseStyle, *, typed: bool = True) -> Entry:
    stars = {"variadic": "*", "keywords": "**"}.get(parameter.kind, "")
    return Entry(
        stars + parameter.name, _one_line(parameter.annotation) if typed and style.types else "", text
    )


def _default(parameter: Parameter) -> str:
    text = _one_line(parameter.default)
    fits = (
        text
        and len(text) <= _LONG_DEFAULT
        and not set(text) & set("\\`")
        and not re.search("\"\"\"|'''|\\*/", text)
    )
    return f" Defaults to {text}." if fits else ""


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
