"""Peak memory of `codebot annotate` as the tree grows: the same files once, twice, four and eight times.

    python -m tests.benchmarks.bench_memory [LIMIT]

Prints files, megabytes read, and the process's peak resident memory; ratios against the smallest tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PEAK = """
import resource, sys
from bot.cli import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def main(limit: int) -> None:
    """Run every size in a fresh process and print a line for each."""
    library = Path(sysconfig.get_path("stdlib"))
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    first = 0
    for copies in (1, 2, 4, 8):
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            for copy in range(copies):
                for package in ("asyncio", "email", "http", "xml", "multiprocessing", "logging"):
                    skip = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(library / package, tree / f"copy{copy}" / package, ignore=skip)
            files = list(tree.rglob("*.py"))
            argv = [
                sys.executable,
                "-c",
                PEAK,
                "annotate",
                "--no-cache",
                "--limit",
                str(limit),
                "--format",
                "json",
            ]
            done = subprocess.run(
                [*argv, "--output", f"{folder}/out.json", str(tree)],
                env=env,
                check=True,
                capture_output=True,
                text=True,
            )
            peak = int(done.stderr.split()[-1]) / 1024
            first = first or int(peak)
            size = sum(file.stat().st_size for file in files) / 1e6
            print(f"{len(files):6,} files  {size:6.1f} MB  peak {peak:6.0f} MB  x{peak / first:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
