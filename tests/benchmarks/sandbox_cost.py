"""What the sandbox adds to running a test: pairs of plain pytest and the sandbox, in either order."""

from __future__ import annotations

import ctypes
import os
import resource
import statistics
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.verify.sandbox import find_python, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["ratio"]

_WARM = 2  # pairs that are not counted
_SUBREAPER = 36  # of prctl(2): what the sandbox leaves behind becomes a child, whose time is counted
_TEST = b"def test_it():\n    assert sorted([2, 1]) == [1, 2]\n"
_COMMAND = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "test_candidate.py")


def ratio(place: Path, python: Path, pairs: int) -> None:
    """Print how many times as long a candidate takes in the sandbox, by the clock and in processor time.

    Each pair runs close together and gives a ratio of its own, so that other work on the machine weighs on
    both; what is told is the median of these, and where the middle half of them lies.
    """
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)

    def plain() -> None:
        (place / "test_candidate.py").write_bytes(_TEST)
        environ = {"PATH": os.environ["PATH"]}
        subprocess.run([str(python), *_COMMAND], cwd=place, capture_output=True, check=True, env=environ)
        os.unlink(place / "test_candidate.py")

    with open_sandbox(place, python=find_python(place, configured=python)) as sandbox:

        def apart() -> None:
            result = sandbox.run(["python", *_COMMAND], files={"test_candidate.py": _TEST})
            assert result.ok, result

        found: list[tuple[float, float, float, float]] = []
        for number in range(pairs + _WARM):
            if number % 2:
                kept, bare = _timed(apart), _timed(plain)
            else:
                bare, kept = _timed(plain), _timed(apart)
            if number >= _WARM:
                found.append((*bare, *kept))
    for what, bare_at in (("by the clock", 0), ("processor time", 1)):
        bare_s, kept_s = (statistics.median(each[n] for each in found) for n in (bare_at, bare_at + 2))
        low, middle, high = _quartiles([each[bare_at + 2] / each[bare_at] for each in found])
        print(
            f"{place.name}, {what}: {kept_s:.3f} s in the sandbox, {bare_s:.3f} s without; "
            f"{middle:.2f} times ({low:.2f} to {high:.2f}), {len(found)} pairs",
            flush=True,
        )


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that something takes, by the clock and of the processor, its processes included."""
    before, started = _cpu(), time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return seconds, _cpu() - before


def _cpu() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in usages)


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = statistics.quantiles(values, n=4)
    return low, middle, high
