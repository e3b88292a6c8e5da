"""Hunks as git writes them, against git's own arithmetic."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.data import LineRange
from bot.git import parse
from bot.review.hunks import read_patch

if TYPE_CHECKING:
    from pathlib import Path

LINES = st.lists(
    st.sampled_from(["a", "b", "", "@@ -1 +1 @@", "-x", "+x", "\\ No newline", "--- a"]), max_size=25
)


def test_counts_of_one_are_left_out_by_git() -> None:
    """`@@ -1 +1 @@` is a hunk of one line."""
    assert read_patch("@@ -1 +1 @@\n-old\n+new").spans == (LineRange(1, 1),)


def test_a_file_emptied_has_no_lines() -> None:
    assert read_patch("@@ -1,2 +0,0 @@\n-a\n-b").spans == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(old=LINES, new=LINES, end=st.sampled_from(["", "\n"]))
def test_spans_and_changes_are_those_that_git_counts(
    tmp_path_factory: object, old: list[str], new: list[str], end: str
) -> None:
    """Whatever the lines look like: spans as with -U3, changed lines as with -U0."""
    folder: Path = tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    (folder / "old").write_text("\n".join(old) + end)
    (folder / "new").write_text("\n".join(new) + end)

    def git(context: int) -> bytes:
        argv = ["git", "diff", "--no-index", f"-U{context}", "--inter-hunk-context=0", "old", "new"]
        return subprocess.run(argv, cwd=folder, capture_output=True, check=False).stdout

    wide, _, patch = git(3).partition(b"\n@@ ")
    if not wide:
        return
    found = read_patch("@@ " + patch.decode())
    expected = parse.hunks(git(3).splitlines(keepends=True))
    name = next(iter(expected))
    if (folder / "new").read_text():  # without a line there is nothing to comment on
        assert found.spans == expected[name]
    narrow = parse.hunks(git(0).splitlines(keepends=True))[name]
    assert _set(found.changed) == _set(narrow)


def _set(ranges: tuple[LineRange, ...]) -> set[int]:
    return {line for r in ranges for line in range(r.start, r.end + 1)}
