"""Docstrings that contradict their signature are mended; what a person wrote stays."""

from __future__ import annotations

import pytest

from bot.chunk.edit import edited_source
from bot.data import Rejected, Skipped, Suggestion
from bot.tasks.docstrings import DocOptions, HouseStyle, Target, compose
from tests.tasks.conftest import answer, change_of, decisions, document_all, documented, only_target

IMPROVE = DocOptions(improve=True)
BODY = "    c = a\n    print(c)\n"
STALE = (
    (
        '''    """Add.

    Long story.

    Args:
        a (int): One,
            and more.
        old (int): Two.

    Returns:
        int: None at all.

    Examples:
        >>> 1
    """
''',
        '''    """Add.

    Long story.

    Args:
        a (int): One,
            and more.
        b (int): What it is given. Defaults to 1.

    Examples:
        >>> 1
    """
''',
    ),
    (
        '''    """
    Add.

    Parameters
    ----------
    old : int
        Two.
    a : int
        One.

    Notes
    -----
    Hm.
    """
''',
        '''    """
    Add.

    Parameters
    ----------
    a : int
        One.
    b : int
        What it is given. Defaults to 1.

    Notes
    -----
    Hm.
    """
''',
    ),
    (
        """    '''Add.

    :param a: One.
    :param old: Two
        lines.
    :return: nothing
    '''
""",
        """    '''Add.

    :param a: One.
    :param b: What it is given. Defaults to 1.
    '''
""",
    ),
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("doc", "mended"), STALE)
def test_only_the_contradiction_is_mended(doc: str, mended: str, newline: str) -> None:
    head = "def f(a: int, b: int = 1) -> None:\n"
    source = (head + doc + BODY).replace("\n", newline)
    edited = document_all(source, options=IMPROVE).decode()
    assert edited == (head + mended + BODY).replace("\n", newline)
    assert [d.reason for d in decisions(edited, options=IMPROVE) if isinstance(d, Skipped)] == ["documented"]


def test_without_improve_it_is_left_alone() -> None:
    found = decisions("def f(a: int, b: int = 1) -> None:\n" + STALE[0][0] + BODY)
    assert [d.reason for d in found if isinstance(d, Skipped)] == ["documented"]


@pytest.mark.parametrize(
    "doc",
    [
        '    """Add."""\n',
        '    """Add.\n\n    Args:\n        a: One.\n        b: Two.\n    """\n',
        '    """Add.\n\n    Args:\n        See above, all of them.\n    """\n',
        '    """Add.\n\n    Args:\n        a: One\n    :param old: mixed\n    """\n',
    ],
)
def test_what_is_right_or_cannot_be_read_is_left_alone(doc: str) -> None:
    found = decisions(f"def f(a, b, *args, **more):\n{doc}{BODY}", options=IMPROVE)
    assert [d.reason for d in found if isinstance(d, Skipped)] == ["documented"]


def test_a_section_that_loses_its_last_entry_goes() -> None:
    source = 'def f():\n    """Add.\n\n    Args:\n        old: Two.\n    """\n    c = 1\n    print(c)\n'
    assert document_all(source, options=IMPROVE).decode().startswith('def f():\n    """Add.\n    """\n    c')


def test_a_missing_description_is_not_made_up() -> None:
    task = only_target("def f(a: int, b: int = 1) -> None:\n" + STALE[0][0] + BODY, options=IMPROVE)
    refused = compose(task, [answer(task.chunk, "Add")], HouseStyle())
    assert isinstance(refused, Rejected)
    assert refused.reason == "no-answer"


def test_the_message_says_that_it_corrects() -> None:
    source = "def f(a: int, b: int = 1) -> None:\n" + STALE[1][0] + BODY
    (task,) = (d for d in decisions(source, options=IMPROVE) if isinstance(d, Target))
    made = documented(task, HouseStyle())
    assert isinstance(made, Suggestion)
    assert made.message == "Correct the docstring of `f`"
    assert edited_source(change_of(source), [made]) != source.encode()
