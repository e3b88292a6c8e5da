"""Training examples on disk: gzip-compressed JSON lines, one `Example` each."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["END", "KINDS", "PAD", "SPECIALS", "Example", "expand", "lines", "parse", "write"]

# StarCoder's, in its order, which is their ids: the product knows that family's prompts.
SPECIALS = (
    "<|endoftext|>",
    "<fim_prefix>",
    "<fim_middle>",
    "<fim_suffix>",
    "<fim_pad>",
    "<filename>",
    "<gh_stars>",
    "<issue_start>",
    "<issue_comment>",
    "<issue_closed>",
    "<jupyter_start>",
    "<jupyter_text>",
    "<jupyter_code>",
    "<jupyter_output>",
    "<empty_output>",
    "<commit_before>",
    "<commit_msg>",
    "<commit_after>",
    "<reponame>",
)
END, PAD = 0, 4  # ids: what ends an answer, and what fills a row
KINDS = ("summary", "param", "returns", "test", "fix", "fim", "left")


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to learn: after `prompt` comes `answer`, and then the end token.

    `prompt` may spell special tokens and `answer` may not: there they are plain text. An empty prompt makes
    all of the answer count ("left": code from left to right).
    """

    prompt: str
    answer: str
    kind: str
    project: str
    weight: float = 1.0


def expand(root: Path, patterns: Sequence[str]) -> list[Path]:
    """Return the files that `patterns`, relative to `root` or absolute, name; sorted.

    Raises:
        FileNotFoundError: A pattern names none.
    """
    found: set[Path] = set()
    for pattern in patterns:
        anchor = root.__class__(pattern)
        base = root.__class__(anchor.anchor) if anchor.is_absolute() else root
        here = set(base.glob(str(anchor.relative_to(anchor.anchor))))
        if not here:
            raise FileNotFoundError(f"nothing is at {base / pattern}")
        found |= here
    return sorted(found)


def lines(files: Iterable[Path]) -> Iterator[bytes]:
    """Yield the lines of example files, unparsed."""
    for file in files:
        with gzip.open(file, "rb") as stream:
            yield from stream


def parse(line: bytes) -> Example:
    """Return the example of a line.

    Raises:
        ValueError: The line is none.
    """
    try:
        example = Example(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise ValueError(f"not an example: {line[:80]!r}: {error}") from error
    if example.kind not in KINDS:
        raise ValueError(f"an example of the unknown kind {example.kind!r}; there are {', '.join(KINDS)}")
    return example


def write(file: Path, examples: Iterable[Example]) -> int:
    """Write examples to a file and return how many; the same examples give the same bytes."""
    count = 0
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as stream:
        for example in examples:
            stream.write(json.dumps(asdict(example)).encode() + b"\n")
            count += 1
    return count
