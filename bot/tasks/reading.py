"""Reads a model's answer: from whatever it wrote to one clean sentence, or a reason not to use it."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.data import Completion

__all__ = ["VERBS", "Refusal", "phrase", "summary"]

_FENCE = re.compile(r"\A\s*(?:```|~~~)[^\n]*\n(.*?)(?:\n\s*(?:```|~~~)|\Z)", re.DOTALL)
_QUOTED = re.compile(r"\A(?:[rRuU]?)(\"\"\"|''')(.*?)(?:\1|\Z)", re.DOTALL)
_MARKER = re.compile(
    r"\A(?:(?:[-*•]|#+|//[/!]?|/\*\*?|\d{1,2}[.)])\s+|(?:docstring|summary|answer)\s*:\s*)", re.IGNORECASE
)
_PARAGRAPH_END = re.compile(
    r"\n[ \t]*(?:\n|(?:Args|Arguments|Parameters|Params|Returns?|Yields?|Raises|Attributes|Examples?|Notes?)"
    r"[ \t]*:?"
    r"[ \t]*(?:\n|\Z)|:(?:param|returns?|rtype|raises?|type)\b|[@\\](?:param|return|brief)|>>>|[-*] )"
)
_SENTENCE_END = re.compile(r"[.!?][\"')\]`]*(?=\s+[\"'`(\[]?[A-Z0-9]|\s*\Z)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|resp|approx|incl|no|fig|eq|[A-Z])|\.\.)\.\Z", re.IGNORECASE
)
# What only announces an example; cut off when nothing follows it.
_DANGLING = re.compile(
    r"[\s,;:(\[-]*\b(?:e\.g|i\.e|eg|ie|for example|for instance|such as|namely)\b[.,:;\s]*\Z", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"\A(?:This|The)\s+(?:\w+\s+)?(?:function|method|class|module|generator|coroutine|property|decorator"
    r"|constructor|helper)\s+"
    r"(?:(?P<used>(?:is|can\s+be)\s+(?:used|designed|intended|meant|responsible)\s+(?P<how>to|for)\s+)"
    r"|(?P<will>will|can)\s+|simply\s+)?(?P<verb>[a-z]+)\b",
    re.IGNORECASE,
)
_FEWEST = 2  # words of a summary that its dangling end is cut off from
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, bidi marks, surrogates, unassigned
# Third person to imperative, as the lint rules of two conventions ask for (D401). Words in a string, since
# the formatter would put each item of a list on a line of its own.
VERBS = frozenset(
    """
    accept acquire add adjust allocate allow append apply ask assert assign attach authenticate broadcast
    build cache calculate call cancel cast change check choose
    clean clear close collect combine compare compile compute concatenate configure construct
    contain convert copy count create decide decode define delete describe detect determine disable
    dispatch display do download drop dump emit enable encode ensure evaluate execute expand extract
    fetch fill filter find fix format generate get give handle hold ignore implement import indicate
    initialize initialise insert inspect install invoke iterate join keep list load log look make
    map mark match merge modify move normalize normalise open parse pass perform pop prepare print
    process produce provide pull push put raise read receive record reduce register remove rename
    render replace report represent request reset resolve restore retrieve return reverse run save
    scan search select send serialize set show skip sort start stop store strip take tell test
    compress connect consume convert decompress decrypt delegate disconnect discard encrypt enforce
    expose flush increment decrement inject unlock manage modify notify obtain populate prevent propagate
    refresh reject reload resize respond restart resume retry rewrite simulate submit subtract suppress
    synchronize terminate toggle traverse trim truncate unpack warn
    transform translate try turn update upload use validate verify wait walk wrap write yield split
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that cannot be used. `reason` is a key of `bot.reasons.REJECTIONS`."""

    reason: str
    detail: str = ""


def summary(completion: Completion, *, imperative: bool = False) -> str | Refusal:
    """Read one summary sentence out of an answer.

    Args:
        completion: What the engine wrote.
        imperative: Turn a leading "Returns" into "Return".

    Returns:
        One line that starts with a capital and ends in a period, or why there is none.
    """
    text = _prose(completion)
    if isinstance(text, Refusal):
        return text
    sentence = _first_sentence(text)
    if (dangling := _DANGLING.search(sentence)) is not None:
        sentence = sentence[: dangling.start()].rstrip()
        if len(sentence.split()) < _FEWEST:
            return Refusal("cut-short", text)
        sentence += "."
    if not _ends(sentence):
        if completion.finish == "length" or sentence.endswith(":"):
            return Refusal("cut-short", sentence)
        sentence = sentence.rstrip(" ,;-") + "."
    sentence = _from_the_verb(sentence)
    if imperative:
        sentence = _imperative(sentence)
    return _safe(_capital(_period_outside(sentence)))


def phrase(completion: Completion, *, name: str = "") -> str | Refusal:
    """Read the description of one parameter or result: a sentence of its own, `name` not repeated."""
    text = _prose(completion)
    if isinstance(text, Refusal):
        return text
    if name:
        text = re.sub(rf"\A`*\*{{0,2}}{re.escape(name)}`*\s*(?:\([^)]*\))?\s*[:\-]\s+", "", text)
    sentence = _first_sentence(text)
    if not _ends(sentence):
        if completion.finish == "length" or sentence.endswith(":"):
            return Refusal("cut-short", sentence)
        sentence = sentence.rstrip(" ,;-") + "."
    return _safe(_capital(_period_outside(sentence)))


def _prose(completion: Completion) -> str | Refusal:
    """Strip fences, quotes, list markers and everything after the first paragraph."""
    text = completion.text.replace("\r\n", "\n").replace("\r", "\n")
    fence = _FENCE.match(text)
    text = textwrap.dedent(fence[1] if fence else text).strip()
    quoted = _QUOTED.match(text)
    text = (quoted[2] if quoted else re.sub(r"(?:\"\"\"|''')\s*\Z", "", text)).strip()
    while (marker := _MARKER.match(text)) is not None:
        text = text[marker.end() :]
    text = _PARAGRAPH_END.split(f"{text}\n", maxsplit=1)[0].strip()
    if '"""' in text or "'''" in text:
        return Refusal("unsafe-text", "triple quotes")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        text = text[1:-1]
    text = " ".join(text.split())
    return text if any(c.isalnum() for c in text) else Refusal("no-answer")


def _first_sentence(text: str) -> str:
    for end in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text[: end.end()]) or end.end() == len(text):
            return text[: end.end()]
    return text


def _ends(sentence: str) -> bool:
    return re.search(r"[.!?][\"')\]`]*\Z", sentence) is not None


def _period_outside(sentence: str) -> str:
    """Move a final period out of quotes, so that the sentence cannot run into the closing quotes."""
    found = re.search(r"([.!?])([\"']+)\Z", sentence)
    return f"{sentence[: found.start()]}{found[2]}{found[1]}" if found else sentence


def _capital(sentence: str) -> str:
    """Capitalise a plain first word; leave `names`, snake_case and camelCase alone."""
    word = re.match(r"[a-z]+(?:'[a-z]+)?(?=[\s,.!?;:-]|\Z)", sentence)
    return sentence[0].upper() + sentence[1:] if word else sentence


def _from_the_verb(sentence: str) -> str:
    """Turn "This method is used to close it" into "Close it": only where a verb we know follows."""
    found = _SUBJECT.match(sentence)
    if found is None:
        return sentence
    verb, rest = found["verb"], sentence[found.end() :]
    if found["how"] == "for":
        stem = verb.removesuffix("ing")
        doubled = stem[:-1] if stem[-1:] == stem[-2:-1] else ""
        verb = next((v for v in (stem, f"{stem}e", doubled) if stem != verb and v in VERBS), "")
    elif found["used"] or found["will"]:
        verb = verb if verb in VERBS else ""
    elif _base(verb) == verb:  # "This class path is": no third person, so no verb of this subject
        verb = ""
    return verb.capitalize() + rest if verb else sentence


def _imperative(sentence: str) -> str:
    word, space, rest = sentence.partition(" ")
    return f"{_base(word)}{space}{rest}"


def _base(word: str) -> str:
    """Return "return" for "returns", and any word but the third person of a verb we know as it is."""
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and (stem := word[: -len(ending)] + instead).lower() in VERBS:
            return stem
    return word


def _safe(sentence: str) -> str | Refusal:
    hidden = next((c for c in sentence if unicodedata.category(c) in _HIDDEN), None)
    return sentence if hidden is None else Refusal("unsafe-text", f"character U+{ord(hidden):04X}")
