"""The same requests before judges of other people's making, on Node: Prism, emulate, GitHub's GraphQL schema.

`make test` installs them where node and npm are; elsewhere these tests are skipped, and say so.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bot.commands import review
from bot.github import Pace
from bot.github.blobs import query_blobs
from bot.github.conversation import QUERY_THREADS
from bot.github.posting import MUTATIONS
from tests.github.conftest import BASE, FLAGS, World, module
from tests.github.test_flow import TWO, about

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "github_double"
MODULES = FOLDER / "node_modules"
PRISM = MODULES / "@stoplight" / "prism-cli" / "dist" / "index.js"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not PRISM.exists(),
    reason="needs node, and `make test` or `npm ci --ignore-scripts` in tests/github_double",
)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def server(log: Path, port: int, *argv: str) -> Iterator[str]:
    """Run a Node server until it answers; end it afterwards."""
    url = f"http://127.0.0.1:{port}"
    with (
        log.open("wb") as out,
        subprocess.Popen([str(NODE), *argv], cwd=FOLDER, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            for _ in range(600):
                try:
                    requests.get(f"{url}/meta", timeout=5)
                    break
                except requests.ConnectionError:
                    assert process.poll() is None, log.read_text()
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()


def test_prism_finds_no_violation_in_a_pull_requests_life(world: World, tmp_path: Path) -> None:
    """Review, push, edit, dismiss, apply and check run, through a proxy that holds GitHub's description."""
    description = json.loads((FOLDER / "openapi.json").read_text("utf-8"))
    anything = {"description": "", "content": {"application/json": {}}}
    description["paths"]["/graphql"] = {"post": {"requestBody": anything, "responses": {"default": anything}}}
    spec, log = tmp_path / "openapi.json", tmp_path / "prism.log"
    spec.write_text(json.dumps(description))
    port = free_port()
    upstream = world.double.url
    with server(
        log, port, str(PRISM), "proxy", str(spec), upstream, "-p", str(port), "-h", "127.0.0.1"
    ) as url:
        world.double.url = url
        assert world.review(check_run=True) == 0
        assert about(world) == TWO
        world.push(app=module("write_lines", *TWO).replace("return len(words)", "return len(words) + 1"))
        assert world.review() == 0
        comment = next(c for c in world.double.comments if "write_lines" in c["body"])
        assert world.comment("/codebot dismiss", reply_to=comment["id"]) == 0
        comment = next(c for c in world.double.comments if "read_numbers" in c["body"])
        assert world.comment("/codebot apply", reply_to=comment["id"]) == 0
        assert world.review() == 0
        wrong = requests.post(
            f"{url}/repos/octo/app/pulls/1/reviews",
            json={"event": "SHOUT"},
            timeout=20,
            headers={"Authorization": "Bearer bot"},
        )
        world.double.violations.clear()
    said = [line for line in log.read_text().splitlines() if "Violation: request" in line]
    unknown = [line for line in said if line.endswith("route not found")]
    # Prism cannot know /meta, which is not in the description, nor names of several parts (`heads/feature`).
    assert len(unknown) == sum("/meta" in r.path or "/git/ref" in r.path for r in world.double.requests)
    assert wrong.status_code == 422
    assert [line for line in said if line not in unknown and "body.event" not in line] == []
    assert any("body.event" in line for line in said), "a judge that lets a wrong one pass is none"


def test_emulate_keeps_the_comments_and_nothing_is_repeated(
    tmp_path: Path, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wants `position` in reviews and answers 422, so that each comment goes alone; it has no GraphQL."""
    monkeypatch.setenv("CODEBOT_CACHE_DIR", str(answers))
    monkeypatch.chdir(tmp_path)
    port = free_port()
    with server(tmp_path / "emulate.log", port, "emulator.mjs", str(port)) as url:
        pull = Emulated(url)
        pull.open(module(*TWO))
        assert pull.review() == 0
        first = pull.comments()
        assert len(first) == len(TWO)
        assert pull.review() == 0
        assert pull.comments() == first
        assert len(pull.summaries()) == 1


def test_githubs_graphql_schema_knows_what_we_ask() -> None:
    """Each query and mutation, and a wrong one, so that the judge is seen to judge."""
    queries = [QUERY_THREADS, query_blobs(40), *MUTATIONS.values()]
    assert _complaints(queries) == []
    assert _complaints(["query { viewer { shoeSize } }"]) != []


def _complaints(queries: list[str]) -> list[str]:
    argv = [str(NODE), "graphql.mjs"]
    done = subprocess.run(
        argv, cwd=FOLDER, input=json.dumps(queries), capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


class Emulated:
    """A pull request in the emulator."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, data: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return what the emulator answers."""
        headers = {"Authorization": "Bearer dev"}
        done = requests.request(method, self.url + path, json=data, headers=headers, timeout=20)
        assert done.status_code < 300, (path, done.text)
        return done.json()

    def open(self, text: str) -> None:
        """Make a repository, a branch with app.py as `text`, and a pull request."""
        self.call("POST", "/user/repos", {"name": "app", "auto_init": True})
        self._put("main", BASE)
        sha = self.call("GET", "/repos/dev/app/git/ref/heads/main")["object"]["sha"]
        self.call("POST", "/repos/dev/app/git/refs", {"ref": "refs/heads/feature", "sha": sha})
        blob = self.call("GET", "/repos/dev/app/contents/app.py?ref=feature")["sha"]
        self._put("feature", text, blob)
        pull = {"title": "t", "head": "feature", "base": "main"}
        self.number = self.call("POST", "/repos/dev/app/pulls", pull)["number"]

    def review(self) -> int:
        """Run codebot on it."""
        environ = {"GITHUB_TOKEN": "dev", "GITHUB_API_URL": self.url, "CODEBOT_SIGNING_KEY": "x"}
        flags = {**FLAGS, "repo": "dev/app", "pr": self.number}
        return review.run(flags, environ, pace=Pace(sleep=lambda _seconds: None))

    def comments(self) -> list[Any]:
        """Return the review comments."""
        found: list[Any] = self.call("GET", f"/repos/dev/app/pulls/{self.number}/comments")
        return found

    def summaries(self) -> list[Any]:
        """Return the issue comments."""
        found: list[Any] = self.call("GET", f"/repos/dev/app/issues/{self.number}/comments")
        return found

    def _put(self, branch: str, text: str, sha: str | None = None) -> None:
        content = base64.b64encode(text.encode()).decode()
        data = {"message": "m", "content": content, "branch": branch, **({"sha": sha} if sha else {})}
        self.call("PUT", "/repos/dev/app/contents/app.py", data)
