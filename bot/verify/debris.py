"""What models leave in an answer that is no docstring: tokens, chat, boilerplate, code."""

from __future__ import annotations

import re

__all__ = ["DEBRIS", "SUMMARY_DEBRIS"]

# (what it is, patterns of which any tells it)
_TABLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "special token",
        (
            r"<\|[^|>\n]{1,40}\|>",
            r"<(?:fim_\w+|file_sep|repo_name|reponame|filename|gh_stars|pad|eos|bos|unk|/?s)>",
        ),
    ),
    ("code fence", (r"```", r"~~~")),
    ("quotes of a docstring", (r'"{3}', r"'{3}")),
    ("unfinished marker", (r"\b(?:TODO|FIXME|XXX|HACK|TBD)\b",)),
    (
        "chat",
        (
            r"^(?:here (?:is|are)|here's|sure\b|certainly\b|of course\b|the (?:following|above)\b)",
            r"^(?:answer|output|docstring|summary|description|user):",
            r"^(?:assistant|note that)\b",
            r"\b(?:as an? (?:ai|language model)|i cannot|i can't|i'm sorry|let me know|feel free)\b",
        ),
    ),
    (
        "speaks of itself",
        (r"^(?:this|the) (?:function|method|class|module|code|docstring|script|snippet)\b",),
    ),
    (
        "boilerplate",
        (
            r"\b(?:docstring|documentation) (?:for|of|here|goes)\b",
            r"\b(?:insert|add) (?:an? |the |your )?(?:\w+ )?(?:description|docstring)\b",
            r"\b(?:description (?:here|goes)|document me|lorem ipsum|blah|foo bar)\b",
            r"\b(?:summary line|one[- ]line (?:summary|description)|missing docstring|not documented)\b",
            r"\bno (?:docstring|description|documentation)\b",
        ),
    ),
    (
        "code",
        (
            r"^(?:async\s+)?def\s+\w+\s*\(",
            r"^class\s+\w+\s*[(:]",
            r"^import\s+\w+$",
            r"^from\s+[\w.]+\s+import\b",
            r"^@\w+",
            r"^return\s+\w+[.(]\S*$",
            r"^self\.\w+\s*=",
            r"^if\s+.*:$",
        ),
    ),
    (
        "placeholder",
        (
            r"\[(?:summary|description|type|name|insert[^\]]*|your [^\]]*)\]",
            r"_{3,}",
            r"<(?:description|summary|your [^>]*)>",
        ),
    ),
)
_CASE_MATTERS = frozenset({"unfinished marker", "code"})

DEBRIS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile("|".join(patterns), 0 if what in _CASE_MATTERS else re.IGNORECASE))
    for what, patterns in _TABLE
)
# Sections and fields that were run into the summary.
SUMMARY_DEBRIS = re.compile(
    r":(?:param|type|returns?|rtype|raises?)\b|@(?:param|returns?|throws)\b"
    r"|\b(?:Args|Returns|Raises|Parameters):|[{};]\s*$|\\n|\(\)\s*:\s*$"
)
