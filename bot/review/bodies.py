"""What a comment says: the suggestion as a block that GitHub can apply, its evidence, and a hidden marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.report.md import prose
from bot.report.prose import evidence
from bot.review.identity import digest
from bot.review.markdown import fenced
from bot.review.values import Mark

if TYPE_CHECKING:
    from bot.review.anchors import Anchor
    from bot.review.marks import Signer
    from bot.review.values import Finding

__all__ = ["LIMIT", "comment", "lines_hash", "plain", "suggested"]

LIMIT = 60_000  # bytes of a body; GitHub's own limit is 65,536 characters


def comment(found: Finding, anchor: Anchor, signer: Signer) -> str | None:
    """Return the body of a review comment, or None where it would be too long to post."""
    suggestion = found.verified.suggestion
    mark = Mark(
        "comment",
        {
            "i": found.identity,
            "s": found.slot,
            "k": found.kin,
            "c": found.content,
            "t": found.text,
            "b": digest(plain(anchor.replacement)),
            "a": lines_hash(suggestion.chunk.change.source, anchor.start, anchor.end),
            "n": anchor.end - anchor.start + 1,
            "own": suggestion.subject.symbol is not None
            and suggestion.subject.change.path == suggestion.path,
            "task": suggestion.task,
        },
    )
    proofs = " · ".join(prose(words.replace("\xa0", " ")) for words in evidence(found.verified.evidence))
    body = (
        f"**{prose(suggestion.message)}**\n\n"
        f"{fenced(anchor.replacement, 'suggestion')}\n\n"
        f"<sub>{proofs} · {found.identity[:6]} · "
        f"<code>/codebot dismiss</code> in reply hides it for good</sub>\n"
        f"{signer.write(mark)}"
    )
    return body if len(body.encode("utf-8", "replace")) <= LIMIT else None


def lines_hash(source: bytes, start: int, end: int) -> str:
    """Return a hash of lines of a file, 1-based and inclusive, line endings aside."""
    lines = source.split(b"\n")[max(start - 1, 0) : max(end, 0)]
    return digest("\n".join(line.rstrip(b"\r").decode("utf-8", "replace") for line in lines))


def plain(text: str) -> str:
    """Return lines with plain endings, the last one included: what a comment keeps of them for sure."""
    text = text.replace("\r\n", "\n")
    return text if text.endswith("\n") or not text else text + "\n"


def suggested(body: str) -> str | None:
    """Return what the first suggestion block of a comment puts in place of its lines, or None."""
    lines = body.replace("\r\n", "\n").split("\n")
    for at, line in enumerate(lines):
        ticks = len(line) - len(line.lstrip("`"))
        if ticks >= 3 and line[ticks:].strip() == "suggestion":  # noqa: PLR2004 - the shortest fence
            for end in range(at + 1, len(lines)):
                if lines[end].strip() == "`" * ticks:
                    return "".join(f"{each}\n" for each in lines[at + 1 : end])
    return None
