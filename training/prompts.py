"""Step `prompts`: what the product would ask about each item, for a student to answer in its own words.

Classes are left out: the reward of the step `prefer` was fitted on functions and methods.
"""

from __future__ import annotations

import concurrent.futures as cf
import gzip
import json
import random
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from training.definitions import definitions
from training.examples import asker_of
from training.records import Question

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Prompts", "prompts"]


@dataclass(frozen=True, slots=True)
class Prompts:
    """Settings of the step; paths are relative to the working folder."""

    sources: str = "sources"
    items: str = "items.jsonl.gz"
    tokenizer: str = "start/tokenizer.json"
    output: str = "prompts.jsonl.gz"
    per_project: int = 90  # at most
    limits: tuple[int, int] = (320, 448)  # tokens before and behind the gap; as in the shipped codebot.json
    window: int = 1024
    jobs: int = 2
    seed: int = 7


def prompts(settings: Prompts, work: Path) -> dict[str, Any]:
    """Write the questions of all projects, which come in random order, and return how many there are.

    Raises:
        FileNotFoundError: Items, sources or the tokenizer are missing.
    """
    wanted: dict[str, dict[str, str]] = defaultdict(dict)
    with gzip.open(work / settings.items, "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            codes = wanted[item["project"]]
            if item["kind"] != "class" and len(codes) < settings.per_project:
                codes[item["id"]] = item["code"]
    projects = sorted(wanted)
    random.Random(settings.seed).shuffle(projects)  # noqa: S311 - no secret
    count = 0
    with (
        gzip.open(work / settings.output, "wt", encoding="utf-8") as out,
        cf.ProcessPoolExecutor(settings.jobs) as pool,
    ):
        tasks = [(work, settings, project, wanted[project]) for project in projects]
        for found in pool.map(_of_project, tasks, chunksize=4):
            out.writelines(json.dumps(asdict(one)) + "\n" for one in found)
            count += len(found)
    return {"projects": len(projects), "prompts": count}


def _of_project(task: tuple[Path, Prompts, str, Mapping[str, str]]) -> list[Question]:
    work, settings, project, wanted = task
    asker = asker_of(work / settings.tokenizer, tuple(settings.limits), settings.window)
    files = json.loads((work / settings.sources / f"{project}.json").read_text("utf-8"))
    found: dict[str, Question] = {}
    for one in definitions(files):
        if one.key in wanted and one.key not in found and (prompt := asker.prompt(one)):
            found[one.key] = Question(one.key, project, one.name, one.kind, wanted[one.key], prompt)
    return list(found.values())
