"""Rules on results and roles: what is returned, raised, and what kind of thing a definition is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.verify.antonyms import action
from bot.verify.words import subwords

if TYPE_CHECKING:
    from bot.verify.facts import Facts
    from bot.verify.subject import Subject

__all__ = [
    "accessor",
    "constant",
    "kind_told_as",
    "only_raising",
    "other_container",
    "other_thing",
    "raising",
    "truth_of_other_kind",
]

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
    "list": {"list", "tuple", "iterator"},
    "tuple": {"tuple", "list"},
    "set": {"set"},
    "dict": {"dict"},
    "str": {"str", "bytes"},
    "bytes": {"bytes", "str"},
    "int": {"int", "bool", "float"},
    "float": {"float", "int"},
    "bool": {"bool", "int"},
}
_RETURNS = re.compile(
    r"^returns? (?:an? |the )?(?:new |sorted |flat |single |unique |simple |empty )*(\w+)"
    r"(?= (?:of|with|containing|that|where|from|representation|mapping|for)\b|[.,]|$)",
    re.IGNORECASE,
)
# "Load a table as a string", "Get a list of …": the verbs that hand something back
_GIVES = (
    r"^(?:returns?|gets?|loads?|reads?|retrieves?|fetch(?:es)?|finds?|builds?|creates?|makes?|collects?"
    r"|computes?|generates?|lists?|extracts?|parses?)"
)
_GIVEN = re.compile(
    r"^(?:gets?|retrieves?|fetch(?:es)?|builds?|creates?|makes?|collects?|computes?|generates?) "
    r"(?:an? |the )?(?:new )?(\w+) of\b",
    re.IGNORECASE,
)
_AS = re.compile(
    rf"{_GIVES}\b[^,;(]*? as (?:an? )(?:single |new |flat |plain )?(\w+)(?= of\b|[.,]|$)", re.IGNORECASE
)
_INPUT = re.compile(
    r"\b(?:given|passed|specified|represented|stored|supplied|encoded|formatted|expressed|written|quoted|used"
    r"|interpreted|treated|parsed|accepted) (?:\w+ )?as\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"rais|throw|error|exception|\bnot?\b|n't\b|cannot|\bun|never|must|abstract|allow|forbid|prevent|block|fail"
    r"|reject|refus|deny|denie|invalid|illegal|disabl|overrid|subclass|implement|interface|should|prohibit"
    r"|read-?only|immutabl|placeholder|stub|dummy|without|abort|exit|quit|stop|ignor|signal|trigger|terminat"
    r"|interrupt|crash|kill|warn|complain|redirect|skip|report|break|depart|cancel|usage|optional",
    re.IGNORECASE,
)
_COUNT = re.compile(r"^returns? (?:the )?(?:total )?(?:number|count|length|size) of\b", re.IGNORECASE)
_TRUTH = re.compile(
    r"^(?:returns? (?:true|false)\b|returns? (?:whether|if)\b|whether\b|true if\b|true when\b)", re.IGNORECASE
)
_TEST = re.compile(
    r"^(?:checks?|determines?|tests?|tells?|indicates?|finds? out) (?:if|whether)\b", re.IGNORECASE
)
# What is done, where a property answers what is: "Store processed messages" of the setting of that name
_EFFECT = re.compile(
    r"(?:cache|disable|enable|ignore|memoize|override|overwrite|send|start|stop|store)s?\b", re.IGNORECASE
)
_RAISES = re.compile(
    r"^(?:raises?|throws?) (?:if|when|unless|an? (?:exception|error)|(?:an? |the )?\w*(?:error|exception)\b)",
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
    if (
        facts.yields
        and not facts.decorators
        and re.match(r"^returns? an? list of\b", subject.summary, re.IGNORECASE)
    ):
        return "claims a list, but it is a generator"
    if not kinds or facts.yields or "iterator" in kinds:
        return ""
    if _COUNT.search(subject.summary) and not kinds & {"int", "float", "bool", "complex", "tuple"}:
        return f"claims a count, but the code returns {_said(kinds)}"
    found = _RETURNS.search(subject.summary)
    claimed = _CONTAINERS.get(found.group(1).lower()) if found else None
    if claimed and not kinds & _COMPATIBLE[claimed]:
        return f"claims a {found.group(1) if found else claimed}, but the code returns {_said(kinds)}"
    return ""


def kind_told_as(subject: Subject, facts: Facts) -> str:
    r"""\"Load … as a string", "Get a list of …" over code that returns something else in every case."""
    kinds = facts.known_returns - {"none"}
    if not kinds or facts.yields or "iterator" in kinds:
        return ""
    summary = subject.summary
    found = None if _INPUT.search(summary) else _AS.search(summary)
    for each in (found, _GIVEN.search(summary)):
        claimed = _CONTAINERS.get(each.group(1).lower()) if each else None
        if each and claimed and not kinds & _COMPATIBLE[claimed]:
            return f"claims a {each.group(1)}, but the code returns {_said(kinds)}"
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
    if facts.kind != "function" or not _RAISES.search(subject.summary):
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


def only_raising(subject: Subject, facts: Facts) -> str:
    """Tells what is done over code that only raises, with no word of a refusal."""
    plain = all(re.search(r"property|setter|deleter|method$", each) for each in facts.decorators)
    if not facts.only_raises or facts.stub or not plain or _REFUSES.search(subject.summary):
        return ""
    return "tells what is done, but all the code does is raise"


def other_thing(subject: Subject, facts: Facts) -> str:
    """Calls a class a function, a function a class, and the like."""
    text = subject.summary
    if facts.kind == "class":
        if re.search(
            r"^(?:(?:a |an |the )?(?:helper |utility )?(?:function|method)\b(?! descriptor)|returns? )",
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
    effect = _EFFECT.match(subject.summary)
    if facts.is_property and (effect or verb in {"set", "add", "remove", "write"}) and not facts.stub:
        return f"says {effect.group().lower() if effect else verb}, but it is a property that is read"
    setter = any(name.endswith((".setter", ".deleter")) for name in facts.decorators)
    if setter and re.search(r"^(?:returns?|gets?|retrieves?|fetch(?:es)?)\b", subject.summary, re.IGNORECASE):
        return "says that it returns, but it is a setter"
    if facts.name in {"__init__", "__setattr__", "__setitem__", "__delitem__"} and verb == "get":
        return f"says {verb}, which {facts.name} does not"
    return ""


def _said(words: set[str] | frozenset[str]) -> str:
    return " or ".join(sorted(words))
