"""Packed rows for training: endless shuffled streams, of which any place can be asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from training.pack import CONTEXT, FULL, NEVER
from training.records import END, PAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Mixture", "Rows", "asked", "documents", "told", "weights"]


class Rows:
    """One set of rows: token ids and codes, on disk."""

    def __init__(self, folder: Path, name: str) -> None:
        self.ids: NDArray[np.uint16] = np.load(folder / f"{name}.ids.npy", mmap_mode="r")
        self.codes: NDArray[np.uint8] = np.load(folder / f"{name}.codes.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, at: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Return the ids and codes of some rows."""
        return self.ids[at].astype(np.int32), self.codes[at]


class Mixture:
    """Rows of several groups, in shares that may change while training."""

    def __init__(self, folder: Path, shares: Mapping[str, Sequence[float]], seed: int) -> None:
        index = json.loads((folder / "index.json").read_text("utf-8"))
        self.length: int = index["settings"]["length"]
        names = [name.partition("-")[2] for name in index["sets"] if name.startswith("train-")]
        if unknown := sorted(set(shares) - set(names)):
            raise ValueError(f"train.mix names {', '.join(unknown)}; {folder} holds {', '.join(names)}")
        self.groups = {name: Rows(folder, f"train-{name}") for name in names}
        self.validation = {
            name.partition("-")[2]: Rows(folder, name)
            for name in sorted(index["sets"])
            if name.startswith("validation-")
        }
        total = sum(map(len, self.groups.values()))
        if not total:
            raise ValueError(f"{folder} holds nothing to train on")
        self._shares = {
            name: tuple(shares[name]) if name in shares else (len(rows) / total,) * 2
            for name, rows in self.groups.items()
        }
        self._seed = seed
        self._orders: dict[str, tuple[int, NDArray[np.int64]]] = {}

    def counts(self, rows: int, *, finishing: bool) -> dict[str, int]:
        """Return how many of `rows` each group gives: by its first share, or its second near the end."""
        shares = {name: share[finishing] for name, share in self._shares.items()}
        total, counts, given = sum(shares.values()), {}, 0
        for n, (name, share) in enumerate(sorted(shares.items(), key=lambda s: s[1])):
            last = n == len(shares) - 1
            counts[name] = rows - given if last else round(rows * share / total)
            given += counts[name]
        return counts

    def take(
        self, cursors: Mapping[str, int], counts: Mapping[str, int], part: int, parts: int
    ) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Return this part's rows of the step for which each group's stream stands at its cursor."""
        ids, codes = [], []
        for name, rows in self.groups.items():
            chosen = self._stream(name, cursors[name], counts[name])
            found = rows.take(chosen)
            ids.append(found[0])
            codes.append(found[1])
        mixed = np.random.default_rng([self._seed, sum(cursors.values())]).permutation(sum(map(len, ids)))
        return np.concatenate(ids)[mixed][part::parts], np.concatenate(codes)[mixed][part::parts]

    def _stream(self, name: str, start: int, count: int) -> NDArray[np.int64]:
        size, found = len(self.groups[name]), []
        while count > 0:
            epoch, at = divmod(start, size)
            known = self._orders.get(name)
            if known is None or known[0] != epoch:
                order = np.random.default_rng([self._seed, epoch, size]).permutation(size)
                known = self._orders[name] = (epoch, order)
            piece = known[1][at : at + count]
            found.append(piece)
            start, count = start + len(piece), count - len(piece)
        return np.concatenate(found) if found else np.zeros(0, np.int64)


def weights(context: float) -> NDArray[np.float32]:
    """Return what each of the 256 codes weighs in the loss."""
    table = (np.arange(256, dtype=np.float32) - 1) / FULL
    table[0], table[CONTEXT] = 0.0, context
    return table


def documents(rows: Rows, at: int) -> Iterator[tuple[list[int], list[int]]]:
    """Yield (prompt, answer) of each document of a row that has both, as token ids without the end token."""
    ids, codes = rows.ids[at], rows.codes[at]
    begins = [int(n) for n in np.flatnonzero(codes == NEVER) if ids[n] != PAD]
    for begin, stop in zip(begins, [*begins[1:], len(ids)], strict=True):
        answers = begin + np.flatnonzero(codes[begin:stop] > CONTEXT)
        if len(answers) > 1 and answers[0] > begin + 1 and ids[answers[-1]] == END:
            first, last = int(answers[0]), int(answers[-1])
            yield [int(n) for n in ids[begin:first]], [int(n) for n in ids[first:last]]


def asked(folder: Path, count: int) -> list[list[int]]:
    """Return up to `count` prompts of validation rows, of all kinds alike.

    Raises:
        FileNotFoundError: There are none.
    """
    names = sorted(p.name.removesuffix(".ids.npy") for p in folder.glob("validation-*.ids.npy"))
    if not names:
        raise FileNotFoundError(f"no validation rows at {folder}: the step `pack` writes them")
    found: list[list[int]] = []
    each = -(-count // len(names))
    for name in names:
        rows = Rows(folder, name)
        prompts = (prompt for at in range(len(rows)) for prompt, _ in documents(rows, at))
        found += [prompt for _, prompt in zip(range(each), prompts, strict=False)]
    return found[:count]


def told(folder: Path, count: int, most: int = 700) -> list[tuple[list[int], list[int]]]:
    """Return `count` prompts with their answers from the rows that are trained on.

    Args:
        folder: What `pack` wrote.
        count: Documents, or as many as there are.
        most: Tokens of one; longer ones are passed over.
    """
    names = sorted(p.name.removesuffix(".ids.npy") for p in folder.glob("train-*.ids.npy"))
    sets = [Rows(folder, name) for name in names]
    places = [(n, at) for n, rows in enumerate(sets) for at in range(len(rows))]
    found: list[tuple[list[int], list[int]]] = []
    for place in np.random.default_rng(0).permutation(len(places)):
        n, at = places[place]
        found += [d for d in documents(sets[n], at) if len(d[0]) + len(d[1]) <= most]
        if len(found) >= count:
            break
    return found[:count]
