"""Rules on opposites: the text says one thing, the name or the code the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.verify.antonyms import ACTIONS, IN_CODE, PAIRS, SUPPORT, action
from bot.verify.words import HTTP_VERBS, stem, subwords

if TYPE_CHECKING:
    from bot.verify.facts import Facts
    from bot.verify.subject import Subject

__all__ = [
    "http_verb",
    "negated_truth",
    "opposite_action",
    "opposite_call",
    "opposite_in_code",
    "opposite_word",
    "unsupported_claim",
]

_POSITIVE = re.compile(
    r"\b(?:true (?:if|when|iff)|whether|^checks? if|^tests? if|^determines? if|returns? if)\b(.*)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|isn't|aren't|doesn't|don't|hasn't|haven't|cannot|can't|no|never|without|neither)\b",
    re.IGNORECASE,
)
_FIRM_CALLS = frozenset(
    {
        "add",
        "remove",
        "encode",
        "decode",
        "open",
        "close",
        "start",
        "stop",
        "enable",
        "disable",
        "lock",
        "unlock",
        "show",
        "hide",
        "acquire",
        "release",
        "encrypt",
        "decrypt",
        "compress",
        "decompress",
        "connect",
        "disconnect",
        "upload",
        "download",
    }
)


def opposite_action(subject: Subject, facts: Facts) -> str:
    """The text's verb is the opposite of the name's: "Add" over `remove_item`, "Decode" over `encode`."""
    said, named = (
        action(subject.summary.partition(" ")[0].strip(".,:`")),
        action((subwords(facts.name) or ("",))[0]),
    )
    if not said or not named or facts.kind != "function":
        return ""
    if named in ACTIONS.get(said, ()) and stem(said) not in {stem(part) for part in subwords(facts.name)}:
        return f"says {said}, but the name says {named}"
    return ""


def opposite_call(subject: Subject, facts: Facts) -> str:
    """The text's verb is the opposite of the only kind of call the code makes."""
    said = action(subject.summary.partition(" ")[0].strip(".,:`"))
    if not said or facts.kind != "function" or facts.stub:
        return ""
    called = {action(part) for call in facts.calls for part in subwords(call)[:1]} - {""}
    own = {action(part) for part in subwords(facts.name)}
    against = called & set(ACTIONS.get(said, ())) - {"end"}  # `match.end()` ends nothing
    if against and said in _FIRM_CALLS and said not in called | own and not facts.returns_value:
        supported = {stem(part) for part in subject.words.parts}
        return (
            "" if stem(said) in supported else f"says {said}, but the code calls {', '.join(sorted(against))}"
        )
    return ""


def opposite_word(subject: Subject, facts: Facts) -> str:
    """The name has one of a pair ("min", "first", "width"), the text only the other, which no code has."""
    named = {*subwords(facts.name)}
    text = set(re.findall(r"[a-z]+", subject.prose.lower()))
    for pair in PAIRS:
        for mine, other in (pair, pair[::-1]):
            swapped = named & mine and not named & other and text & other and not text & mine
            if swapped and not any(word in subject.code.lower() for word in other):
                return f"says {_said(text & other)}, but the name says {_said(named & mine)}"
    return ""


def opposite_in_code(subject: Subject, facts: Facts) -> str:
    """The code has one side of a pair and not the other, which is what the text says."""
    if facts.kind != "function":
        return ""
    text, code = subject.summary.lower(), subject.near.lower()
    for pair in IN_CODE:
        for mine, other in (pair, pair[::-1]):
            said = re.search(rf"\b(?:{other})", text)
            if said and not re.search(rf"\b(?:{mine})", text) and not re.search(other, code):
                found = re.search(mine, code)
                if found:
                    return f"says {said.group()!r}, but the code has only {found.group()!r}"
    return ""


def negated_truth(subject: Subject, facts: Facts) -> str:
    """`return not self.closed` told as "True if closed", or `return self.closed` as "True if not closed"."""
    found = _POSITIVE.search(subject.summary.partition(",")[0])
    if not found or re.search(r"(?i)\bfalse\b", subject.summary.partition(found.group(1))[0]):
        return ""
    claim = found.group(1)
    negative = bool(_NEGATION.search(claim))
    for word, inverted in ((facts.negated, True), (facts.affirmed, False)):
        parts = subwords(word)
        if not parts or _NEGATION.search(" ".join(parts)) or not _predicate(parts[-1], claim):
            continue
        if negative != inverted:
            return f"the code returns {'not ' if inverted else ''}{word}, the text says the opposite"
    return _negated_name(claim, facts, negative=negative)


def _predicate(word: str, claim: str) -> bool:
    """Whether `claim` says that something is (or is not) `word`: "the queue is empty" is about empty."""
    said = re.findall(
        r"\b(?:is|are|was|were|been|being)\s+(?:not |already |currently |now )*(\w+)", claim.lower()
    )
    return stem(word) in {stem(each) for each in said}


def _negated_name(claim: str, facts: Facts, *, negative: bool) -> str:
    """`is_valid` told as "is not valid"."""
    parts = subwords(facts.name)
    if parts[1:] == () or parts[0] not in {"is", "has", "can", "should"} or not negative:
        return ""
    words = {"not", "no", "non", "never", "un", "without", "missing"}
    direct = re.search(r"\b(?:not|isn't|no)\s+(?:an? |the )?(\w+)", claim, re.IGNORECASE)
    if (
        direct is None
        or words & {*parts}
        or stem(direct.group(1)) != stem(parts[-1])
        or parts[-1] == facts.negated
    ):
        return ""
    twice = re.search(r"\bnot\b|\bnone\b|\bfalse\b", claim[: direct.start()], re.IGNORECASE)
    return "" if twice else f"negates what the name {facts.name!r} affirms"


def http_verb(subject: Subject, facts: Facts) -> str:
    """A GET request told over code that sends DELETE."""
    said = {verb for verb in HTTP_VERBS if re.search(rf"\b{verb}\b", subject.prose)}
    code = {verb for verb in HTTP_VERBS if re.search(rf"[\"']{verb}[\"']", subject.code)}
    if not code:
        called = {*facts.calls, *subwords(facts.name)} & {
            verb.lower() for verb in HTTP_VERBS - {"HEAD", "OPTIONS"}
        }
        code = {verb.upper() for verb in called}
        if code != {"GET"} and "GET" in code and "get" not in subwords(facts.name):
            code.discard("GET")  # `headers.get` and the like
    return f"says {_said(said)}, the code {_said(code)}" if said and code and not said & code else ""


def unsupported_claim(subject: Subject, facts: Facts) -> str:
    """Claims something special ("Recursively", "Randomly") that no word of the code has to do with."""
    if facts.stub or facts.kind != "function":
        return ""
    folded = subject.words.folded
    for pattern, evidence in SUPPORT:
        found = re.search(pattern, subject.summary, re.IGNORECASE)
        if (
            found
            and not any(word in folded for word in evidence)
            and not (found.group().lower().startswith("recurs") and facts.name in facts.calls)
        ):
            return f"says {found.group().lower()!r}, which nothing in the code has to do with"
    return ""


def _said(words: set[str] | frozenset[str]) -> str:
    return " or ".join(sorted(words))
