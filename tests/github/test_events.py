"""What makes codebot start: GitHub's own example payloads as GITHUB_EVENT_PATH."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import UsageError
from bot.review.events import packed, read_event

if TYPE_CHECKING:
    from tests.github.conftest import World

EVENTS = Path(__file__).parents[1] / "data" / "events"
HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"


def event(name: str) -> dict[str, Any]:
    """Return a payload of GitHub's."""
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ["pull_request.opened", "pull_request.synchronize"])
def test_a_pull_request_names_itself(name: str) -> None:
    found = read_event(event(name))
    assert (found.repository, found.number, found.nothing) == ("Codertocat/Hello-World", 2, "")
    assert len(found.head) == 40


def test_closing_is_no_reason_to_review() -> None:
    assert "closed" in read_event(event("pull_request.closed")).nothing


def test_comments_on_issues_and_edits_are_no_commands() -> None:
    payload = event("issue_comment.created")
    assert "not on a pull request" in read_event(payload).nothing
    payload["issue"]["pull_request"] = {"url": "https://api.github.com/repos/Codertocat/Hello-World/pulls/1"}
    found = read_event(payload)
    assert found.nothing == ""
    assert found.comment is not None
    assert (found.comment.author, found.comment.bot, found.comment.inline) == ("Codertocat", False, False)
    edited = event("issue_comment.edited")
    edited["issue"]["pull_request"] = {"url": ""}
    assert read_event(edited).nothing == "only new comments are commands"


def test_a_comment_in_a_thread_knows_its_thread() -> None:
    found = read_event(event("pull_request_review_comment.created"))
    assert found.comment is not None
    assert (found.number, found.comment.inline) == (2, True)


def test_a_workflow_run_names_its_commit() -> None:
    payload = event("workflow_run.completed")
    found = read_event(payload)
    assert found.head == payload["workflow_run"]["head_sha"]
    if payload["workflow_run"]["conclusion"] != "success":
        assert "did not succeed" in found.nothing


def test_other_events_are_nothing_to_do(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.event(event("push")) == 0
    assert "not about a pull request" in capsys.readouterr().out
    assert world.double.requests == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"number": 3, "head": HEAD, "engine": "https://evil.example"}, "number and head"),
        ([3, HEAD], "number and head"),
        ({"number": "3", "head": HEAD}, "no number"),
        ({"number": True, "head": HEAD}, "no number"),
        ({"number": 3, "head": "main; rm -rf ~"}, "no commit"),
        ({"number": 3, "head": "0" * 40}, "not of the commit"),
    ],
)
def test_what_a_fork_packs_is_checked_as_a_strangers(data: object, says: str) -> None:
    """Only a number, of the commit that GitHub itself names."""
    trusted = read_event(event("workflow_run.completed"))
    payload = {**event("workflow_run.completed")}
    payload["workflow_run"] = {**payload["workflow_run"], "head_sha": HEAD, "conclusion": "success"}
    trusted = read_event(payload)
    assert packed({"number": 3, "head": HEAD}, trusted) == 3
    with pytest.raises(UsageError, match=says):
        packed(data, trusted)


def test_a_fork_is_reviewed_by_the_trusted_workflow(world: World, tmp_path: Path) -> None:
    """The number comes from the file, the commit from GitHub; one that does not fit is refused."""
    payload = event("workflow_run.completed")
    payload["repository"]["full_name"] = "octo/app"
    payload["workflow_run"] |= {"head_sha": world.double.head, "conclusion": "success", "pull_requests": []}
    world.double.head_repository = "stranger/app"
    file = tmp_path / "pull.json"
    file.write_text(json.dumps({"number": 1, "head": world.double.head}))
    assert world.event(payload, pr_file=file) == 0
    assert len(world.shown) == 2
    file.write_text(json.dumps({"number": 1, "head": "0" * 40}))
    with pytest.raises(UsageError, match="not of the commit"):
        world.event(payload, pr_file=file)


@pytest.mark.parametrize("payload", [{"repository": 1}, {"repository": {"full_name": "a/b/../c"}}, []])
def test_a_broken_payload_is_a_clear_error(world: World, payload: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH"):
        world.event(payload)
