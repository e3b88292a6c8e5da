"""Large pull requests, Enterprise servers, app tokens, check runs, renames: the interface's corners."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING

import pytest

from bot.errors import ForgeError
from bot.review.bodies import suggested
from tests.github.conftest import BASE, FUNCTIONS, git, module
from tests.github.double import Fault, Somebody
from tests.github.test_flow import TWO, about
from tests.verify.sandbox.conftest import require_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.github.conftest import World


def fill(world: World, count: int) -> None:
    """Push a commit that adds `count` files without functions, by git's own fast import."""
    out = io.BytesIO()
    head = git(world.clone, "rev-parse", "HEAD")
    out.write(b"commit refs/heads/feature\ncommitter A <a@example.org> 1800000000 +0000\ndata 4\nmany\n")
    out.write(f"from {head}\n".encode())
    for n in range(count):
        text = f'"""A value."""\nVALUE_{n} = {n}\n'.encode()
        out.write(f"M 100644 inline many/file_{n:04}.py\n".encode() + b"data %d\n" % len(text) + text)
    argv = ["git", "-C", str(world.clone), "fast-import", "--quiet", "--force"]
    subprocess.run(argv, input=out.getvalue(), check=True)
    git(world.clone, "reset", "-q", "--hard", "feature")
    world.upload()


def test_three_thousand_files_are_read_in_a_hundred_requests(world: World) -> None:
    """All pages, and contents by the batch: an hour's 1,000 requests are not used up by one pull request."""
    fill(world, 2999)
    assert world.review() == 0
    assert about(world) == TWO
    assert "Read 3,000 files" in world.summaries[0]
    asked = [r.path for r in world.double.requests]
    assert len(asked) < 150
    assert sum(p.endswith("/pulls/1/files") for p in asked) == 30
    world.review()
    assert about(world) == TWO


def test_files_beyond_what_github_lists_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence would look like a clean bill; in a checkout git lists them all."""
    fill(world, 12)
    world.double.listed = 5
    world.double.fault = lambda r: Fault(406, {}, "too large") if "/compare/" in r.path else None
    assert world.review(dry_run=False) == 0
    assert any("lists 5 of 13 changed files" in body for body in world.summaries)
    monkeypatch.chdir(world.clone)
    assert world.review() == 0
    assert "lists 5 of" not in world.summaries[0]


def test_an_enterprise_server_and_an_apps_token(world: World) -> None:
    """GITHUB_API_URL ends in /api/v3, GraphQL is at /api/graphql, the author is the app's bot."""
    world.double.tokens["installation"] = Somebody("codebot-app[bot]", bot=True)
    environ = world.environ(GITHUB_TOKEN="installation", GITHUB_API_URL=f"{world.double.url}/api/v3")  # noqa: S106
    assert world.review(environ) == 0
    assert {c["user"]["login"] for c in world.shown} == {"codebot-app[bot]"}
    assert world.review(environ) == 0
    assert about(world) == TWO


@pytest.mark.parametrize("token", ["bot", "person"])
def test_without_graphql_nothing_is_repeated_either(world: World, token: str) -> None:
    """Who we are is then asked of /user, or is GitHub Actions; outdated comments just stay open."""
    world.double.graphql = False
    environ = world.environ(GITHUB_TOKEN=token)
    assert world.review(environ) == 0
    assert world.review(environ) == 0
    assert about(world) == TWO
    world.push(app=module("read_numbers"))
    assert world.review(environ) == 0
    assert len(world.shown) == 2


def test_a_renamed_file_is_read_under_its_new_name(world: World) -> None:
    """Only what changed in it is asked about; a rename alone says nothing."""
    git(world.clone, "checkout", "-q", "main")
    for name in ("old", "moved"):
        (world.clone / f"{name}.py").write_text(module("write_lines", "remove_spaces"))
    git(world.clone, "add", "--all")
    git(world.clone, "commit", "-qm", "files to rename")
    git(world.clone, "push", "-q", "origin", "main")
    git(world.clone, "checkout", "-q", "feature")
    git(world.clone, "rebase", "-q", "main")
    git(world.clone, "mv", "old.py", "new.py")
    git(world.clone, "mv", "moved.py", "there.py")
    text = (world.clone / "new.py").read_text().replace("return cleaned", "return cleaned.strip()")
    world.push(new=text, force=True)
    assert world.review() == 0
    assert {c["path"] for c in world.shown} <= {"app.py", "new.py"}
    assert not any("write_lines" in c["body"] for c in world.shown)


def test_line_endings_survive_the_round_trip(world: World) -> None:
    """A file with CRLF gets suggestions with CRLF, and applying one keeps every byte."""
    text = module("count_words").replace("\n", "\r\n")
    (world.clone / "windows.py").write_bytes(text.encode())
    (world.clone / ".gitattributes").write_text("*.py -text\n")
    world.push(app=module("read_numbers"))
    assert world.review() == 0
    comment = next(c for c in world.double.comments if c["path"] == "windows.py")
    assert ":\r\n" in comment["body"]
    world.comment("/codebot apply", reply_to=comment["id"])
    after = world.double.run("show", f"{world.double.head}:windows.py").decode()
    assert after.count("\r\n") == after.count("\n") == text.count("\n") + 1


def test_a_check_run_has_its_annotations_in_fifties(world: World) -> None:
    """GitHub takes fifty a request; with suggestions it ends neutral and blocks nobody."""
    assert world.review(check_run=True) == 0
    check = world.double.checks[0]
    assert (check["conclusion"], check["head_sha"], len(check["annotations"])) == (
        "neutral",
        world.double.head,
        2,
    )


def test_the_page_of_the_run_has_the_summary(world: World, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    assert world.review(world.environ(GITHUB_STEP_SUMMARY=str(page))) == 0
    assert "2 new in the diff" in page.read_text("utf-8")
    assert "<!-- codebot" not in page.read_text("utf-8")


def test_an_engine_that_is_down_posts_nothing(world: World) -> None:
    """And the next run does it all."""
    with pytest.raises(Exception, match=r"engine|model|folder"):
        world.review(engine="embedded:/nowhere/at/all")
    assert world.writes() == 0


def test_what_is_not_there_is_said(world: World) -> None:
    """A wrong number, a token that is none."""
    with pytest.raises(ForgeError, match="404"):
        world.review(pr=99)
    with pytest.raises(ForgeError, match="401"):
        world.review(world.environ(GITHUB_TOKEN="wrong"))  # noqa: S106
    assert world.writes() == 0


def test_no_more_than_what_is_new_is_asked_of_the_engine(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a rebase too: a changed file's other functions were reviewed at the last head."""
    cold = {"CODEBOT_CACHE_DIR": str(tmp_path / "cold")}
    world.review(world.environ(**cold), cache=False)
    git(world.clone, "commit", "-q", "--amend", "-m", "rebased")
    world.push(app=module(*reversed(TWO), "write_lines"), force=True)
    capsys.readouterr()
    world.review(world.environ(**cold), cache=False)
    assert "1 asked" in capsys.readouterr().out
    assert about(world) == sorted([*TWO, "write_lines"])
    assert set(FUNCTIONS) >= set(TWO)


TEST = """\
from app import kept


def test_kept():
    assert kept(1) == 2
"""


def test_a_fix_is_tried_on_the_heads_files_and_offered_in_the_diff(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a clone that has main checked out: the head's tests run over the head's files, in the sandbox."""
    require_sandbox()
    world.push(app=BASE.replace("\n\n\n", "\n\nimport os\n\n\n", 1), test_app=TEST)
    git(world.clone, "checkout", "-q", "main")
    monkeypatch.chdir(world.clone)
    assert world.review(tasks="fixes") == 0
    (comment,) = world.shown
    assert "1 test passes" in comment["body"]
    assert suggested(comment["body"]) == "", "an empty block deletes the line"
    assert not (world.clone / "test_app.py").exists(), "nothing was checked out"
    world.comment("/codebot apply", reply_to=comment["id"])
    assert "import os" not in world.double.text(world.double.head, "app.py")


def test_what_was_found_and_not_mended_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding without a proven fix is a line in the summary, on every run, and never a comment."""
    world.push(app=BASE + "\n\ndef broken(value):\n    return value + offest\n")
    monkeypatch.chdir(world.clone)
    for _ in range(2):
        assert world.review(tasks="fixes") == 0
        assert "F821" in world.summaries[0]
        assert "`app.py:10`" in world.summaries[0]
    assert world.shown == []
