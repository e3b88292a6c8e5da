"""Step `pack`: examples to token ids, and documents into rows of equal length.

Beside each row of ids lies one of codes, a byte a token: how much it counts to have predicted that token.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import os
import zlib
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from training.fitting import best_fit
from training.records import END, PAD, expand, fraction, lines, parse, validates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from numpy.typing import NDArray

__all__ = ["CONTEXT", "FULL", "NEVER", "Pack", "pack"]

NEVER, CONTEXT = 0, 1  # codes: not predicted at all; predicted as far as the step `train` is told to
FULL = 64  # an answer's token of weight w has the code 1 + w x FULL
_BATCH = 1_000  # examples at a time for a process


@dataclass(frozen=True, slots=True)
class Pack:
    """Settings of the step; paths are relative to the working folder."""

    tokenizer: str = "start/tokenizer.json"
    examples: tuple[str, ...] = ("examples/*.jsonl.gz",)
    output: str = "packed"
    length: int = 1024  # tokens a row
    held_out: str = ""  # a file of project names, whose examples only validate
    validation: float = 0.01  # share of the other projects that only validate too
    # kinds that are drawn together while training, each group from rows of its own
    groups: dict[str, list[str]] = field(
        default_factory=lambda: {
            "docs": ["summary", "param", "returns"],
            "code": ["test", "fix", "fim", "left"],
        }
    )
    shares: dict[str, float] = field(default_factory=dict)  # of a kind's examples that are taken; else all
    seed: int = 0
    jobs: int = 0  # processes; 0: one a core


# tokens of one document, and their codes
_Piece: TypeAlias = "tuple[NDArray[np.uint16], NDArray[np.uint8]]"


@dataclass(slots=True)
class _Documents:
    """Tokenised documents, one behind the other."""

    ids: list[NDArray[np.uint16]] = field(default_factory=list)
    codes: list[NDArray[np.uint8]] = field(default_factory=list)

    def add(self, ids: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
        self.ids.append(ids)
        self.codes.append(codes)


def pack(settings: Pack, work: Path) -> dict[str, Any]:
    """Write the rows of every group and of every kind's validation, and return what was done.

    Raises:
        FileNotFoundError: The tokenizer or the examples are missing.
        ValueError: A file holds something else, or a kind belongs to no group.
    """
    kinds = {kind: group for group, several in settings.groups.items() for kind in several}
    held_out = set((work / settings.held_out).read_text("utf-8").split()) if settings.held_out else set()
    sets: dict[str, _Documents] = defaultdict(_Documents)
    counts: Counter[str] = Counter()
    seen: set[bytes] = set()
    for kind, project, key, pieces in _tokenised(settings, work):
        if kind not in kinds:
            raise ValueError(f"pack.groups has no group for examples of the kind {kind!r}")
        apart = project in held_out or validates(project, settings.validation)
        if not apart and fraction("share", key.hex()) >= settings.shares.get(kind, 1.0):
            counts[f"{kind} left out by its share"] += 1
        elif key in seen:
            counts[f"{kind} seen before"] += 1
        elif not pieces:
            counts[f"{kind} too long for a row"] += 1
        else:
            seen.add(key)
            counts[f"{kind} {'validating' if apart else 'trained on'}"] += 1
            for ids, codes in pieces:
                sets[f"validation-{kind}" if apart else f"train-{kinds[kind]}"].add(ids, codes)
    folder = work / settings.output
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.npy"):
        stale.unlink()
    done = {
        "settings": asdict(settings),
        "tokenizer_sha256": hashlib.sha256((work / settings.tokenizer).read_bytes()).hexdigest(),
        "examples": dict(sorted(counts.items())),
        "sets": {name: _write(folder, name, documents, settings) for name, documents in sorted(sets.items())},
    }
    (folder / "index.json").write_text(json.dumps(done, indent=1) + "\n", "utf-8")
    return done


def _write(folder: Path, name: str, documents: _Documents, settings: Pack) -> dict[str, int]:
    order = np.random.default_rng([settings.seed, zlib.crc32(name.encode())]).permutation(len(documents.ids))
    places = best_fit((len(documents.ids[n]) for n in order), settings.length)
    shape = (1 + max(row for row, _ in places), settings.length)
    ids = np.full(shape, PAD, np.uint16)
    codes = np.zeros(shape, np.uint8)
    for n, (row, at) in zip(order, places, strict=True):
        end = at + len(documents.ids[n])
        ids[row, at:end] = documents.ids[n]
        codes[row, at:end] = documents.codes[n]
    np.save(folder / f"{name}.ids.npy", ids)
    np.save(folder / f"{name}.codes.npy", codes)
    return {
        "rows": shape[0],
        "documents": len(order),
        "tokens": sum(map(len, documents.ids)),
        "answer_tokens": int((codes > CONTEXT).sum()),
    }


def _tokenised(settings: Pack, work: Path) -> Iterator[tuple[str, str, bytes, list[_Piece]]]:
    """Yield (kind, project, key, pieces) of every example, in order whatever the number of processes."""
    file = work / settings.tokenizer
    if not file.is_file():
        raise FileNotFoundError(f"no tokenizer at {file}: the step `start` writes it")
    found = lines(expand(work, settings.examples))
    batches = iter(lambda: list(itertools.islice(found, _BATCH)), [])
    jobs = settings.jobs or os.cpu_count() or 1
    with multiprocessing.Pool(jobs, _begin, (str(file), settings.length)) as pool:
        for batch in pool.imap(_batch, batches):
            yield from batch


_worker: dict[str, Any] = {}


def _begin(file: str, length: int) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are parallel
    from tokenizers import Tokenizer  # noqa: PLC0415 - after the line above

    prompts, answers = Tokenizer.from_file(file), Tokenizer.from_file(file)
    answers.encode_special_tokens = True  # what code spells like a special token is plain text
    if prompts.get_vocab_size() > 1 << 16:
        raise ValueError(f"{file} has more tokens than fit 16 bits")
    _worker.update(prompts=prompts, answers=answers, length=length)


def _batch(batch: Sequence[bytes]) -> list[tuple[str, str, bytes, list[_Piece]]]:
    examples = [parse(line) for line in batch]
    prompts = _worker["prompts"].encode_batch_fast([e.prompt for e in examples], add_special_tokens=False)
    answers = _worker["answers"].encode_batch_fast([e.answer for e in examples], add_special_tokens=False)
    return [
        (
            e.kind,
            e.project,
            hashlib.blake2b(f"{e.prompt}\0{e.answer}".encode("utf-8", "replace"), digest_size=10).digest(),
            list(_pieces(prompt.ids, [*answer.ids, END], e.weight, _worker["length"])),
        )
        for e, prompt, answer in zip(examples, prompts, answers, strict=True)
    ]


def _pieces(prompt: list[int], answer: list[int], weight: float, length: int) -> Iterator[_Piece]:
    """Yield (ids, codes): one document, several of a long text from left to right, none if too long."""
    code = min(255, 1 + round(weight * FULL))
    step = len(prompt) + len(answer) if prompt else length
    for at in range(0, len(prompt) + len(answer), step):
        ids = np.array((prompt + answer)[at : at + step], np.uint16)
        if 1 < len(ids) <= length:
            codes = np.full(len(ids), code, np.uint8)
            codes[: len(prompt)] = CONTEXT
            codes[0] = NEVER  # what precedes it is another document
            yield ids, codes
