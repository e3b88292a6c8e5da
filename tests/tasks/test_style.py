"""The house style is what the repository's own docstrings vote for."""

from __future__ import annotations

import pytest

from bot.chunk.symbols import symbols
from bot.tasks.style import HouseStyle, StyleVotes, detect_style

GOOGLE = '"""Add.\n\n    Args:\n        a (int): One.\n\n    Returns:\n        int: Sum.\n    """'
GOOGLE_UNTYPED = '"""Add.\n\n    Args:\n        a: One.\n    """'
NUMPY = '"""\n    Add.\n\n    Parameters\n    ----------\n    a : int\n        One.\n    """'
SPHINX = "'''Add.\n\n    :param a: One.\n    :type a: int\n    :return: Sum.\n    '''"
SHORT = '"""Add."""'


@pytest.mark.parametrize(
    ("docs", "style"),
    [
        ([], HouseStyle()),
        ([SHORT, SHORT], HouseStyle(seen=2)),
        ([GOOGLE, SHORT], HouseStyle("google", sections=True, seen=2)),
        ([GOOGLE, SHORT, SHORT], HouseStyle("google", sections=False, seen=3)),
        ([GOOGLE_UNTYPED], HouseStyle("google", sections=True, types=False, seen=1)),
        ([NUMPY, NUMPY, SPHINX], HouseStyle("numpy", sections=True, first_line="next", seen=3)),
        ([SPHINX], HouseStyle("sphinx", sections=True, quotes="'''", seen=1)),
        (
            [d.replace("\n", "\r\n") for d in (NUMPY, NUMPY)],
            HouseStyle("numpy", sections=True, first_line="next", seen=2),
        ),
    ],
)
def test_the_majority_decides(docs: list[str], style: HouseStyle) -> None:
    assert detect_style(docs) == style


def test_votes_can_be_streamed_file_by_file() -> None:
    votes = StyleVotes()
    source = f"def f(a):\n    {GOOGLE}\n    return a\n\ndef g():\n    {SHORT}\n    return 1\n".encode()
    votes.add_symbols(source, symbols("python", source))
    votes.add_symbols(source, symbols("python", source))
    assert votes.style() == HouseStyle("google", sections=True, seen=4)
    assert votes.style("numpy").convention == "numpy", "the user overrules the house"


@pytest.mark.parametrize(
    ("style", "line"),
    [
        (HouseStyle(), "google style (no docstrings to learn from)"),
        (
            HouseStyle("numpy", sections=True, first_line="next", seen=1200),
            "numpy style, with parameter sections, summary on the second line (from 1,200 docstrings)",
        ),
    ],
)
def test_a_style_can_be_told_in_one_line(style: HouseStyle, line: str) -> None:
    assert style.describe() == line


def test_votes_that_were_counted_before_count_the_same() -> None:
    """Kept counts, whatever is missing among them, add up to what the docstrings themselves say."""
    docs = [GOOGLE, SPHINX, SHORT]
    whole, parts = StyleVotes(), StyleVotes()
    for doc in docs:
        whole.add(doc, parameters=True)
        one = StyleVotes()
        one.add(doc, parameters=True)
        parts.add_counts(one.counts)
    assert parts.style() == whole.style()
    assert whole.style().seen == 3
