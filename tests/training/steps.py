"""Steps of the pipeline, run as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def command(python: str, work: Path, name: str, *changes: str) -> list[str]:
    flags = [flag for change in (f"work.folder={work}", *changes) for flag in ("--set", change)]
    return [python, "-m", "training", name, "--config", str(work / "config.toml"), *flags]


ALONE = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


def step(python: str, work: Path, name: str, *changes: str) -> dict[str, Any]:
    """Run a step as a user does, and return what it says it did."""
    done = subprocess.run(
        command(python, work, name, *changes),
        cwd=ROOT,
        env=ALONE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = "\n" + done.stdout  # a run's own lines come first
    found: dict[str, Any] = json.loads(said[said.index("\n{\n") :])
    return found


def killed(python: str, work: Path, name: str, checkpoint: Path) -> None:
    """Run a step, and kill it once it has written a checkpoint."""
    with subprocess.Popen(command(python, work, name), cwd=ROOT, env=ALONE, stdout=subprocess.PIPE) as first:
        until = time.monotonic() + 120
        while not checkpoint.exists() and first.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
    assert checkpoint.exists()
