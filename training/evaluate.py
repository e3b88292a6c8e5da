"""Step `evaluate`: the exported model against the packaged one, by `codebot eval docstrings`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Evaluate", "evaluate"]


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Settings of the step; paths are relative to the working folder."""

    repositories: tuple[str, ...] = ("held-out/*",)  # folders of sources that were not trained on
    model: str = "export/1"
    against: tuple[str, ...] = ("embedded:",)  # engines to compare it with
    output: str = "evaluation"
    limit: int = 300
    confidence: str = ""  # as for annotate
    seed: int = 0


def evaluate(settings: Evaluate, work: Path) -> dict[str, Any]:
    """Write `docstrings.json` and its chart, and return the rows.

    Raises:
        FileNotFoundError: There is no model or no repository.
        ValueError: The command failed.
    """
    repositories = [p for pattern in settings.repositories for p in sorted(work.glob(pattern)) if p.is_dir()]
    if not repositories:
        raise FileNotFoundError(f"no repositories at {work}: evaluate.repositories names none")
    if not (work / settings.model).is_dir():
        raise FileNotFoundError(f"no model at {work / settings.model}: the step `export` writes it")
    output = work / settings.output
    output.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "bot", "eval", "docstrings", "--no-cache", "--quiet", "--format", "json"),
        *(flag for each in repositories for flag in ("--repo", str(each))),
        *(flag for each in settings.against for flag in ("--engine", each)),
        *("--engine", f"embedded:{work / settings.model}"),
        *(
            "--limit",
            str(settings.limit),
            "--seed",
            str(settings.seed),
            "--plot",
            str(output / "docstrings.svg"),
        ),
        *(("--confidence", settings.confidence) if settings.confidence else ()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"codebot eval failed: {done.stderr.strip()[-800:]}")
    (output / "docstrings.json").write_text(done.stdout, "utf-8")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
