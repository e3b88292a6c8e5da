"""Steps `discover` and `prepare`: which projects are trained on, and their sources."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.prepare import Project, discover, normal, prepare, read_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Discover", "Excluded", "Prepare", "discovered", "prepared", "read_manifest"]

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Excluded:
    """What is never trained on."""

    names: frozenset[str]  # of projects, as PyPI compares them
    parts: frozenset[str]  # of paths, in lower case: folders that are copies of those projects
    held_out: frozenset[str]  # the names that validate

    @classmethod
    def read(cls, file: Path = _HERE / "excluded.toml") -> Excluded:
        """Return what a file says."""
        lists = tomllib.loads(file.read_text("utf-8"))
        names = {normal(name) for name in [*lists["measured"], *lists["held_out"], *lists["opted_out"]]}
        parts = (names | {name.replace("-", "_") for name in names} | {"vendor"}) - set(lists["common"])
        return cls(frozenset(names), frozenset(parts), frozenset(lists["held_out"]))


@dataclass(frozen=True, slots=True)
class Discover:
    """Settings of the step; paths are relative to the working folder."""

    names: str = "names.txt"  # projects to look at, the most used first
    output: str = "manifest.jsonl"
    most: int = 4_000_000  # bytes of a release: larger ones carry data or binaries
    projects: int = 6_000  # that are enough


@dataclass(frozen=True, slots=True)
class Prepare:
    """Settings of the step; paths are relative to the working folder."""

    manifest: str = ""  # "": the one beside this module
    folder: str = ""  # of sources, each folder in it a project, in place of the manifest
    output: str = "sources"
    jobs: int = 2


def discovered(settings: Discover, work: Path) -> dict[str, Any]:
    """Ask PyPI about every name and write the manifest of those that may be trained on.

    Raises:
        FileNotFoundError: There is no list of names.
    """
    names = (work / settings.names).read_text("utf-8").split()
    excluded = Excluded.read()
    licences: Counter[str] = Counter()
    with (work / settings.output).open("w", encoding="utf-8") as out:
        for project in discover(names, excluded.names, most=settings.most):
            out.write(json.dumps(asdict(project)) + "\n")
            licences[project.licence] += 1
            if licences.total() >= settings.projects:
                break
    return {"asked": len(names), "projects": licences.total(), "licences": dict(licences.most_common())}


def prepared(settings: Prepare, work: Path) -> dict[str, Any]:
    """Write each project's usable sources to a file of its own, and a manifest that counts them.

    Raises:
        FileNotFoundError: The manifest or the folder is missing.
        ValueError: A line of the manifest is no project.
    """
    excluded = Excluded.read()
    out = work / settings.output
    if settings.folder:
        done: list[Project | str] = list(_from_folder(work / settings.folder, out, excluded))
    else:
        manifest = work / settings.manifest if settings.manifest else _HERE / "manifest.jsonl"
        wanted = [p for p in read_manifest(manifest) if p.name not in excluded.names]
        done = list(prepare(wanted, excluded.parts, out, jobs=settings.jobs))
    kept = sorted((p for p in done if isinstance(p, Project)), key=lambda p: p.name)
    lines = "".join(json.dumps(asdict(p)) + "\n" for p in kept)
    (work / "prepared.jsonl").write_text(lines, "utf-8")
    return {
        "projects": len(kept),
        "files": sum(p.files for p in kept),
        "bytes": sum(p.bytes for p in kept),
        "failed": [p for p in done if isinstance(p, str)],
    }


def read_manifest(file: Path) -> list[Project]:
    """Return the projects of a manifest.

    Raises:
        FileNotFoundError: It is missing.
        ValueError: A line of it is no project.
    """
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            found.append(Project(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{file}:{number} is no project: {error}") from error
    return found


def _from_folder(folder: Path, out: Path, excluded: Excluded) -> Iterable[Project]:
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder at {folder}")
    out.mkdir(parents=True, exist_ok=True)
    for project in sorted(p for p in folder.iterdir() if p.is_dir()):
        kept = read_folder(project, excluded.parts)
        (out / f"{normal(project.name)}.json").write_text(json.dumps(kept), "utf-8")
        size = sum(len(text.encode()) for _, text in kept)
        yield Project(normal(project.name), "", "", project.name, "", len(kept), size)
