"""Faults that people made and mended: commits after which a finding is gone, from clones of their projects.

Taken is the change around the finding, put into the file as it was before; where that does not suffice and
the function changed little, all of the function's change. Ruff tells whether the finding is gone then.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bot.chunk.edit import line_starts
from bot.data import Change
from bot.findings.locate import Located, locate, outline
from bot.git.run import Blobs, Git
from training.mistakes import Code
from training.pieces import Case, edited, findings, pieces, within
from training.prepare import usable

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from bot.data import Symbol
    from bot.findings.finding import Finding
    from training.mistakes import Edit

__all__ = ["changed", "mended"]

_LARGEST = 80_000  # bytes of a file
_LINES = 8  # of a change, before or after
_ALIKE = 0.5  # how much of a change's text is the same before and after: else it is new code, no repair
_BATCH = 200  # files that are judged at once


@dataclass(frozen=True, slots=True)
class _Pair:
    """A file before and after a commit."""

    path: str
    before: bytes
    after: bytes


def changed(clone: Path) -> list[tuple[str, str, str]]:
    """Return (path, blob before, blob after) of every change of a Python file by a commit, newest first.

    Merges are left out; so is what was renamed in the same commit.

    Args:
        clone: A repository's folder or git directory; nothing is written there.

    Raises:
        RepositoryError: It is none, or git fails.
    """
    flags = ("--no-merges", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=M", "--format=")
    fields = iter(Git(str(clone)).run("log", *flags, "--no-ext-diff").split(b"\0"))
    found = []
    for head in fields:
        if head.strip().startswith(b":"):
            _, _, old, new, _ = head.strip().decode().split(" ")
            path = next(fields).decode("utf-8", "replace")
            if path.endswith(".py"):
                found.append((path, old, new))
    return found


def mended(clone: Path, excluded: Collection[str], most: int, rng: random.Random) -> Iterator[Case]:
    """Yield the faults of a project's past that a commit mended.

    Args:
        clone: A repository's folder or git directory.
        excluded: Parts of paths whose files are not used.
        most: Changes of files that are looked at.
        rng: Chooses which, where there are more.

    Raises:
        RepositoryError: It is no repository, or git fails.
    """
    several = list(dict.fromkeys(changed(clone)))
    chosen = rng.sample(several, min(most, len(several)))
    for some in _batches(_read(clone, chosen, excluded)):
        yield from _cases(some)


def _batches(pairs: Iterator[_Pair]) -> Iterator[list[_Pair]]:
    some: list[_Pair] = []
    for one in pairs:
        some.append(one)
        if len(some) == _BATCH:
            yield some
            some = []
    if some:
        yield some


def _read(clone: Path, several: Sequence[tuple[str, str, str]], excluded: Collection[str]) -> Iterator[_Pair]:
    blobs = Blobs(Git(str(clone)))
    try:
        for path, old, new in several:
            before, after = blobs.read(old, _LARGEST), blobs.read(new, _LARGEST)
            if isinstance(before, int) or isinstance(after, int):
                continue  # too large
            if usable(path, before, excluded) and usable(path, after, excluded):
                yield _Pair(path, before, after)
    finally:
        blobs.close()


def _cases(pairs: Sequence[_Pair]) -> Iterator[Case]:
    """Yield the faults of some changed files; ruff runs twice for all of them."""
    names = [one.path.rpartition("/")[2] for one in pairs]
    told = findings([(n, t) for n, one in zip(names, pairs, strict=True) for t in (one.before, one.after)])
    tries = []
    for n, one in enumerate(pairs):
        code = Code(one.before)
        parts = pieces(code)
        plain = edited(code, parts, ())
        for old, edits in _gone(one, told[2 * n], told[2 * n + 1]):
            line = old.start_line
            k = next((k for k, p in enumerate(parts) if p.first <= line <= p.last), None)
            if k is None:
                continue
            tries += [(n, old, k, plain, edited(code, parts, [(k, [e])])) for e in edits]
    again = findings([(names[n], made.source) for n, _, _, _, made in tries])
    done: set[tuple[int, int, str]] = set()
    for (n, old, k, plain, made), found in zip(tries, again, strict=True):
        name = (n, old.start, old.finding.rule)
        was, now = within(told[2 * n], *plain.lines[k]), within(found, *made.lines[k])
        rule, line = old.finding.rule, old.start_line - plain.lines[k][0] + 1
        if name not in done and _count(now, rule) < _count(was, rule):
            done.add(name)
            yield Case(pairs[n].path, plain.text(k), made.text(k), was, now, rule, line)


def _count(several: Sequence[Finding], rule: str) -> int:
    return sum(one.rule == rule for one in several)


def _gone(
    pair: _Pair, was: Sequence[Finding], now: Sequence[Finding]
) -> Iterator[tuple[Located, list[Edit]]]:
    """Yield the findings that are gone from a function that is still there, and edits that may do it."""
    there, left = Counter(one.rule for one in was), Counter(one.rule for one in now)
    lost = [one for one in was if there[one.rule] > left[one.rule] and not (one.fix and one.fix.safe)]
    if not lost:
        return
    before, after = _functions(pair.before), _functions(pair.after)
    for old in locate(Change(pair.path, pair.before, pair.before), "python", lost, rooms=False)[0]:
        name = (old.symbol.qualname, old.symbol.ordinal)
        if name in before and name in after:
            edits = list(_edits(pair, before[name], after[name], old))
            if edits:
                yield old, edits


def _functions(source: bytes) -> dict[tuple[str, int], Symbol]:
    return {
        (one.qualname, one.ordinal): one
        for one in outline("python", source)
        if one.kind in {"function", "method"} and not one.broken
    }


def _edits(pair: _Pair, old: Symbol, new: Symbol, one: Located) -> Iterator[Edit]:
    """Yield the change of the lines that a finding is in, and that of all of the function if it is small."""
    was, now = (
        source.splitlines(keepends=True)[s.start_line - 1 : s.end_line]
        for source, s in ((pair.before, old), (pair.after, new))
    )
    starts = line_starts(pair.before)
    changes = [c for c in SequenceMatcher(None, was, now, autojunk=False).get_opcodes() if c[0] != "equal"]
    first, last = one.start_line - old.start_line, one.end_line - old.start_line
    for _, a, b, c, d in changes:
        if a <= last and first < b and c < d and _small(was[a:b], now[c:d]):
            at = old.start_line - 1
            yield starts[at + a], starts[at + b], b"".join(now[c:d])
    around = [c for c in changes if c[1] <= last and first < c[2]]
    if len(changes) > 1 and around:
        a, b, c, d = changes[0][1], changes[-1][2], changes[0][3], changes[-1][4]
        gone = [line for x in changes for line in was[x[1] : x[2]]]
        if _small(gone, [line for x in changes for line in now[x[3] : x[4]]]):
            at = old.start_line - 1
            yield starts[at + a], starts[at + b], b"".join(now[c:d])


def _small(was: Sequence[bytes], now: Sequence[bytes]) -> bool:
    if len(was) > _LINES or len(now) > _LINES:
        return False
    texts = (b"".join(was).decode("utf-8", "replace"), b"".join(now).decode("utf-8", "replace"))
    return SequenceMatcher(None, *texts, autojunk=False).ratio() >= _ALIKE
