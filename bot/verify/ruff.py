"""The only module that runs ruff: on a file's text as it is in the index, a commit or a suggestion.

Ruff reads the project's own configuration, found from the file's path as on every other run of it; nothing
in it runs code. The text goes through standard input, so nothing is written.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.findings import ruff_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.findings.finding import Finding

__all__ = ["Ruff", "Rule", "ruff"]

SECONDS = 120
_FLAGS = ("--output-format=json", "--no-fix", "--no-fix-only", "--exit-zero", "--quiet", "--no-cache")
_WHY = re.compile(r"## Why is this (?:bad|a problem)\?\n(.*?)(?:\n## |\Z)", re.DOTALL)
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """What ruff says of one of its rules."""

    code: str
    name: str
    explanation: str  # Markdown

    @property
    def why(self) -> str:
        """The reason for the rule, a paragraph at most; "" where none is given."""
        found = _WHY.search(self.explanation)
        paragraph = (found[1].strip().split("\n\n") or [""])[0] if found else ""
        return "" if "```" in paragraph else " ".join(paragraph.split())

    @property
    def cause(self) -> str:
        """The reason in a sentence."""
        found = _SENTENCE.match(self.why)
        return found[1] if found else self.why


class Ruff:
    """Ruff for one repository, with its configuration."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self, path: str, source: bytes, *, rules: Sequence[str] = ()) -> list[Finding]:
        """Return ruff's findings in a file's text; none where the configuration excludes the file.

        Args:
            path: Below the root; decides which configuration counts.
            source: In UTF-8.
            rules: Rules to check beside those that are configured.

        Raises:
            UsageError: The configuration is not one that ruff can read.
        """
        command = ["check", *_FLAGS, "--force-exclude", f"--stdin-filename={self._root / path}"]
        if rules:
            command.append(f"--extend-select={','.join(rules)}")
        done = ruff([*command, "-"], source, cwd=self._root)
        if done.returncode:
            raise UsageError(
                f"ruff cannot check {path}: {_said(done.stderr)}",
                hint="Make `ruff check` work in this repository, or leave the fixes task out.",
            )
        found, _ = ruff_json.read(json.loads(done.stdout), str(self._root), path)
        return found

    @cached_property
    def version(self) -> str:
        """Ruff's version, for the reader of a report."""
        return ruff(["--version"], b"").stdout.decode("utf-8", "replace").strip()

    @staticmethod
    @lru_cache(maxsize=512)
    def rule(code: str) -> Rule | None:
        """Return what ruff says of a rule, or None where it knows no such rule."""
        if not re.fullmatch(r"[A-Z]+[0-9]+", code):  # nothing of a report becomes an option
            return None
        done = ruff(["rule", code, "--output-format=json"], b"")
        if done.returncode:
            return None
        data = json.loads(done.stdout)
        return Rule(code, str(data.get("name") or ""), str(data.get("explanation") or ""))


def ruff(
    arguments: Sequence[str], source: bytes, *, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the ruff that is installed with codebot.

    Raises:
        OSError: It cannot be started.
        subprocess.SubprocessError: It takes too long.
    """
    from ruff import find_ruff_bin  # type: ignore[import-untyped]  # noqa: PLC0415 - only to judge

    command = [find_ruff_bin(), *arguments]
    return subprocess.run(command, input=source, capture_output=True, check=False, timeout=SECONDS, cwd=cwd)


def _said(stderr: bytes) -> str:
    text = stderr.decode("utf-8", "replace").strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines)[:400] or "it failed without a word"
