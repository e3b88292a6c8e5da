"""Training examples, and questions without answers, on disk: gzip-compressed JSON lines, one each."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "DOUBT",
    "END",
    "KINDS",
    "PAD",
    "SPECIALS",
    "Example",
    "Question",
    "expand",
    "fraction",
    "lines",
    "needed",
    "parse",
    "parted",
    "questions",
    "validates",
    "write",
]

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
DOUBT = 14  # id: what ends an answer that the model doubts, where it was taught to (`prefer`)
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


@dataclass(frozen=True, slots=True)
class Question:
    """One definition whose summary is asked for, with the product's own prompt."""

    id: str
    project: str
    name: str  # dotted
    kind: str  # function or method
    code: str  # as a teacher is shown it
    prompt: str


def needed(work: Path, steps: Mapping[str, str]) -> None:
    """Look for what steps before this one wrote.

    Args:
        work: The working folder.
        steps: Paths below it, and the step that writes each.

    Raises:
        FileNotFoundError: One is missing.
    """
    for name, step in steps.items():
        if not (work / name).exists():
            raise FileNotFoundError(f"nothing at {work / name}: the step `{step}` writes it")


def questions(file: Path) -> list[Question]:
    """Return the questions of a file of JSON lines."""
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        return [Question(**json.loads(line)) for line in stream]


def parted(
    several: Iterable[Question], held_out: Collection[str], share: float
) -> tuple[list[Question], list[Question]]:
    """Return the questions to learn from, and those of projects that only validate.

    Args:
        several: In any order, which is kept.
        held_out: Names of projects that only validate.
        share: Of the other projects that do; where `pack` has a smaller one, its projects are among them.
    """
    found: tuple[list[Question], list[Question]] = [], []
    for one in several:
        found[one.project in held_out or validates(one.project, share)].append(one)
    return found


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


def validates(project: str, share: float) -> bool:
    """Whether a project is of the share of all that only validate: always the same ones."""
    return fraction("project", project) < share


def fraction(salt: str, text: str) -> float:
    """Return a number in [0, 1) that is this text's for ever."""
    return int.from_bytes(hashlib.blake2b(f"{salt}\0{text}".encode(), digest_size=6).digest(), "big") / 2**48
