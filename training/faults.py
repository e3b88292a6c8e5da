"""Faults in people's code: mistakes made in it, and what ruff finds there and has an unsafe fix of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.data import Change
from bot.findings.locate import locate
from bot.tasks.fixes import Edits, tool_edits
from training.mistakes import Code, mistakes
from training.pieces import Case, Version, edited, findings, pieces, within

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from bot.findings.finding import Finding
    from training.mistakes import Edit
    from training.pieces import Piece

__all__ = ["Faults"]

_SIZES = range(600, 60_000)  # bytes of a file
_LONGEST = 16_000  # bytes of a statement
_VERSIONS = 3  # of a file, each with other mistakes
_MORE = 1.7  # mistakes made for one example: not all are reported
_WIDE = 100  # columns: ruff's fixes put much on a line
_ONLY_TOLD = frozenset({"B905", "F841", "PLW1510", "B028"})  # ruff's own way out of these teaches nothing


class _File:
    """One file of a project, and what is done to it."""

    def __init__(self, path: str, code: Code) -> None:
        self.name = path.rpartition("/")[2]
        self.path = path
        self.code = code
        self.pieces = pieces(code)
        self.plain = edited(code, self.pieces, ())
        self.made: list[dict[int, tuple[str, tuple[Edit, ...]]]] = []  # by piece: rule and edits

    def version(self, n: int) -> Version:
        return edited(self.code, self.pieces, [(k, edits) for k, (_, edits) in self.made[n].items()])


class Faults:
    """Cases of one project."""

    def __init__(self, files: Sequence[tuple[str, str]], rng: random.Random, most: int, rule: int) -> None:
        """Look for faults.

        Args:
            files: Paths and texts.
            rng: Chooses.
            most: How many examples are wanted.
            rule: How many of them of one rule.
        """
        self._rng = rng
        self._most = most
        self._rule = rule
        self._chosen: Counter[str] = Counter()
        self._files = list(self._seeded(files))

    def cases(self) -> Iterator[Case]:
        """Yield the faults of all files, mistakes that were made first."""
        plain = findings([(one.name, one.plain.source) for one in self._files])
        mended = [self._mended(one, found) for one, found in zip(self._files, plain, strict=True)]
        versions = [(one, one.version(n), made) for one in self._files for n, made in enumerate(one.made)]
        better = [
            (one, edited(one.code, one.pieces, [(k, e) for k, (_, _, e) in made.items()]), made)
            for one, made in zip(self._files, mended, strict=True)
            if made
        ]
        again = findings([(one.name, v.source) for one, v, _ in [*versions, *better]])
        known = {id(one): found for one, found in zip(self._files, plain, strict=True)}
        for (one, version, made), found in zip(versions, again, strict=False):
            for k, (rule, _) in made.items():
                yield _case(one, k, rule, (version, found), (one.plain, known[id(one)]))
        for (one, version, fixes), found in zip(better, again[len(versions) :], strict=True):
            for k, (rule, line, _) in fixes.items():
                case = _case(one, k, rule, (one.plain, known[id(one)]), (version, found), line=line)
                if _widest(case.clean) <= max(_widest(case.faulty), _WIDE):
                    yield case

    def _seeded(self, files: Sequence[tuple[str, str]]) -> Iterator[_File]:
        order = [(path, text) for path, text in files if len(text) in _SIZES and "\r" not in text]
        self._rng.shuffle(order)
        for path, text in order:
            if self._chosen.total() > self._most * _MORE:
                return
            try:
                file = _File(path, Code(text.encode()))
            except (SyntaxError, ValueError, RecursionError):
                continue
            self._seed(file)
            yield file

    def _seed(self, file: _File) -> None:
        """Choose mistakes for the versions of a file, rare ones first."""
        file.made = [{} for _ in range(_VERSIONS)]
        for k, piece in enumerate(file.pieces):
            where = _bytes(file.code, piece)
            if where[1] - where[0] > _LONGEST:
                continue
            by_rule: dict[str, list[tuple[Edit, ...]]] = {}
            for rule, edits in mistakes(file.code, piece.node, self._rng):
                by_rule.setdefault(rule, []).append(edits)
            for made in file.made:
                free = [r for r in by_rule if self._chosen[r] < self._rule * _MORE]
                if not free:
                    break
                weights = [(1 + self._chosen[r]) ** -1.5 for r in free]
                rule = self._rng.choices(free, weights)[0]
                edits = self._rng.choice(by_rule.pop(rule))
                if _parses(edited(file.code, [piece], [(0, edits)]).text(0)):
                    made[k] = (rule, edits)
                    self._chosen[rule] += 1
        file.made = [made for made in file.made if made]

    def _mended(self, file: _File, found: Sequence[Finding]) -> dict[int, tuple[str, int, tuple[Edit, ...]]]:
        """Return, by piece, a finding's rule and line, and the edits that ruff offers as unsafe ones."""
        offered = [f for f in found if f.fix and not f.fix.safe and f.rule not in _ONLY_TOLD]
        if not offered:
            return {}
        self._rng.shuffle(offered)
        chosen: dict[int, tuple[str, int, tuple[Edit, ...]]] = {}
        change = Change(file.path, file.code.source, file.code.source)
        for one in locate(change, "python", offered, rooms=False)[0]:
            made = tool_edits(one)
            if not isinstance(made, Edits) or self._chosen[one.finding.rule] >= self._rule * _MORE:
                continue
            for k, piece in enumerate(file.pieces):
                start, end = _bytes(file.code, piece)
                if k not in chosen and start <= made.edits[0][0] and made.edits[-1][1] <= end:
                    edits = tuple((a, b, text.encode()) for a, b, text in made.edits)
                    chosen[k] = (one.finding.rule, one.start_line - piece.first + 1, edits)
                    self._chosen[one.finding.rule] += 1
                    break
        return chosen


def _parses(statement: bytes) -> bool:
    """Whether a statement is still one: what stood across lines in parentheses may not be without them."""
    try:
        Code(statement)
    except (SyntaxError, ValueError):
        return False
    return True


def _widest(text: bytes) -> int:
    return max(map(len, text.split(b"\n")))


def _bytes(code: Code, piece: Piece) -> tuple[int, int]:
    return code.starts[piece.first - 1], code.starts[piece.last]


def _case(
    file: _File,
    k: int,
    rule: str,
    faulty: tuple[Version, Sequence[Finding]],
    clean: tuple[Version, Sequence[Finding]],
    *,
    line: int = 0,
) -> Case:
    return Case(
        file.path,
        faulty[0].text(k),
        clean[0].text(k),
        within(faulty[1], *faulty[0].lines[k]),
        within(clean[1], *clean[0].lines[k]),
        rule,
        line,
    )
