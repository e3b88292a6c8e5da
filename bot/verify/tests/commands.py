"""Tests in any language, by a command of the configuration: how it is read, and what a run of it says."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bot.errors import UsageError
from bot.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.verify.sandbox import Sandbox

__all__ = ["Command", "Ran", "banned", "commands", "run"]

_UNBUILT = 97  # the status that says so: no test framework ends with it
_SECONDS = 120.0
_COMPILED = frozenset({"c", "cpp", "csharp", "go", "java", "kotlin", "rust", "scala", "swift"})
_BANNED = {
    "sleeps": r"(?i)\b(?:u|nano|micro)?sleep(?:_for|_until)?\s*\(|\bThread\.sleep\b|\bTask\.Delay\b"
    r"|^\s*sleep\s+\d",
    "tells the time": r"\b(?:time\.Now|Instant::now|SystemTime::now|System\.currentTimeMillis|Time\.now)\b"
    r"|\bDateTime\.(?:Utc)?Now\b|\btime\s*\(\s*(?:NULL|nullptr|0)\s*\)|\$\(\s*date\b",
    "draws random numbers": r"\brand(?:om)?\s*\(|\bMath\.random\b|\bRandom\s*\(\s*\)|\$RANDOM\b"
    r"|\bthread_rng\b",
    "uses the network": r"https?://|\bsocket\s*\(|\bTcpStream\b|\bnet\.(?:Dial|Listen)\b|\bHttpClient\b"
    r"|\b(?:curl|wget|nc)\s",
    "names a path of this machine": r"[\"'](?:/(?:home|root|Users|var|private|work|mnt|opt)/|[A-Za-z]:\\\\)",
    "depends on the machine": r"\bgetenv\s*\(|\bstd::env::var\b|\bos\.Getenv\b|\bSystem\.getenv\b",
    "skips itself": r"\bt\.Skip|#\[ignore\]|@Disabled|@Ignore|\bskip\b\s*\(",
}


@dataclass(frozen=True, slots=True)
class Command:
    """How tests of one language are run: what builds them, step by step, and what runs them."""

    language: str
    build: tuple[tuple[str, ...], ...]
    test: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run."""

    outcome: Literal["passed", "failed", "unbuilt", "stopped"]
    said: str = ""  # the line that tells most


def commands(settings: Sequence[str]) -> dict[str, Command]:
    """Return the command of each language.

    Args:
        settings: "LANGUAGE: COMMAND {path}" each; "BUILD && COMMAND" for a language that is compiled.

    Raises:
        UsageError: One is written otherwise.
    """
    found = {}
    for each in settings:
        language, colon, text = each.partition(":")
        language = language.strip().lower()
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"test_commands: {each!r}: {error}") from error
        steps = _steps(words)
        if not colon or not all(steps) or not re.search(r"\{(?:path|directory|stem)\}", text):
            raise UsageError(
                f"test_commands: {each!r} is not LANGUAGE: COMMAND with {{path}} or {{directory}} in it",
                hint="For example: ruby: ruby -Ilib {path}",
            )
        if language not in LANGUAGES:
            raise UsageError(
                f"test_commands: {language!r} is no language that codebot parses",
                hint=f"It parses {', '.join(sorted(LANGUAGES))}.",
            )
        if language in _COMPILED and len(steps) == 1:
            raise UsageError(
                f"test_commands: {each!r} needs a step that builds, in front of &&",
                hint="A mistake that does not even compile proves nothing about a test, so the two have to "
                "be told apart. For example: go: go vet {directory} && go test {directory}",
            )
        found[language] = Command(language, tuple(steps[:-1]), steps[-1])
    return found


def _steps(words: Sequence[str]) -> list[tuple[str, ...]]:
    steps: list[list[str]] = [[]]
    for word in words:
        if word == "&&":
            steps.append([])
        else:
            steps[-1].append(word)
    return [tuple(step) for step in steps]


def run(  # noqa: PLR0917 - what a run is made of
    sandbox: Sandbox,
    command: Command,
    path: str,
    source: str,
    files: Mapping[str, bytes],
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run a test file in a fresh process.

    Args:
        sandbox: Where.
        command: By what.
        path: Of the test file.
        source: Path of the file it tests.
        files: What to add to the repository, or change in it: the test file, a mutant.
        env: Further variables.
    """
    places = {
        "{path}": _safe(path),
        "{source}": _safe(source),
        "{directory}": "./" + posixpath.dirname(path),
        "{stem}": posixpath.basename(path).partition(".")[0],
    }

    def filled(word: str) -> str:
        return re.sub(r"\{(?:path|source|directory|stem)\}", lambda m: places[m[0]], word)

    lines = [f"{shlex.join(map(filled, step))} || exit {_UNBUILT}" for step in command.build]
    script = "\n".join([*lines, f"exec {shlex.join(map(filled, command.test))}"])
    limits = replace(sandbox.limits, seconds=_SECONDS, cpu_seconds=int(_SECONDS))
    done = sandbox.run(["sh", "-c", script], files=files, env={"TZ": "UTC", **(env or {})}, limits=limits)
    if done.ended != "exit":
        return Ran("stopped", f"{done.ended} {done.detail}".strip())
    if done.ok:
        return Ran("passed")
    text = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
    return Ran("unbuilt" if done.code == _UNBUILT else "failed", _telling(text) or f"status {done.code}")


def _safe(path: str) -> str:
    """Return a path that no program takes for an option."""
    return f"./{path}" if path.startswith("-") else path


def _telling(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"(?i)error|assert|fail|panic|expected|not found", line)]
    return (told or lines[-1:] or [""])[0][:300]


def banned(text: str) -> str:
    """Return in words why a test must not be shown, or the empty string."""
    for why, pattern in _BANNED.items():
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            return f"line {text.count(chr(10), 0, found.start()) + 1} {why}"
    return ""
