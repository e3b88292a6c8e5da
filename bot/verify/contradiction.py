"""Cheap proofs that a docstring is false. Every rule has a name, and fires only on a clear contradiction."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.verify.antonyms import ACTIONS, PAIRS, SUPPORT, action
from bot.verify.facts import Facts
from bot.verify.subject import Problem, Result, Subject
from bot.verify.words import HTTP_VERBS, stem, subwords

__all__ = ["RULES", "check_contradiction"]

Rule = Callable[[Subject, Facts], str]

_CONTAINERS = {
    "list": "list",
    "dict": "dict",
    "dictionary": "dict",
    "mapping": "dict",
    "tuple": "tuple",
    "set": "set",
    "string": "str",
    "str": "str",
    "bytes": "bytes",
    "integer": "int",
    "int": "int",
    "float": "float",
    "boolean": "bool",
    "bool": "bool",
}
_COMPATIBLE = {
    "list": {"list", "tuple", "set", "iterator", "dict"},
    "tuple": {"tuple", "list"},
    "set": {"set", "dict"},
    "dict": {"dict"},
    "str": {"str", "bytes"},
    "bytes": {"bytes", "str"},
    "int": {"int", "bool", "float"},
    "float": {"float", "int"},
    "bool": {"bool", "int"},
}
_RETURNS = re.compile(
    r"^returns? (?:an? |the )?(?:new |sorted |flat |single |unique |simple |empty )*(\w+)(?= (?:of|with|containing|that|where|from|representation|mapping|for)\b|[.,]|$)",
    re.IGNORECASE,
)
_COUNT = re.compile(r"^returns? (?:the )?(?:total )?(?:number|count|length|size) of\b", re.IGNORECASE)
_TRUTH = re.compile(
    r"^(?:returns? (?:true|false)\b|returns? (?:whether|if)\b|whether\b|true if\b|true when\b)", re.IGNORECASE
)
_TEST = re.compile(
    r"^(?:checks?|determines?|tests?|tells?|indicates?|finds? out) (?:if|whether)\b", re.IGNORECASE
)
_POSITIVE = re.compile(
    r"\b(?:true (?:if|when|iff)|whether|^checks? if|^tests? if|^determines? if|returns? if)\b(.*)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|isn't|aren't|doesn't|don't|hasn't|haven't|cannot|can't|no|never|without|neither)\b",
    re.IGNORECASE,
)


def truth_of_other_kind(subject: Subject, facts: Facts) -> str:
    r"""\"Return True if …\" over code that returns lists, strings, dicts."""
    kinds = facts.known_returns
    firm, soft = _TRUTH.search(subject.summary), _TEST.search(subject.summary)
    if firm and kinds and "bool" not in kinds and not kinds & {"int", "none"}:
        return f"claims a truth value, but the code returns {_said(kinds)}"
    if soft and kinds and not kinds & {"bool", "int", "none"} and not facts.raises and not facts.reraises:
        return f"claims a test, but the code returns {_said(kinds)}"
    if firm and not (facts.returns_value or facts.yields or facts.stub or facts.is_property):
        return "claims a truth value, but nothing is returned"
    return ""


def other_container(subject: Subject, facts: Facts) -> str:
    r"""\"Return a list of …\" over code that returns something else in every case."""
    kinds = facts.known_returns - {"none"}
    if not kinds or facts.yields or "iterator" in kinds:
        return ""
    if _COUNT.search(subject.summary) and not kinds & {"int", "float", "bool", "complex", "tuple"}:
        return f"claims a count, but the code returns {_said(kinds)}"
    found = _RETURNS.search(subject.summary)
    claimed = _CONTAINERS.get(found.group(1).lower()) if found else None
    if claimed and not kinds & _COMPATIBLE[claimed]:
        return f"claims a {found.group(1) if found else claimed}, but the code returns {_said(kinds)}"
    return ""


def constant(subject: Subject, facts: Facts) -> str:
    r"""\"Always return False\" over code that does not have the word."""
    found = re.search(
        r"^(?:always )?returns? (true|false|none)\s*(?:[.,]|$|always\b)", subject.summary, re.IGNORECASE
    )
    if found and not facts.stub and not re.search(rf"\b{found.group(1).capitalize()}\b", subject.code):
        kinds = facts.known_returns
        if kinds and (found.group(1).lower() == "none" or "bool" not in kinds) and "none" not in kinds:
            return f"claims {found.group(1)}, which the code does not return"
    return ""


def raising(subject: Subject, facts: Facts) -> str:
    r"""\"Raise …\" over code that raises nothing and calls nothing that could."""
    if not re.search(
        r"^(?:raises?|throws?) (?!to\b|the (?:power|level|window)|a number\b)", subject.summary, re.IGNORECASE
    ):
        return ""
    helpers = (
        "raise",
        "fail",
        "error",
        "abort",
        "throw",
        "exit",
        "check",
        "assert",
        "signal",
        "kill",
        "warn",
        "bad",
    )
    if facts.raises or facts.reraises or facts.asserts or facts.stub:
        return ""
    named = {part for call in (*facts.calls, facts.name) for part in subwords(call)}
    return "" if any(part.startswith(helpers) for part in named) else "claims to raise, but nothing is raised"


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
    against = called & set(ACTIONS.get(said, ()))
    if against and said in _FIRM_CALLS and said not in called | own and not facts.returns_value:
        supported = {stem(part) for part in subject.words.parts}
        return (
            "" if stem(said) in supported else f"says {said}, but the code calls {', '.join(sorted(against))}"
        )
    return ""


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


def opposite_word(subject: Subject, facts: Facts) -> str:
    """The name has one of a pair ("min", "first", "width"), the text only the other, which no code has."""
    named = {*subwords(facts.name)}
    text = set(re.findall(r"[a-z]+", subject.doc.lower()))
    for pair in PAIRS:
        for mine, other in (pair, pair[::-1]):
            if named & mine and not named & other and text & other and not text & mine:
                if not any(word in subject.code.lower() for word in other):
                    return f"says {_said(text & other)}, but the name says {_said(named & mine)}"
    return ""


def negated_truth(subject: Subject, facts: Facts) -> str:
    """`return not self.closed` told as "True if closed", or `return self.closed` as "True if not closed"."""
    found = _POSITIVE.search(subject.summary.partition(",")[0])
    if not found or re.search(r"(?i)\bfalse\b", subject.summary.partition(found.group(1))[0]):
        return ""
    claim = found.group(1)
    negative = bool(_NEGATION.search(claim))
    said = {stem(word) for word in re.findall(r"[a-z]+", claim.lower())}
    for word, inverted in ((facts.negated, True), (facts.affirmed, False)):
        parts = subwords(word)
        if not parts or stem(parts[-1]) not in said or _NEGATION.search(" ".join(parts)):
            continue
        if negative != inverted:
            return f"the code returns {'not ' if inverted else ''}{word}, the text says the opposite"
    return _negated_name(claim, facts, negative=negative)


def _negated_name(claim: str, facts: Facts, *, negative: bool) -> str:
    """`is_valid` told as "is not valid"."""
    parts = subwords(facts.name)
    if len(parts) < 2 or parts[0] not in {"is", "has", "can", "should"} or not negative:  # noqa: PLR2004
        return ""
    words = {"not", "no", "non", "never", "un", "without", "missing"}
    direct = re.search(r"\b(?:not|isn't|no)\s+(?:an? |the )?(\w+)", claim, re.IGNORECASE)
    if direct and not words & {*parts} and stem(direct.group(1)) == stem(parts[-1]) and facts.negated == "":
        if not re.search(r"\bnot\b|!=|\bNone\b|\bFalse\b", claim[: direct.start()]):
            return f"negates what the name {facts.name!r} affirms"
    return ""


def http_verb(subject: Subject, facts: Facts) -> str:
    r"""\"Send a GET request\" over code that sends DELETE."""
    said = {verb for verb in HTTP_VERBS if re.search(rf"\b{verb}\b", subject.doc)}
    code = {verb for verb in HTTP_VERBS if re.search(rf"[\"']{verb}[\"']", subject.code)}
    if not code:
        called = {*facts.calls, *subwords(facts.name)} & {
            verb.lower() for verb in HTTP_VERBS - {"HEAD", "OPTIONS"}
        }
        code = {verb.upper() for verb in called}
        if code != {"GET"} and "GET" in code and "get" not in subwords(facts.name):
            code.discard("GET")  # `headers.get` and the like
    return f"says {_said(said)}, the code {_said(code)}" if said and code and not said & code else ""


def other_thing(subject: Subject, facts: Facts) -> str:
    """Calls a class a function, a function a class, and the like."""
    text = subject.summary
    if facts.kind == "class":
        if re.search(
            r"^(?:(?:a |an |the )?(?:helper |utility )?(?:function|method|decorator function)\b|returns? )",
            text,
            re.IGNORECASE,
        ):
            return "speaks of a function, but it is a class"
        return ""
    if facts.kind != "function":
        return ""
    if re.search(
        r"^(?:an? |the )?(?:\w+ )?class (?:for|that|to|representing|which)\b", text, re.IGNORECASE
    ) and ("class" not in subject.code):
        return "speaks of a class, but it is a function"
    claims: tuple[tuple[str, bool], ...] = (
        (
            r"^(?:an? |the )?decorator\b",
            facts.makes_function or bool(facts.returns & {"unknown", "callable"}),
        ),
        (
            r"^(?:an? )?(?:async(?:hronous)?|coroutine)\b",
            facts.is_async or "async" in subject.code or "await" in subject.code or facts.returns_value,
        ),
        (r"^(?:an? )?abstract (?:method|property)\b", facts.stub),
        (r"^(?:an? )?static method\b", any("static" in name for name in facts.decorators)),
        (r"^(?:an? )?class ?method\b", any("classmethod" in name for name in facts.decorators)),
        (r"^(?:the )?(?:class )?constructor\b", facts.name in {"__init__", "__new__"} or facts.returns_value),
        (r"^(?:an? )?(?:generator|async generator)\b", facts.yields or facts.returns_value),
        (
            r"^(?:an? )?context manager\b",
            facts.yields
            or facts.returns_value
            or facts.name.startswith(("__enter", "__exit", "__aen", "__aex")),
        ),
    )
    for pattern, holds in claims:
        found = re.search(pattern, text, re.IGNORECASE)
        if found and not holds and not facts.stub:
            return f"says {found.group().strip().lower()!r}, which it is not"
    return ""


def accessor(subject: Subject, facts: Facts) -> str:
    """A property told as a command, a setter told as a getter."""
    verb = action(subject.summary.partition(" ")[0])
    if facts.is_property and verb in {"set", "add", "remove", "write"} and not facts.stub:
        return f"says {verb}, but it is a property that is read"
    setter = any(name.endswith((".setter", ".deleter")) for name in facts.decorators)
    if setter and re.search(r"^(?:returns?|gets?|retrieves?|fetch(?:es)?)\b", subject.summary, re.IGNORECASE):
        return "says that it returns, but it is a setter"
    if facts.name in {"__init__", "__setattr__", "__setitem__", "__delitem__"} and verb == "get":
        return f"says {verb}, which {facts.name} does not"
    return ""


def unsupported(subject: Subject, facts: Facts) -> str:
    """Claims something special that no word of the code has to do with: "Recursively", "Randomly", …"""
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


RULES: tuple[Rule, ...] = (
    truth_of_other_kind,
    other_container,
    constant,
    raising,
    opposite_action,
    opposite_call,
    opposite_word,
    negated_truth,
    http_verb,
    other_thing,
    accessor,
    unsupported,
)


def check_contradiction(subject: Subject) -> Result:
    """Run every rule; other languages have no facts yet, so only the names speak there."""
    facts = subject.facts or Facts("function", subject.symbol.name, stub=True)
    for rule in RULES if subject.facts else (opposite_action, opposite_word, http_verb):
        found = rule(subject, facts)
        if found:
            return Problem("contradicts-code", f"{rule.__name__.replace('_', '-')}: {found}")
    return f"{len(RULES)} rules found no contradiction"


def _said(words: set[str] | frozenset[str]) -> str:
    return " or ".join(sorted(words))
