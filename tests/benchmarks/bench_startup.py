"""Start-up: whole processes against bare `python -c "import click"` in the same run.

    python -m tests.benchmarks.bench_startup [ROUNDS]

Prints the median wall time of each, in milliseconds, and what it costs over the bare one.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main(rounds: int) -> None:
    """Time every command in turn, `rounds` times, and print medians."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        commands = {
            'python -c "import click"': [sys.executable, "-c", "import click"],
            "codebot --help": [sys.executable, "-m", "bot", "--help"],
            "codebot annotate --staged (nothing staged)": [
                sys.executable,
                "-m",
                "bot",
                "annotate",
                "--staged",
            ],
        }
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its byte code, as click has
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(rounds + 1):
            for name, argv in commands.items():
                start = time.perf_counter()
                subprocess.run(argv, cwd=folder, env=env, check=True, capture_output=True)
                if turn:  # the first round warms the page cache
                    times[name].append((time.perf_counter() - start) * 1000)
    bare = statistics.median(next(iter(times.values())))
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{median:7.1f} ms  {median - bare:+7.1f} ms  {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
