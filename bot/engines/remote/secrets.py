"""Which parts of a text are secret values (the only module that imports detect_secrets), and hiding them.

The library's own line scanner is made for files and treats every word as a candidate; its detectors are used
directly: known token shapes, passwords in URLs, values that are called a password, quoted strings of high
entropy. What it leaves out is added here: the body of a private key, and assignments with a type annotation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["check", "hide", "spans", "unhide"]

_SHAPES = (  # detectors of one token shape each
    "artifactory.ArtifactoryDetector",
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "discord.DiscordBotTokenDetector",
    "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector",
    "jwt.JwtTokenDetector",
    "mailchimp.MailchimpDetector",
    "npm.NpmDetector",
    "openai.OpenAIDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)
_KEY = re.compile(  # whole, or as much of it as is there
    r"""-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    ([A-Za-z0-9+/=\s"'(),\\:]{1,20000}?(?=-----END) | (?:(?:[\s"'(),]|\\[nr])*[A-Za-z0-9+/=]{16,})+)""",
    re.VERBOSE,
)
_NAMED = re.compile(
    r"""(?i)(?:password|passwd|pwd|passphrase|secret|api_?key|auth_?key|private_?key|access_?key|token)\w*
    (?:["']\])?\s*(?::\s*[\w.\[\]| ]+)?\s*(?:=|:)\s*[rbuf]{0,2}(["'])([^"'\s]{6,})\1""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[a-z]+([ _.-][a-z]+)*|[A-Z_]+|.*[{}<>$%].*")  # words and templates, no secrets
_TAIL = re.compile(r"[A-Za-z0-9_\-+/=.]*")
_LEAD = re.compile(r"[\s=:\"',(]*")
_PLACE = "masked_secret"


def check() -> None:
    """Load the detectors.

    Raises:
        ImportError: The library is not installed.
    """
    _detectors()


def spans(text: str) -> list[tuple[int, int]]:
    """Return where secret values stand in `text`, in order and apart."""
    found = [match.span(1) for match in _KEY.finditer(text)]
    at = 0
    for line in text.splitlines(keepends=True):
        found += [(at + start, at + end) for start, end in _in_line(line)]
        at += len(line)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def hide(text: str, kept: dict[str, str] | None = None) -> tuple[str, dict[str, str]]:
    """Return `text` with a placeholder for each secret value, and what the placeholders stand for.

    Args:
        text: Anything that is about to leave.
        kept: Placeholders that were given already; the same value gets the same one.
    """
    values = dict(kept or {})
    names = {value: name for name, value in values.items()}
    stem = _PLACE
    while stem in text and not kept:
        stem += "_"
    parts, at = [], 0
    for start, end in spans(text):
        value = text[start:end]
        if value not in names:
            names[value] = f"{stem}_{len(names) + 1}"
            values[names[value]] = value
        parts += [text[at:start], names[value]]
        at = end
    return "".join([*parts, text[at:]]), values


def unhide(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with the values back in the places of their placeholders."""
    for name in sorted(values, key=len, reverse=True):  # …_12 before …_1
        text = text.replace(name, values[name])
    return text


@lru_cache(maxsize=4096)
def _in_line(line: str) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(set(_search(line))))


def _search(line: str) -> Iterator[tuple[int, int]]:
    shapes, basic, entropy = _detectors()
    for pattern in shapes:
        for match in pattern.finditer(line):
            lead = _LEAD.match(line, match.start())
            tail = _TAIL.match(line, match.end())
            yield (lead.end() if lead else match.start()), (tail.end() if tail else match.end())
    for pattern in basic:
        for match in pattern.finditer(line):
            yield match.span(1)
    for match in _NAMED.finditer(line):
        if not _PLAIN.fullmatch(match[2]):
            yield match.span(2)
    for detector in entropy:
        for value in detector.analyze_string(line):
            if detector.calculate_shannon_entropy(value) > detector.entropy_limit:
                start = line.find(value)
                yield start, start + len(value)


@lru_cache(maxsize=1)
def _detectors() -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...], tuple[Any, ...]]:
    """Load the library's patterns: token shapes, passwords in URLs, and its two measures of entropy."""
    from importlib import import_module  # noqa: PLC0415 - beside what it imports

    from detect_secrets.plugins.basic_auth import BasicAuthDetector  # noqa: PLC0415 - 0.2 s, an extra
    from detect_secrets.plugins.high_entropy_strings import (  # noqa: PLC0415 - likewise
        Base64HighEntropyString,
        HexHighEntropyString,
    )

    shapes: list[re.Pattern[str]] = []
    for name in _SHAPES:
        module, _, kind = name.partition(".")
        shapes += getattr(import_module(f"detect_secrets.plugins.{module}"), kind)().denylist
    return (
        tuple(shapes),
        tuple(BasicAuthDetector().denylist),
        (Base64HighEntropyString(), HexHighEntropyString()),
    )
