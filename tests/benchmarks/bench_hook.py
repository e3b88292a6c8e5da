"""The hook: what `git commit` waits for, as ratios against bare Python in the same run.

    python -m tests.benchmarks.bench_hook [ROUNDS]

For each case it prints the median wall time of `git commit` with the installed hook over the same commit
without, its share of processor time (which a busy machine changes less), and both over `python -c pass`.
The three functions are asked of the packaged model, with an empty cache each time.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bot.hookfile import HookFile

FUNCTIONS = """\
def scaled(numbers, factor):
    result = []
    for number in numbers:
        result.append(number * factor)
    return result


def read_numbers(path):
    numbers = []
    with open(path) as lines:
        for line in lines:
            numbers.append(int(line))
    return numbers


def longest(words):
    best = ""
    for word in words:
        if len(word) > len(best):
            best = word
    return best
"""
DOCUMENTED = FUNCTIONS.replace("):\n", '):\n    """Say what it does."""\n')


@dataclass
class Times:
    """Seconds of one case, a value a round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def commit(root: Path, name: str, text: str, *, hook: bool) -> None:
    """Write, stage and commit one file; nothing for an empty text."""
    if text:
        (root / name).write_text(text)
        subprocess.run(["git", "add", name], cwd=root, check=True)
    skip = [] if hook else ["--no-verify"]
    # a cache of its own for each commit, so that every answer is asked for
    with tempfile.TemporaryDirectory() as cache:
        environ = {**os.environ, "CODEBOT_CACHE_DIR": cache, "CODEBOT_DEADLINE": "300"}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its byte code
        subprocess.run(
            ["git", "commit", "-q", "--allow-empty", "-m", "x", *skip],
            cwd=root,
            env=environ,
            check=True,
            capture_output=True,
        )


def timed(times: Times, root: Path, name: str, text: str, *, hook: bool) -> None:
    """Time one commit."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    commit(root, name, text, hook=hook)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    times.wall.append(time.perf_counter() - start)
    times.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main(rounds: int) -> None:
    """Commit each case in turn, with the hook and without, and print medians."""
    cases = {
        "nothing staged": ("x.py", ""),
        "only prose staged": ("x.md", "words {}\n"),
        "three functions, documented": ("x.py", DOCUMENTED + "\n\nX = {}\n"),
        "three functions to document": ("x.py", FUNCTIONS + "\n\nX = {}\n"),
    }
    bare: list[float] = []
    times = {(name, hook): Times() for name in cases for hook in (True, False)}
    for turn in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        bare.append(time.perf_counter() - start)
        for (name, hook), kept in times.items():
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder)
                subprocess.run(["git", "init", "-q", folder], check=True)
                commit(root, "start.txt", "x\n", hook=False)
                HookFile(root / ".git/hooks", "pre-commit").install(
                    str(Path(sysconfig.get_path("scripts"), "codebot"))
                )
                place, text = cases[name]
                # the first round warms the page cache
                timed(kept if turn else Times(), root, place, text.replace("{}", str(turn)), hook=hook)
    unit = statistics.median(bare[1:])
    print(f"python -c pass: {unit:.3f} s")
    for name in cases:
        on, off = times[name, True], times[name, False]
        wall = statistics.median(on.wall) - statistics.median(off.wall)
        cpu = statistics.median(on.cpu) - statistics.median(off.cpu)
        print(f"{wall:6.2f} s  {wall / unit:6.1f} x python   {cpu:5.2f} s of processor   {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
