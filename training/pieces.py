"""Python files in pieces: statements of modules, several of them edited at once; ruff judges in bulk."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.findings import ruff_json
from bot.verify.ruff import ruff

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from bot.findings.finding import Finding
    from training.mistakes.code import Code, Edit

__all__ = ["IGNORED", "SELECTED", "Case", "Piece", "Version", "edited", "findings", "pieces", "within"]

# What people run, but for what no edit within a function mends: sizes, magic numbers, where imports stand.
SELECTED = "E4,E7,E9,F,W6,B,BLE,C4,SIM,UP,PL,RUF,PERF,RET,PT,TRY,PIE,FURB,LOG,G,DTZ,FLY"
IGNORED = (
    "E402,F401,F403,F405,PLR09,PLR2004,PLC0415,PLW0603,PLW2901,TRY003,TRY300,TRY301,TRY400,G004,RUF001,RUF002,"
    "RUF003,RUF100,UP006,UP007,UP035,UP036,UP045,PLR6301,DTZ001,DTZ005,DTZ006,DTZ007,PT011"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement of a module's top level; its lines, 1-based and inclusive, with blank ones around it."""

    node: ast.stmt
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Version:
    """A file's text, and where in it the lines of each of its pieces are."""

    source: bytes
    lines: tuple[tuple[int, int], ...]

    def text(self, n: int) -> bytes:
        """Return a piece."""
        first, last = self.lines[n]
        return b"".join(self.source.splitlines(keepends=True)[first - 1 : last])


@dataclass(frozen=True, slots=True)
class Case:
    """One statement with a fault and without it, and what ruff says of either; lines count within it."""

    path: str
    faulty: bytes
    clean: bytes
    found: tuple[Finding, ...]
    left: tuple[Finding, ...]
    rule: str  # that the fault is to be reported by
    line: int = 0  # where that is, 0 where the place does not matter


def pieces(code: Code) -> list[Piece]:
    """Return a module's statements; none of those that share a line with another."""
    rows = code.source.split(b"\n")
    found: list[Piece] = []
    for node in code.tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or first
        if found and first <= found[-1].last and rows[first - 1 - 1].strip():
            continue
        while first > 1 and not rows[first - 2].strip():
            first -= 1
        while last < len(code.starts) - 1 and not rows[last].strip():
            last += 1
        found.append(Piece(node, first, last))
    return found


def edited(code: Code, several: Sequence[Piece], edits: Iterable[tuple[int, Sequence[Edit]]]) -> Version:
    """Return a module with some of its pieces edited.

    Args:
        code: The module.
        several: Its pieces.
        edits: The number of a piece, and what is done in it; each piece is named once.
    """
    grown = dict.fromkeys(range(len(several)), 0)
    parts, done = [], 0
    for n, made in sorted(edits):
        for start, end, text in sorted(made):
            parts += [code.source[done:start], text]
            grown[n] += text.count(b"\n") - code.source.count(b"\n", start, end)
            done = end
    parts.append(code.source[done:])
    lines, shift = [], 0
    for n, one in enumerate(several):  # blank lines between two lie behind what is edited in the first
        lines.append((one.first + shift, one.last + shift + grown[n]))
        shift += grown[n]
    return Version(b"".join(parts), tuple(lines))


def findings(files: Sequence[tuple[str, bytes]]) -> list[list[Finding]]:
    """Return ruff's findings in each of many files, by one run of it.

    Args:
        files: A name, which decides how ruff reads the file, and the text.

    Raises:
        OSError: Ruff cannot be started.
        subprocess.SubprocessError: It takes too long.
        ValueError: It writes something else than its report.
    """
    found: list[list[Finding]] = [[] for _ in files]
    with tempfile.TemporaryDirectory(prefix="codebot-") as folder:
        for n, (name, source) in enumerate(files):
            place = Path(folder, str(n))
            place.mkdir()
            (place / name).write_bytes(source)
        chosen = [f"--select={SELECTED}", f"--ignore={IGNORED}"]
        flags = ["--isolated", "--no-cache", "--exit-zero", "--quiet", "--output-format=json"]
        done = ruff(["check", *flags, *chosen, "."], b"", cwd=Path(folder))
        for one in ruff_json.read(json.loads(done.stdout), str(Path(folder).resolve()))[0]:
            number, _, name = one.path.partition("/")
            found[int(number)].append(replace(one, path=name))
    return found


def within(several: Iterable[Finding], first: int, last: int) -> tuple[Finding, ...]:
    """Return the findings in some lines, as of a file that begins with these."""
    return tuple(
        replace(
            one,
            region=replace(
                one.region,
                start_line=one.region.start_line - first + 1,
                end_line=max(one.region.end_line - first + 1, 0),
            ),
            fix=one.fix and replace(one.fix, edits=()),
        )
        for one in several
        if first <= one.region.start_line <= (one.region.end_line or one.region.start_line) <= last
    )
