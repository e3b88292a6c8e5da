"""Check runs: within every limit that GitHub names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.report.checks import batches, output
from tests.report.test_json import full
from tests.report.test_markdown import DOC, SOURCE, hostile

if TYPE_CHECKING:
    from tests.report.conftest import Maker


def test_annotations_come_in_batches_of_fifty_in_order(make: Maker) -> None:
    change = make.change("pkg/a.py", SOURCE * 120)
    review = make.review(*(make.suggestion(change, 8 * n + 5, 8 * n + 5, DOC) for n in range(120)))
    found = list(batches(review))
    assert [len(batch) for batch in found] == [50, 50, 20]
    lines = [row["start_line"] for batch in found for row in batch]
    assert lines == sorted(lines)
    assert output(review, found[0])["annotations"] == found[0]
    assert "annotations" not in output(review)


def test_an_annotation_says_what_and_why_at_a_line(make: Maker) -> None:
    ((row, *_),) = list(batches(full(make)))
    assert row == {
        "path": "a.py",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "notice",
        "title": "Add a docstring",
        "message": "✓ syntax tree unchanged, ✓ matches signature, ✓ grounded, ✓ confidence 0.83 ≥ 0.70, "
        "1 more check\ncodebot explain 0001beef",
        "raw_details": ' def a():\n+    """Give \\x1b[31mone.\\u202e"""\n     return 1',
    }


def test_everything_is_within_the_limits(make: Maker) -> None:
    change = make.change("pkg/a.py", SOURCE)
    huge = make.suggestion(change, 5, 5, DOC + "é" * 200_000 + "\n", message="é" * 5_000, id="é" * 90_000)
    review = make.review(huge)
    ((row,),) = list(batches(review))
    assert len(row["title"].encode()) <= 255
    assert len(row["message"].encode()) < 64 * 1024
    assert len(row["raw_details"].encode()) < 64 * 1024
    made = output(review)
    assert len(made["summary"]) <= 65_535
    assert "1 more suggestion" in made["summary"]


def test_hostile_text_stays_printable(make: Maker) -> None:
    for batch in batches(hostile(make)):
        for row in batch:
            said = f"{row['title']}{row['message']}{row['raw_details']}"
            assert all(c.isprintable() or c in "\n\t" for c in said)
