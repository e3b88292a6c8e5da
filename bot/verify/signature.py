"""Do the documented names, exceptions and results exist in the code?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.verify.sections import Sections, read_sections
from bot.verify.subject import Problem, Result, Subject

if TYPE_CHECKING:
    from bot.verify.facts import Facts

__all__ = ["check_raises", "check_results", "check_signature"]

# A name is only taken for one where it is marked or spelled as such: "the first argument" claims nothing.
_NAME = r"(?:``?(\*{0,2}\w+)``?|'(\*{0,2}\w+)'|\"(\*{0,2}\w+)\"|(\*{0,2}\w*_\w+))"
_CLAIMS = (
    re.compile(rf"{_NAME}\s+(?:keyword\s+)?(?:parameters?|arguments?|args?|params?)\b", re.IGNORECASE),
    re.compile(rf"\b(?:parameter|argument|arg|param|kwarg)s?\s+{_NAME}", re.IGNORECASE),
)
_GIVEN = re.compile(
    r"\b(?:the|a|an)\s+(?:given|specified|provided|supplied|passed[- ]in)\s+(?!by\b)[a-z]", re.IGNORECASE
)


def check_signature(subject: Subject, convention: str) -> Result:
    """Documented parameters are the signature's, all of them or none; prose names no others."""
    facts, symbol = subject.facts, subject.symbol
    actual = facts.parameters if facts else tuple(p.name for p in symbol.parameters)
    try:
        sections = sections_of(subject, convention)
    except ValueError as error:
        return Problem("convention", f"malformed sections: {error}")
    known = {name.lstrip("*") for name in actual}
    for pattern in _CLAIMS:
        for match in pattern.finditer(subject.prose):
            name = next(group for group in match.groups() if group).lstrip("*")
            if name not in known and not (
                facts and facts.kind != "function" and name in subject.words.identifiers
            ):
                return Problem(
                    "signature-mismatch", f"speaks of a parameter {name!r}, which the signature has not"
                )
    if symbol.kind in {"function", "method"} and not known and _GIVEN.search(subject.summary):
        return Problem("signature-mismatch", "speaks of something given, but the signature has no parameters")
    documented = tuple(name.lstrip("*\\") for name, _ in sections.parameters)
    if not documented:
        return "no parameter is documented"
    return _compare(documented, facts, known)


def _compare(documented: tuple[str, ...], facts: Facts | None, known: set[str]) -> Result:
    extra = [name for name in documented if name not in known and not (facts and name in facts.fields)]
    if extra:
        return Problem("signature-mismatch", f"documents {', '.join(extra)}, which the signature has not")
    missing = sorted(known - set(documented) - {"_"})
    if missing and (facts is None or facts.kind == "function"):
        return Problem("signature-mismatch", f"does not document {', '.join(missing)}")
    twice = sorted({name for name in documented if documented.count(name) > 1})
    if twice:
        return Problem("signature-mismatch", f"documents {', '.join(twice)} twice")
    return f"{len(documented)} documented names are the signature's"


def check_raises(subject: Subject, convention: str) -> Result:
    """Documented exceptions are raised in the body; where it re-raises, this is only noted."""
    facts = subject.facts
    if facts is None:
        return "not checked in this language"
    sections = sections_of(subject, convention)
    if facts.kind != "function":
        return "no raises to check" if not sections.raises else "raises of a class are not checked"
    raised = {name.rpartition(".")[2] for name in facts.raises} | (
        {"AssertionError"} if facts.asserts else set()
    )
    wrong = [name for name in sections.raises if name.rpartition(".")[2] not in raised]
    if wrong and not facts.reraises:
        return Problem("raises-mismatch", f"documents {', '.join(wrong)}, which the body does not raise")
    if wrong:
        return f"advisory: {', '.join(wrong)} may be among what is re-raised"
    if sections.raises and set(facts.raises) - {name.rpartition(".")[2] for name in sections.raises}:
        return Problem("raises-mismatch", "the Raises section leaves out an exception that the body raises")
    return f"{len(sections.raises)} documented exceptions are raised"


def check_results(subject: Subject, convention: str) -> Result:
    """Whether the docstring speaks of results exactly as the tree has them."""
    facts = subject.facts
    if facts is None or facts.kind != "function":
        return "nothing to check"
    sections = sections_of(subject, convention)
    open_ended = facts.stub or facts.is_property
    first = subject.summary.partition(" ")[0].lower().strip(".,:")
    rest = subject.summary.partition(" ")[2].lower()
    returns_nothing = not (facts.returns_value or facts.yields or open_ended)
    if returns_nothing and sections.returns:
        return Problem("returns-mismatch", "has a Returns section, but no value is returned")
    if (
        returns_nothing
        and first in {"return", "returns", "returning"}
        and not re.match(
            r"(?:none\b|nothing\b|to\b|from\b|control\b|early\b|without\b|a connection to\b)", rest
        )
    ):
        return Problem("returns-mismatch", "says that it returns something, but no value is returned")
    if sections.yields and not facts.yields:
        return Problem("returns-mismatch", "has a Yields section, but nothing is yielded")
    if first in {"yield", "yields"} and not (facts.yields or open_ended or _iterates(facts)):
        return Problem("returns-mismatch", "says that it yields, but nothing is yielded")
    return "agrees with the tree"


def _iterates(facts: Facts) -> bool:
    """Whether it may hand on somebody else's iterator."""
    return facts.returns_value and bool(facts.returns & {"unknown", "iterator"})


def sections_of(subject: Subject, convention: str) -> Sections:
    """Return the sections of a Python docstring; other languages' tags are the composer's business."""
    if subject.facts is None:
        return Sections()
    return read_sections(subject.prose, convention)
