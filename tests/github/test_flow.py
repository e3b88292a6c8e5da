"""A pull request's life: opened, pushed to, rebased, answered; never a comment twice, never one lost."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest

from bot.review.bodies import suggested
from tests.github.conftest import BASE, FUNCTIONS, World, git, module

TWO = ["count_words", "read_numbers"]


def about(world: World) -> list[str]:
    """Return the functions that our comments are about, sorted."""
    return sorted(re.search(r"Document `(\w+)`", c["body"])[1] for c in world.shown)  # type: ignore[index]


def accepted(world: World) -> dict[str, str]:
    """Return the files of the head after somebody clicks on every suggestion."""
    files: dict[str, list[str]] = {}
    for comment in sorted(world.shown, key=lambda c: -c["line"]):
        path = comment["path"]
        lines = files.setdefault(path, world.double.text(world.double.head, path))
        new = suggested(comment["body"])
        assert new is not None
        start = comment["start_line"] or comment["line"]
        lines[start - 1 : comment["line"]] = new.removesuffix("\n").split("\n")
    return {path: "\n".join(lines) for path, lines in files.items()}


def patches(world: World) -> str:
    """Return the patches that the summary holds."""
    return "".join(re.findall(r"```diff\n(.*?)```", world.summaries[0], re.DOTALL))


def test_a_pull_request_gets_one_review_and_one_summary(world: World) -> None:
    """Suggestions come as one review; accepted, they document the functions and change nothing else."""
    assert world.review() == 0
    assert [r["state"] for r in world.double.reviews] == ["COMMENTED"]
    assert about(world) == TWO
    assert len(world.summaries) == 1
    tree = ast.parse(accepted(world)["app.py"])
    documented = {n.name: ast.get_docstring(n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    assert all(documented.values())
    assert set(documented) == {"kept", *TWO}


def test_a_second_run_says_nothing_again(world: World) -> None:
    """On the same head nothing is asked, and nothing is written but, at most, the summary's own text."""
    world.review()
    before = [c["body"] for c in world.shown]
    world.review()
    assert [c["body"] for c in world.shown] == before
    assert len(world.double.reviews) == len(world.summaries) == 1
    assert "2 from before" in world.summaries[0]
    assert "reviewed at an earlier head" in world.summaries[0]
    writes = world.writes()
    world.review()
    assert world.writes() == writes, "a third run has not even a new text for the summary"


def test_a_push_adds_only_what_is_new(world: World) -> None:
    """The second push brings one function and one comment."""
    world.review()
    world.push(app=module("write_lines", "read_numbers", "count_words"))
    world.review()
    assert about(world) == sorted([*TWO, "write_lines"])
    assert len(world.double.reviews) == 2


def test_a_rebase_repeats_nothing(world: World) -> None:
    """New commits on main, the branch on top of them, force-pushed; then squashed and amended."""
    world.review()
    git(world.clone, "checkout", "-q", "main")
    (world.clone / "app.py").write_text(BASE.replace("Helpers.", "Some helpers.\n\nOf more than one kind."))
    git(world.clone, "commit", "-qam", "main goes on")
    git(world.clone, "push", "-q", "origin", "main")
    git(world.clone, "checkout", "-q", "feature")
    git(world.clone, "rebase", "-q", "main")
    world.upload(force=True)
    world.review()
    assert about(world) == TWO
    git(world.clone, "commit", "-q", "--amend", "-m", "other words")
    world.upload(force=True)
    world.review()
    assert about(world) == TWO
    assert len(world.double.reviews) == 1


def test_a_changed_function_updates_its_comment_or_replaces_it(world: World) -> None:
    """The suggestion for new code is there once, and none for the old code stays open."""
    world.review()
    changed = module(*reversed(TWO)).replace("return len(words)", "return len(words) + text.count('-')")
    world.push(app=changed)
    world.review()
    live = [c for c in world.double.comments if not c["resolved"] and not c["minimized"]]
    named = [re.search(r"Document `(\w+)`", c["body"])[1] for c in live]  # type: ignore[index]
    assert sorted(named) == TWO


@pytest.mark.parametrize("how", ["resolved", "deleted", "dismissed"])
def test_a_no_is_remembered(world: World, how: str) -> None:
    """What a person resolved, deleted or dismissed does not come back, even when the function changes."""
    world.review()
    comment = next(c for c in world.double.comments if "count_words" in c["body"])
    if how == "resolved":
        world.double.resolve(comment, "maintainer")
    elif how == "deleted":
        world.double.comments.remove(comment)
    else:
        world.comment("/codebot dismiss", reply_to=comment["id"])
    for text in ("# a comment\n", "# another\n"):
        world.push(app=module(*reversed(TWO), "write_lines") + text)
        world.review()
    there = [c for c in world.double.comments if "Document `count_words`" in c["body"]]
    assert len(there) == (0 if how == "deleted" else 1)
    assert any("write_lines" in c["body"] for c in world.double.comments)


def test_what_is_gone_is_put_away_and_taken_up_again(world: World) -> None:
    """A removed function's thread is resolved; when it comes back, the thread is opened, not repeated."""
    world.review()
    world.push(app=module("read_numbers"))
    world.review()
    comment = next(c for c in world.double.comments if "count_words" in c["body"])
    assert comment["resolved"] == "github-actions[bot]"
    world.push(app=module(*reversed(TWO)))
    world.review()
    assert comment["resolved"] == ""
    assert about(world) == TWO


def test_without_the_right_to_resolve_comments_are_minimised(world: World) -> None:
    """Resolving needs contents: write; minimising does not."""
    world.double.tokens["bot"] = type(world.double.tokens["bot"])(
        "github-actions[bot]", bot=True, may=frozenset({"comment"})
    )
    world.review()
    world.push(app=module("read_numbers"))
    world.review()
    comment = next(c for c in world.double.comments if "count_words" in c["body"])
    assert (comment["resolved"], comment["minimized"]) == ("", True)


def test_the_rest_is_a_patch_in_the_summary(world: World) -> None:
    """Beyond --max-comments, suggestions come as a patch that applies; the best are comments."""
    world.push(app=module(*FUNCTIONS))
    world.review(max_comments=1)
    assert len(world.shown) == 1
    patch = patches(world)
    git(world.clone, "checkout", "-q", "--force", "feature")
    subprocess.run(["git", "-C", str(world.clone), "apply"], input=patch.encode(), check=True)
    text = (world.clone / "app.py").read_text()
    assert text.count('"""') == 4 + 2 * (len(FUNCTIONS) - 1)
    world.review()
    assert about(world) == sorted(FUNCTIONS), "the next run has room for them"


def test_what_lies_outside_the_diff_is_a_patch_too(world: World) -> None:
    """A function whose body was touched far from its header cannot be commented on there."""
    git(world.clone, "checkout", "-q", "main")
    long = "def write_lines(path, lines):\n" + "".join(f"    step_{n} = {n}\n" for n in range(12))
    (world.clone / "long.py").write_text('"""Long."""\n\n\n' + long + FUNCTIONS["write_lines"][35:])
    git(world.clone, "add", "--all")
    git(world.clone, "commit", "-qm", "long")
    git(world.clone, "push", "-q", "origin", "main")
    git(world.clone, "checkout", "-q", "feature")
    git(world.clone, "rebase", "-q", "main")
    world.push(long=(world.clone / "long.py").read_text().replace("step_11", "last_step"), force=True)
    world.review()
    assert {c["path"] for c in world.shown} == {"app.py"}
    if "long.py" in world.summaries[0]:
        assert "+++ b/long.py" in patches(world)


def test_a_dry_run_writes_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run shows the comments."""
    world.review(dry_run=True)
    assert world.writes() == 0
    out = capsys.readouterr().out
    assert "would be: 2 new comments" in out
    assert "app.py:9" in out


def test_drafts_and_closed_ones_are_left_alone(world: World) -> None:
    """Unless drafts are asked for."""
    world.double.draft = True
    world.review()
    assert world.shown == []
    world.review(drafts=True)
    assert about(world) == TWO
    world.double.draft, world.double.state = False, "closed"
    world.push(app=module(*FUNCTIONS))
    world.review()
    assert about(world) == TWO


def test_nothing_to_say_is_no_comment(world: World) -> None:
    """Silence needs no summary."""
    world.push(app=BASE)
    world.review()
    assert world.writes() == 0


@pytest.mark.parametrize("head", ["stranger/app", None])
def test_forks_and_deleted_heads_are_read_from_here(world: World, head: str | None) -> None:
    """A fork's commits are reachable in the base repository, also when the fork is gone."""
    world.double.head_repository = head
    git(world.double.git, "update-ref", "-d", "refs/heads/feature")
    world.review()
    assert about(world) == TWO


def test_a_checkout_gives_the_same_as_the_interface(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a clone git is read; the comments are the same, byte for byte."""
    world.review(dry_run=False)
    api = [c["body"] for c in world.shown]
    world.double.comments.clear()
    world.double.reviews.clear()
    world.double.notes.clear()
    monkeypatch.chdir(world.clone)
    asked = len(world.double.requests)
    world.review()
    assert [c["body"] for c in world.shown] == api
    paths = [r.path for r in world.double.requests[asked:]]
    assert not any("/blobs/" in p or "/compare/" in p or "/contents/" in p for p in paths)


def test_the_head_may_move_while_it_is_read(world: World) -> None:
    """Then nothing is posted on lines that are no more; the run for the new head does it."""
    moved = iter([True])

    def move(request: object) -> None:
        if getattr(request, "path", "").endswith("/issues/1/comments") and next(moved, False):
            world.push(app=BASE + "\n" + FUNCTIONS["count_words"])

    world.double.fault = move
    world.review()
    assert world.shown == []
    world.review()
    assert about(world) == ["count_words"]
