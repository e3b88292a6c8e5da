"""What `package.json` says of a project: by what its tests run, and how its modules are read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Project", "Runner", "manifest_folder", "project_of"]

Runner = Literal["node", "vitest", "jest"]
_OTHERS = ("mocha", "ava", "tap", "tape", "jasmine", "karma", "uvu", "cypress", "qunit", "bun", "deno")


@dataclass(frozen=True, slots=True)
class Project:
    """One package."""

    folder: str  # of its package.json, relative to the repository; "" is the root
    runner: Runner
    esm: bool  # a `.js` file of it is an ES module
    packages: frozenset[str] = frozenset()  # that it depends on, also for development
    script: str = ""  # scripts.test
    why: str = ""  # how the runner was found, in words


def manifest_folder(path: str, manifests: Mapping[str, bytes]) -> str:
    """Return the folder of the nearest package.json above a file; "" where there is none."""
    folder = path.rpartition("/")[0]
    while folder and f"{folder}/package.json" not in manifests:
        folder = folder.rpartition("/")[0]
    return folder


def project_of(folder: str, manifests: Mapping[str, bytes], tests: Sequence[bytes]) -> Project | str:
    """Return what is known of a project, or why its tests cannot be run, with what to do about it.

    Args:
        folder: From `manifest_folder`.
        manifests: Every package.json of the repository, by path.
        tests: Its test files' texts.
    """
    name = f"{folder}/package.json" if folder else "package.json"
    told = _read(manifests.get(name, b"{}"))
    if told is None:
        return f"{name} is not valid JSON: mend it, so that its tests' runner can be known"
    top = _read(manifests.get("package.json", b"{}")) or {}
    packages = _packages(told) | _packages(top)
    script = _script(told) or ("" if folder in {"", "."} else _script(top))
    runner, why = _runner(script, packages, tests)
    if runner is None:
        return (
            f"{name}: its tests run by {why}, and codebot writes them for node --test, vitest and jest; "
            "name one of these in scripts.test"
        )
    return Project(folder, runner, told.get("type") == "module", frozenset(packages), script, why)


def _read(raw: bytes) -> dict[str, object] | None:
    try:
        told = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _script(told: Mapping[str, object]) -> str:
    scripts = told.get("scripts")
    found = scripts.get("test") if isinstance(scripts, dict) else None
    if isinstance(found, str) and isinstance(scripts, dict):
        for name in re.findall(
            r"(?:npm run|yarn|pnpm(?: run)?) ([\w:-]+)", found
        ):  # "npm run lint && npm run unit"
            inner = scripts.get(name)
            found += f" {inner}" if isinstance(inner, str) else ""
    return found if isinstance(found, str) else ""


def _packages(told: Mapping[str, object]) -> set[str]:
    found: set[str] = set()
    for key in ("dependencies", "devDependencies", "peerDependencies"):
        some = told.get(key)
        found |= set(some) if isinstance(some, dict) else set()
    return found


def _runner(script: str, packages: set[str], tests: Sequence[bytes]) -> tuple[Runner | None, str]:
    """Return the runner and how it was told; None and the name of another one."""
    spoken: tuple[tuple[Runner, str], ...] = (
        ("vitest", r"\bvitest\b"), ("jest", r"\bjest\b|react-scripts test"),
        ("node", r"\bnode\b.*--test\b|\btsx\b.*--test\b"),
    )  # fmt: skip
    for runner, pattern in spoken:
        if re.search(pattern, script):
            return runner, "scripts.test"
    other = next((each for each in _OTHERS if re.search(rf"\b{each}\b", script)), "")
    for runner, _ in spoken[:2]:
        if runner in packages and not other:
            return runner, "its dependencies"
    imported = b"\n".join(tests)
    for runner, mark in (("node", b"node:test"), ("vitest", b"'vitest'"), ("vitest", b'"vitest"')):
        if mark in imported:
            return ("node" if runner == "node" else "vitest"), "its tests"
    if other:
        return None, other
    return "node", "node's own, as package.json names none"
