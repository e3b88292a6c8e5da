"""Line edits: only the named lines change, in any order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chunk.edit import apply_all, line_starts, replace_lines

if TYPE_CHECKING:
    import random


@pytest.mark.parametrize(
    ("source", "start", "end", "replacement", "expected"),
    [
        (b"a\nb\nc\n", 2, 2, "B\n", b"a\nB\nc\n"),
        (b"a\nb\nc\n", 1, 3, "x\n", b"x\n"),
        (b"a\nb\nc\n", 2, 2, "", b"a\nc\n"),
        (b"a\nb\nc\n", 2, 2, "b\nnew\n", b"a\nb\nnew\nc\n"),
        (b"a\nb", 2, 2, "B", b"a\nB"),
        (b"a\r\nb\r\nc", 2, 2, "B\r\n", b"a\r\nB\r\nc"),
        (b"a\rb\rc\r", 2, 2, "B\r", b"a\rB\rc\r"),
        (b"a\rstill a\nb\n", 2, 2, "B\n", b"a\rstill a\nB\n"),
        (b"a\x0cstill a\xe2\x80\xa8\nb\n", 2, 2, "B\n", b"a\x0cstill a\xe2\x80\xa8\nB\n"),
        ("é\nb\n".encode(), 2, 2, "ü\n", "é\nü\n".encode()),
        (b"only", 1, 1, "one", b"one"),
    ],
)
def test_only_the_named_lines_are_replaced(
    source: bytes, start: int, end: int, replacement: str, expected: bytes
) -> None:
    assert replace_lines(source, start, end, replacement) == expected


@pytest.mark.parametrize(("start", "end"), [(0, 1), (2, 1), (3, 4), (4, 4), (-1, -1)])
def test_lines_that_do_not_exist_are_an_error(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not in a file of 3 lines"):
        replace_lines(b"a\nb\nc", start, end, "x\n")


def test_an_empty_file_has_no_line_to_replace() -> None:
    with pytest.raises(ValueError, match="0 lines"):
        replace_lines(b"", 1, 1, "x\n")


@pytest.mark.parametrize("edits", [[(1, 2, "x\n"), (2, 3, "y\n")], [(2, 2, "x\n"), (2, 2, "x\n")]])
def test_edits_that_share_a_line_are_an_error(edits: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ValueError, match="share line 2"):
        apply_all(b"a\nb\nc\n", edits)


def test_no_edits_change_nothing() -> None:
    assert apply_all(b"a\nb", []) == b"a\nb"


lines = st.lists(st.text(alphabet="abé \t\x0c\x85\u2028", max_size=4), max_size=12)


@st.composite
def edited_files(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int, str]]]:
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(draw(lines)) + draw(st.sampled_from(["", end]))
    count = len(line_starts(text.encode())) - 1
    edits, line = [], 1
    while line <= count:
        last = draw(st.integers(line, count))
        if draw(st.booleans()):
            new = draw(st.lists(st.text("xyé", max_size=3), max_size=3))
            edits.append((line, last, "".join(n + end for n in new)))
        line = last + 1
    return text.encode(), edits


@settings(max_examples=200, derandomize=True, deadline=None)
@given(edited_files(), st.randoms(use_true_random=False))
def test_the_order_of_edits_makes_no_difference(
    file: tuple[bytes, list[tuple[int, int, str]]], rng: random.Random
) -> None:
    source, edits = file
    once = apply_all(source, edits)
    shuffled = rng.sample(edits, len(edits))
    assert apply_all(source, shuffled) == once
    # One at a time, from the last to the first, so that no line number shifts.
    one_by_one = source
    starts = line_starts(source)
    for start, end, new in sorted(edits, reverse=True):
        one_by_one = one_by_one[: starts[start - 1]] + new.encode() + one_by_one[starts[end] :]
    assert one_by_one == once


@settings(max_examples=200, derandomize=True, deadline=None)
@given(edited_files())
def test_line_starts_cut_a_file_into_its_lines(file: tuple[bytes, object]) -> None:
    source = file[0]
    starts = line_starts(source)
    pieces = [source[a:b] for a, b in pairwise(starts)]
    assert b"".join(pieces) == source
    assert all(pieces)
    assert all(piece.endswith((b"\n", b"\r")) for piece in pieces[:-1])
