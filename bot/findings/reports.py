"""Files that tools and test runners left behind: which kind each is, and what is in them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.findings import eslint_json, junit, ruff_json, sarif
from bot.findings.blame import blame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from bot.data import Change, Skipped
    from bot.findings.finding import Finding
    from bot.findings.junit import Failure

__all__ = ["Reported", "read_any", "read_reports"]

MOST = 256 * 1024 * 1024  # bytes of a report
_NAMED = 3  # tests named in a note


@dataclass(frozen=True, slots=True)
class Reported:
    """The findings of all reports, by path, and what the reader should know."""

    by_path: Mapping[str, Sequence[Finding]]
    notes: Sequence[str] = field(default_factory=list)


def read_reports(
    findings: Sequence[Path],
    tests: Sequence[Path],
    root: Path,
    tree: Callable[[], Iterable[Change | Skipped]],
) -> Reported:
    """Read reports.

    Args:
        findings: SARIF 2.1.0, ruff's JSON or ESLint's, told apart by what is in them.
        tests: JUnit XML.
        root: The repository's root; what lies outside of it is left out, with a note.
        tree: Reads all files, to find the code that failing tests speak of.

    Raises:
        UsageError: A report cannot be read, or is of no kind that is known.
    """
    by_path: dict[str, list[Finding]] = defaultdict(list)
    notes: list[str] = []
    for file in findings:
        found, strangers = _findings(file, root)
        if found and all(one.tool == sarif.ESLINT and one.fix is None for one in found):
            notes.append(
                f"{file}: ESLint's SARIF leaves its own fixes out; what `eslint -f json` writes has them."
            )
        for one in found:
            by_path[one.path].append(one)
        if strangers:
            notes.append(
                f"{file}: {strangers} finding{'s' * (strangers != 1)} outside of the repository left out."
            )
    failures = [each for file in tests for each in _failures(file, root)]
    if failures:
        found, lost = blame(failures, tree())
        for one in found:
            by_path[one.path].append(one)
        if lost:
            more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
            notes.append(f"Failing tests that lead to no code here: {', '.join(lost[:_NAMED])}{more}.")
    return Reported(by_path, notes)


def _findings(file: Path, root: Path) -> tuple[list[Finding], int]:
    raw = _bytes(file)
    if junit.is_xml(raw):
        raise UsageError(f"{file} is XML", hint="Give JUnit XML with --junit.")
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not JSON: {error}", hint=_HINT) from error
    try:
        return read_any(data, str(root))
    except ValueError as error:
        raise UsageError(f"{file} cannot be read: {error}", hint=_HINT) from error


def read_any(data: object, root: str) -> tuple[list[Finding], int]:
    """Return the findings of a tool's parsed report, and how many name a file outside of `root`.

    Raises:
        ValueError: It is of no kind that is known, or breaks off the form of its kind.
    """
    if sarif.is_sarif(data):
        return sarif.read(data, root)
    if ruff_json.is_ruff(data):
        return ruff_json.read(data, root)
    if eslint_json.is_eslint(data):
        return eslint_json.read(data, root)
    raise ValueError("it is neither SARIF nor ruff's or ESLint's JSON")


def _failures(file: Path, root: Path) -> list[Failure]:
    raw = _bytes(file)
    try:
        return junit.read(raw, str(root))
    except ValueError as error:
        hint = "Write one with: pytest --junitxml=report.xml"
        raise UsageError(f"{file} cannot be read: {error}", hint=hint) from error


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MOST + 1)
    except OSError as error:
        raise UsageError(
            f"{file}: {error.strerror}", hint="The path starts where codebot is called."
        ) from error
    if len(raw) > MOST:
        raise UsageError(f"{file} is larger than {MOST // 1024**2} MiB", hint="Split it, or report less.")
    return raw


_HINT = "Write one with: ruff check --output-format json -o ruff.json, or any tool's SARIF 2.1.0."
