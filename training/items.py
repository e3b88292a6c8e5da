"""Step `items`: which definitions a teacher is asked about, so many of every project and no two alike."""

from __future__ import annotations

import concurrent.futures as cf
import gzip
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.definitions import definitions, good_summary, shown

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Items", "items"]


@dataclass(frozen=True, slots=True)
class Items:
    """Settings of the step; paths are relative to the working folder."""

    sources: str = "sources"
    output: str = "items.jsonl.gz"
    per_project: int = 220
    documented: float = 2 / 3  # at most this share of a project's are documented ones, where it has others
    jobs: int = 2
    seed: int = 1


def items(settings: Items, work: Path) -> dict[str, Any]:
    """Write the items of all projects and return how many there are.

    Raises:
        FileNotFoundError: There are no sources.
    """
    files = sorted((work / settings.sources).glob("*.json"))
    if not files:
        raise FileNotFoundError(f"nothing at {work / settings.sources}: the step `prepare` writes it")
    random.Random(settings.seed).shuffle(files)  # noqa: S311 - no secret
    seen: set[str] = set()
    count = 0
    with (
        gzip.open(work / settings.output, "wt", encoding="utf-8") as out,
        cf.ProcessPoolExecutor(settings.jobs) as pool,
    ):
        for found in pool.map(_of_project, files, [settings] * len(files), chunksize=4):
            for one in found:
                if one["id"] not in seen:
                    seen.add(one["id"])
                    out.write(json.dumps(one) + "\n")
                    count += 1
    return {"projects": len(files), "items": count}


def _of_project(file: Path, settings: Items) -> list[dict[str, str]]:
    project, rng = file.stem, random.Random(file.stem)  # noqa: S311 - no secret
    found = {one.key: one for one in definitions(json.loads(file.read_text("utf-8")))}
    said = [one for one in found.values() if good_summary(one.summary)]
    unsaid = [one for one in found.values() if not good_summary(one.summary)]
    rng.shuffle(said)
    rng.shuffle(unsaid)
    most = settings.per_project
    share = max(round(most * settings.documented), most - len(unsaid))
    chosen = said[:share]
    chosen += unsaid[: most - len(chosen)]
    return [
        {
            "id": one.key,
            "project": project,
            "path": one.chunk.change.path,
            "name": one.name,
            "kind": one.kind,
            "people": one.summary if good_summary(one.summary) else "",
            "code": shown(one),
        }
        for one in chosen
    ]
