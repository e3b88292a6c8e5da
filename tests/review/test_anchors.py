"""Where comments go: inside one hunk, and never so that the edit becomes another."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chunk.edit import replace_lines
from bot.data import LineRange
from bot.review.anchors import anchor
from tests.review.conftest import Planner

make = Planner()
TEN = b"".join(b"line %d\n" % n for n in range(1, 11))
ALL = (LineRange(1, 10),)
TEXT = st.lists(st.sampled_from(["line 3", "line 4", "line 5", "new", ""]), min_size=1, max_size=6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(TEXT, st.integers(1, 10), st.integers(0, 3), st.lists(st.integers(1, 9), max_size=4))
def test_whatever_the_anchor_the_file_becomes_the_same(
    text: list[str], start: int, more: int, cuts: list[int]
) -> None:
    """The suggestion told on other lines is still the same edit, and lies in one hunk."""
    end = min(10, start + more)
    suggestion = make.suggestion(make.change("a.py", TEN), start, end, "".join(f"{t}\n" for t in text))
    edges = [0, *sorted(set(cuts)), 10]
    spans = [LineRange(a + 1, b) for a, b in pairwise(edges)]
    found = anchor(suggestion, spans)
    if found is None:
        assert not any(s.start <= start and end <= s.end for s in spans), "its own lines would have done"
        return
    assert any(s.start <= found.start <= found.end <= s.end for s in spans)
    wanted = replace_lines(TEN, start, end, suggestion.replacement)
    assert replace_lines(TEN, found.start, found.end, found.replacement) == wanted


def test_an_insertion_is_told_on_the_neighbouring_line_where_its_own_is_outside() -> None:
    """A docstring below a header that the diff does not show, above a body that it does."""
    suggestion = make.suggestion(make.change("a.py", TEN), 3, 3, "line 3\n    doc\n")
    found = anchor(suggestion, [LineRange(4, 10)])
    assert found is not None
    assert (found.start, found.end, found.replacement) == (4, 4, "    doc\nline 4\n")


def test_lines_that_another_comment_has_are_not_taken() -> None:
    suggestion = make.suggestion(make.change("a.py", TEN), 3, 3, "line 3\n    doc\n")
    assert anchor(suggestion, ALL, [LineRange(1, 4)]) is None


def test_what_a_comment_cannot_carry_is_no_comment() -> None:
    """Another encoding than GitHub writes, a mark that would be lost, a name that JSON cannot spell."""
    latin = "# coding: latin-1\n# é\n".encode("latin-1")
    assert anchor(make.suggestion(make.change("a.py", latin), 1, 1, "x\n"), ALL) is None
    marked = b"\xef\xbb\xbfa = 1\nb = 2\n"
    assert anchor(make.suggestion(make.change("a.py", marked), 1, 1, "x\n"), ALL) is None
    assert anchor(make.suggestion(make.change("a.py", marked), 2, 2, "x\n"), ALL) is not None
    assert anchor(make.suggestion(make.change("\udcff.py", TEN), 2, 2, "x\n"), ALL) is None
    old_mac = replace(make.change("a.py", b"a\rb\r"), newline="\r")
    assert anchor(make.suggestion(old_mac, 1, 1, "x\r"), ALL) is None
    assert anchor(make.suggestion(make.change("a.py", TEN), 1, 1, "x\n", new_file=True), ALL) is None
