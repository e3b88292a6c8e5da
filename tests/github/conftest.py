"""A pull request on a double of GitHub, a clone to push from, and codebot in this process."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bot.commands import review
from bot.github import Pace
from tests.github.double import Double, Somebody

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = '''\
"""Helpers."""


def kept(value):
    """Return one more."""
    return value + 1
'''
FUNCTIONS = {
    "read_numbers": """

def read_numbers(path):
    with open(path) as lines:
        return [float(line) for line in lines if line.strip()]
""",
    "count_words": """

def count_words(text):
    words = text.split()
    return len(words)
""",
    "write_lines": """

def write_lines(path, lines):
    with open(path, "w") as file:
        for line in lines:
            file.write(line + "\\n")
""",
    "remove_spaces": """

def remove_spaces(text):
    cleaned = text.replace(" ", "")
    return cleaned
""",
}


def module(*names: str) -> str:
    """Return BASE and some functions that the packaged model has proven suggestions for."""
    return BASE + "".join(FUNCTIONS[name] for name in names)


FLAGS: dict[str, Any] = {
    "repo": None,
    "pr": None,
    "pr_file": None,
    "api_url": None,
    "tasks": None,
    "engine": None,
    "max_comments": 30,
    "dry_run": False,
    "check_run": False,
    "drafts": False,
    "check": False,
    "confidence": "off",
    "limit": None,
    "cache": None,
    "format_": None,
    "output": None,
    "reports": (),
    "quiet": True,
}


def git(folder: Path, *argv: str) -> str:
    """Run git in a folder."""
    return subprocess.run(
        ["git", "-C", str(folder), *argv], check=True, capture_output=True, text=True
    ).stdout.strip()


@dataclass
class World:
    """The double, a clone that its people push from, and runs of codebot."""

    double: Double
    clone: Path
    waits: list[float] = field(default_factory=list)
    now: float = 1_800_000_000.0

    def push(self, message: str = "a change", *, force: bool = False, **files: str) -> str:
        """Commit files (`name="text"` is name.py) on the feature branch, push, and return the commit."""
        for name, text in files.items():
            place = self.clone / f"{name.replace('__', '/')}.py"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--allow-empty", "--message", message)
        return self.upload(force=force)

    def upload(self, *, force: bool = False) -> str:
        """Push what the clone has, also to where GitHub keeps a pull request's head."""
        options = ["--force"] if force else []
        git(self.clone, "push", "--quiet", *options, "origin", f"HEAD:refs/heads/{self.double.head_ref}")
        git(self.clone, "push", "--quiet", "--force", "origin", "HEAD:refs/pull/1/head")
        return git(self.clone, "rev-parse", "HEAD")

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment that Actions would give."""
        return {
            **os.environ,
            "GITHUB_TOKEN": "bot",
            "GITHUB_API_URL": self.double.url,
            "CODEBOT_SIGNING_KEY": "a long secret",
            **more,
        }

    def review(self, environ: dict[str, str] | None = None, **flags: Any) -> int:  # noqa: ANN401 - a flag's value
        """Run `codebot review` and return its exit code; `waits` tells how long it would have waited."""
        given = {**FLAGS, "repo": self.double.name, "pr": 1, **flags}
        return review.run(given, environ or self.environ(), pace=self.pace())

    def pace(self) -> Pace:
        """Return a pace whose clock only moves when it waits."""

        def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            self.now += seconds

        return Pace(sleep=sleep, clock=lambda: self.now)

    def comment(self, text: str, by: str = "maintainer", reply_to: int | None = None, **more: Any) -> int:  # noqa: ANN401 - likewise
        """Have somebody write a comment, and let codebot answer it."""
        return self.event(self.commented(text, by, reply_to), **more)

    def commented(self, text: str, by: str = "maintainer", reply_to: int | None = None) -> dict[str, Any]:
        """Return the event of somebody's comment."""
        self.double._next += 1
        user = {"login": by, "type": "Bot" if by.endswith("[bot]") else "User"}
        comment = {"id": self.double._next, "body": text, "user": user}
        payload: dict[str, Any] = {"action": "created", "repository": {"full_name": self.double.name}}
        if reply_to is None:
            return {**payload, "comment": comment, "issue": {"number": 1, "pull_request": {"url": ""}}}
        pull = {"number": 1, "head": {"sha": self.double.head}}
        return {**payload, "comment": {**comment, "in_reply_to_id": reply_to}, "pull_request": pull}

    def event(self, payload: dict[str, Any], **more: Any) -> int:  # noqa: ANN401 - likewise
        """Run codebot as Actions would on an event."""
        path = self.clone.parent / "event.json"
        path.write_text(json.dumps(payload))
        return self.review(self.environ(GITHUB_EVENT_PATH=str(path)), **{"repo": None, "pr": None, **more})

    @property
    def shown(self) -> list[dict[str, Any]]:
        """Our comments that are not replies, as GitHub shows them."""
        return [c for c in self.double.shown() if c["in_reply_to_id"] is None]

    @property
    def summaries(self) -> list[str]:
        """Our issue comments that are summaries."""
        return [n["body"] for n in self.double.notes if n["body"].startswith("### codebot")]

    def writes(self) -> int:
        """Return how many requests so far changed something."""
        return sum(r.writes for r in self.double.requests)


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache of the model's answers that the tests of this process share."""
    return tmp_path_factory.mktemp("answers")


@pytest.fixture
def world(tmp_path: Path, answers: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return an open pull request that adds two functions; it must not violate GitHub's description."""
    monkeypatch.setenv("CODEBOT_CACHE_DIR", str(answers))
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    bare, clone, elsewhere = tmp_path / "app.git", tmp_path / "app", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    subprocess.run(["git", "clone", "-q", str(bare), str(clone)], check=True, capture_output=True)
    git(clone, "checkout", "-q", "-B", "main")
    (clone / "app.py").write_text(BASE)
    git(clone, "add", "--all")
    git(clone, "commit", "-qm", "start")
    git(clone, "push", "-q", "origin", "main")
    git(clone, "checkout", "-q", "-b", "feature")
    tokens = {"bot": Somebody("github-actions[bot]", bot=True), "person": Somebody("maintainer")}
    with Double(bare, tokens=tokens) as double:
        made = World(double, clone)
        made.push(app=module("read_numbers", "count_words"))
        yield made
    assert double.violations == []
