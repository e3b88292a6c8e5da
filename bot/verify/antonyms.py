"""Opposites among verbs and nouns of code, and claims that need a certain word near them."""

from __future__ import annotations

__all__ = ["ACTIONS", "IN_CODE", "PAIRS", "SUPPORT", "action"]

# One spelling for verbs that mean the same in names and summaries.
_SAME = {
    "get": "get fetch retrieve obtain",
    "set": "set assign",
    "add": "add append insert register push enqueue attach",
    "remove": "remove delete discard pop unregister detach del drop erase",
    "open": "open",
    "close": "close shutdown",
    "read": "read",
    "write": "write",
    "load": "load",
    "save": "save store persist",
    "start": "start begin launch",
    "stop": "stop halt terminate",
    "enable": "enable activate",
    "disable": "disable deactivate",
    "encode": "encode",
    "decode": "decode",
    "encrypt": "encrypt",
    "decrypt": "decrypt",
    "compress": "compress",
    "decompress": "decompress uncompress",
    "pack": "pack",
    "unpack": "unpack",
    "lock": "lock",
    "unlock": "unlock",
    "acquire": "acquire",
    "release": "release",
    "show": "show display",
    "hide": "hide",
    "connect": "connect",
    "disconnect": "disconnect",
    "upload": "upload",
    "download": "download",
    "serialize": "serialize serialise dump dumps marshal pickle",
    "deserialize": "deserialize deserialise loads unmarshal unpickle",
    "send": "send",
    "receive": "receive recv",
    "increment": "increment increase",
    "decrement": "decrement decrease",
    "expand": "expand",
    "collapse": "collapse",
    "escape": "escape quote",
    "unescape": "unescape unquote",
    "validate": "validate",
    "install": "install",
    "uninstall": "uninstall",
    "subscribe": "subscribe",
    "unsubscribe": "unsubscribe",
    "merge": "merge join",
    "split": "split",
    "import": "import",
    "export": "export",
    "mount": "mount",
    "unmount": "unmount",
    "freeze": "freeze",
    "unfreeze": "unfreeze thaw",
    "pause": "pause",
    "resume": "resume",
    "visit": "visit",
    "depart": "depart",
    "enter": "enter",
    "exit": "exit leave quit",
    "end": "end finish",
}
_OPPOSITES = (
    ("get", "set"),
    ("add", "remove"),
    ("set", "remove"),
    ("open", "close"),
    ("read", "write"),
    ("load", "save"),
    ("start", "stop"),
    ("enable", "disable"),
    ("encode", "decode"),
    ("encrypt", "decrypt"),
    ("compress", "decompress"),
    ("pack", "unpack"),
    ("lock", "unlock"),
    ("acquire", "release"),
    ("show", "hide"),
    ("connect", "disconnect"),
    ("upload", "download"),
    ("serialize", "deserialize"),
    ("send", "receive"),
    ("increment", "decrement"),
    ("expand", "collapse"),
    ("escape", "unescape"),
    ("install", "uninstall"),
    ("subscribe", "unsubscribe"),
    ("merge", "split"),
    ("import", "export"),
    ("mount", "unmount"),
    ("freeze", "unfreeze"),
    ("pause", "resume"),
    ("start", "close"),
    ("open", "stop"),
    ("visit", "depart"),
    ("enter", "exit"),
    ("start", "end"),
)

_CANONICAL = {word: verb for verb, words in _SAME.items() for word in words.split()}

ACTIONS: dict[str, frozenset[str]] = {
    verb: frozenset({b for a, b in _OPPOSITES if a == verb} | {a for a, b in _OPPOSITES if b == verb})
    for verb in _SAME
}


def action(word: str) -> str:
    """Return the verb of `ACTIONS` that stands for `word`: "Removes", "deleting" -> "remove"; "" if none."""
    word = word.lower()
    forms = (word, word[:-1], word[:-2], word[:-3], word[:-3] + "e", word[:-2] + "e")
    endings = ("", "s", "es", "ing", "ing", "ed")
    for form, ending in zip(forms, endings, strict=True):
        if word.endswith(ending) and form in _CANONICAL:
            return _CANONICAL[form]
    return ""


def _pair(left: str, right: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(left.split()), frozenset(right.split())


# (words, their opposites), as they stand in names and text
PAIRS: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    _pair("min minimum smallest lowest", "max maximum largest highest"),
    _pair("first", "last"),
    _pair("start", "end"),
    _pair("left", "right"),
    _pair("upper uppercase", "lower lowercase"),
    _pair("even", "odd"),
    _pair("horizontal horizontally", "vertical vertically"),
    _pair("row rows", "column columns col cols"),
    _pair("width", "height"),
    _pair("input inputs", "output outputs"),
    _pair("source src", "destination dest dst"),
    _pair("client", "server"),
    _pair("encode encoded encoding", "decode decoded decoding"),
    _pair("encrypt encrypted", "decrypt decrypted"),
    _pair("next", "previous prev"),
    _pair("ascending asc", "descending desc"),
    _pair("enable enabled", "disable disabled"),
    _pair("before", "after"),
    _pair("prefix", "suffix"),
    _pair("head", "tail"),
    _pair("top", "bottom"),
    _pair("request", "response"),
    _pair("older oldest", "newer newest latest"),
    _pair("ancestor ancestors", "descendant descendants"),
    _pair("add", "subtract"),
    _pair("multiply", "divide"),
    _pair("union", "intersection"),
    _pair("absolute", "relative"),
)

# Beginnings of words, either side a pattern: where code has one side alone, a text with the other is wrong.
IN_CODE: tuple[tuple[str, str], ...] = (
    ("send", "recei|recv"),
    ("encode", "decode"),
    ("encrypt", "decrypt"),
    ("enable", "disable"),
    ("import", "export"),
    ("stdout", "stdin"),
    ("minimum", "max"),
    ("upload", "download"),
    ("ascending", "descending"),
    ("subscribe", "unsubscribe"),
    ("remove|delete|discard", "add|append|insert"),
    ("read", "writ(?:e|ing)"),
    ("load", "save|dump|store"),
    ("start", "stop"),
)

# A claim (pattern in the summary) and the words of which the code must have one somewhere.
SUPPORT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"\brecursively\b",
        ("recur", "walk", "rglob", "deep", "nested", "child", "tree", "**", "stack", "visit", "iter"),
    ),
    (
        r"\brandom(?:ly|ized|ised)?\b(?![- ]access)",
        (
            "rand",
            "choice",
            "shuffle",
            "sample",
            "uuid",
            "secret",
            "noise",
            "seed",
            "rng",
            "jitter",
            "salt",
            "nonce",
            "tok",
        ),
    ),
    (r"\bdeprecated\b", ("deprec", "warn", "obsolete", "legacy")),
    (r"\bthread[- ]?safe(?:ly)?\b", ("thread", "lock", "mutex", "queue", "atomic", "semaphore", "call_soon")),
    (r"\b(?:email|e-mail)s?\b", ("mail", "smtp", "mime", "message", "msg", "addr", "rfc")),
    (
        r"^(?:prints?|pretty[- ]print)\b",
        (
            "print",
            "write",
            "stdout",
            "stderr",
            "echo",
            "log",
            "emit",
            "show",
            "display",
            "format",
            "repr",
            "dump",
            "message",
            "out",
            "usage",
            "help",
            "file",
        ),
    ),
    (r"^(?:sorts?)\b", ("sort", "order", "rank", "heap", "bisect", "key", "cmp")),
    (r"^encrypts?\b", ("crypt", "cipher", "aes", "tls", "ssl", "key", "xor")),
    (r"^hash(?:es)?\b", ("hash", "digest", "md5", "sha", "crc", "checksum", "sum")),
    # hedges that a small model adds: a condition has to be somewhere
    (r"\boptionally\b", ("option", "maybe")),
    (r"\b(?:if|when|where|as) known\b", ("known", "unknown")),
    (r"\b(?:if|when|where|as) (?:necessary|needed|required)\b", ("necess", "need", "requir", "must")),
)
