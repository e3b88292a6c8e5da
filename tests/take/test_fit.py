"""Fitting kept suggestions into files that moved on: every order gives one file, and nothing else changes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.take.fit import Fitted, Misfit, edited, fit, rebase
from bot.take.kept import Kept, from_json, lines_of, to_json

FUNCTION = "def f{n}(a):\n    b = a + {n}\n    return b\n"


def blob(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()


def source_of(count: int, gap: int = 1, newline: str = "\n") -> bytes:
    text = ("\n" * gap).join(FUNCTION.format(n=n) for n in range(count))
    return text.replace("\n", newline).encode()


def docstring(source: bytes, n: int, at: int = 1, through: int | None = None) -> Kept:
    """Return an edit of lines `at`..`through` of function `n`, which grows or shrinks it."""
    lines = source.decode().replace("\r\n", "\n").splitlines(keepends=True)
    start = lines.index(f"def f{n}(a):\n")
    block = lines[start : start + 3]
    through = through or at
    new = "".join(block[at - 1 : through][:1]) + f'    """Say {n}."""\n' * (3 if through == at else 1)
    first = start + 1
    return Kept(
        f"{n}", "docstring", "a.py", f"f{n}", "", False, first + at - 1, first + through - 1, new, first,
        "".join(block), blob(source),
    )  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 2)).map(lambda t: (t[0], min(3, t[0] + t[1]))),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
    st.sampled_from(["\n", "\r\n"]),
)
def test_taking_one_by_one_in_any_order_is_taking_all_at_once(
    spans: list[tuple[int, int]], random: object, newline: str
) -> None:
    source = source_of(len(spans), newline=newline)
    kept = [docstring(source, n, *span) for n, span in enumerate(spans)]
    places = [fit(each, source, blob(source)) for each in kept]
    whole = edited(source, [p for p in places if isinstance(p, Fitted)], newline)
    waiting, now = list(kept), source
    random.shuffle(waiting)  # type: ignore[attr-defined]  # random.Random, as hypothesis drives it
    while waiting:
        one = waiting.pop()
        place = fit(one, now, blob(now))
        assert isinstance(place, Fitted)
        now = edited(now, [place], newline)
        waiting = [rebase(each, [place], blob(now)) for each in waiting]
    assert now == whole


@given(st.lists(st.integers(0, 3), min_size=2, max_size=5), st.data())
def test_lines_added_or_removed_elsewhere_do_not_matter(gaps: list[int], data: st.DataObject) -> None:
    count = len(gaps)
    source = source_of(count)
    n = data.draw(st.integers(0, count - 1))
    kept = docstring(source, n)
    order = data.draw(st.permutations(range(count)))
    moved = "".join("\n" * gap + FUNCTION.format(n=m) for gap, m in zip(gaps, order, strict=True)).encode()
    place = fit(kept, moved, blob(moved))
    assert isinstance(place, Fitted)
    result = edited(moved, [place], "\n").decode()
    function = FUNCTION.format(n=n)
    head, rest = function.split("\n", 1)
    expected = "\n".join([head, *[f'    """Say {n}."""'] * 3, rest])
    assert result == moved.decode().replace(function, expected)


@given(st.text(alphabet="ab \n\r", max_size=30), st.text(alphabet="ab \n\r", max_size=30))
def test_a_file_that_is_something_else_is_refused_not_guessed(before: str, after: str) -> None:
    source = (before + after).encode()
    assert isinstance(fit(docstring(source_of(2), 1), source, blob(source)), Misfit)


def test_a_file_whose_last_line_has_no_ending_keeps_it_so() -> None:
    source = source_of(2).rstrip(b"\n")
    kept = docstring(source_of(2), 1, 3)
    place = fit(kept, source, blob(source))
    assert isinstance(place, Fitted)
    assert not edited(source, [place], "\n").endswith(b"\n")


def test_edits_of_one_function_follow_each_other() -> None:
    """A docstring that was taken moves the fix below it, and both blocks stay findable."""
    source = source_of(3)
    doc, mend = docstring(source, 1, 1), docstring(source, 1, 2)
    place = fit(doc, source, blob(source))
    assert isinstance(place, Fitted)
    now = edited(source, [place], "\n")
    later = rebase(mend, [place], blob(now))
    assert (later.start_line, later.first_line) == (mend.start_line + 3, mend.first_line)
    shifted = b"# one more\n" + now
    assert isinstance(fit(later, shifted, blob(shifted)), Fitted)


@pytest.mark.parametrize("field", list(asdict(docstring(source_of(1), 0))))
def test_what_was_kept_comes_back_and_anything_else_is_nothing(field: str) -> None:
    kept = docstring(source_of(1), 0)
    assert from_json(to_json(kept)) == kept
    assert from_json({**to_json(kept), field: []}) is None
    assert from_json({k: v for k, v in to_json(kept).items() if k != field}) is None


def test_only_line_feeds_end_lines() -> None:
    assert lines_of("a\x0cb\n\x85c") == ["a\x0cb\n", "\x85c"]
