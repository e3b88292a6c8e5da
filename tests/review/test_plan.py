"""Plans: each suggestion ends in exactly one list, whatever was said before."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.ledger import Ledger, Review
from bot.report.patch import render as patch
from bot.review.bodies import LIMIT
from bot.review.plan import MOST, Plan, make
from bot.review.state import State
from bot.review.summary import Told, render
from bot.review.values import Finding, Posted
from tests.report.conftest import ENGINE
from tests.review.conftest import SIGNER, Planner, diff

MANY = b"".join(b"def f%d():\n    pass\n" % n for n in range(200))
maker = Planner()


def several(count: int) -> list[Finding]:
    """Return a suggestion for each of `count` functions of one file."""
    return [
        maker.finding(MANY, 2 * n + 1, 2 * n + 1, f"def f{n}():\n    '''Doc {n}.'''\n", symbol=f"f{n}")
        for n in range(count)
    ]


def as_posted(plan: Plan) -> list[Posted]:
    """Return the comments of a plan as they lie on GitHub afterwards."""
    found = []
    for number, draft in enumerate(plan.new):
        mark = SIGNER.read(draft.body)
        assert mark is not None
        found.append(
            Posted(number, mark, draft.body, draft.path, draft.line, draft.start_line, node=f"n{number}")
        )
    return found


def everything(plan: Plan) -> list[str]:
    """Return the identities in a plan."""
    return sorted(
        [d.finding.identity for d in plan.new]
        + [d.finding.identity for _, d in plan.edits]
        + [p.identity for p in plan.standing]
        + [f.identity for f in plan.rest]
        + [f.identity for f in plan.dismissed]
    )


def test_at_most_thirty_comments_and_the_rest_is_told() -> None:
    found = several(100)
    plan = make(found, maker.seen(diff()), SIGNER)
    assert len(plan.new) == MOST == 30
    assert everything(plan) == sorted(f.identity for f in found)


def test_the_most_valuable_come_first() -> None:
    """A fix before a test before a docstring; surer before less sure."""
    docs = several(3)
    fix = maker.finding(MANY, 21, 21, "def fix():\n    pass\n", symbol="f10", task="fix")
    plan = make([*docs, fix], maker.seen(diff()), SIGNER, most=1)
    assert [d.finding.identity for d in plan.new] == [fix.identity]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    first=st.sets(st.integers(0, 11)),
    second=st.sets(st.integers(0, 11)),
    end=st.integers(1, 24),
    most=st.integers(0, 12),
)
def test_nothing_is_lost_and_nothing_said_twice(
    first: set[int], second: set[int], end: int, most: int
) -> None:
    """Any two runs, any diff, any limit."""
    found = several(12)
    one = make([found[n] for n in sorted(first)], maker.seen(diff("a.py", (1, end))), SIGNER, most=most)
    assert everything(one) == sorted(found[n].identity for n in first)
    posted = as_posted(one)
    seen = maker.seen(diff("a.py", (1, end)), posted=posted)
    two = make([found[n] for n in sorted(second)], seen, SIGNER, most=most)
    again = {d.finding.identity for d in two.new} & {p.identity for p in posted}
    assert again == set()
    assert set(everything(two)) >= {found[n].identity for n in second}
    lines = [(d.start_line or d.line, d.line) for d in two.new] + [(p.line, p.line) for p in posted]
    assert len({line for a, b in lines for line in range(a, (b or 0) + 1)}) == len(lines)  # type: ignore[arg-type]


def test_two_comments_of_one_suggestion_become_one() -> None:
    """Two runs at once may both post; the younger comment goes."""
    plan = make(several(1), maker.seen(diff()), SIGNER)
    older = as_posted(plan)[0]
    younger = replace(older, id=9)
    again = make(several(1), maker.seen(diff(), posted=[older, younger]), SIGNER)
    assert (again.standing, again.outdated) == ([older], [younger])


def test_another_answer_for_the_same_code_edits_the_comment() -> None:
    found = several(1)[0]
    posted = as_posted(make([found], maker.seen(diff()), SIGNER))
    other = maker.finding(MANY, 1, 1, "def f0():\n    '''Better.'''\n", symbol="f0")
    plan = make([other], maker.seen(diff(), posted=posted), SIGNER)
    assert [(before.id, "Better" in draft.body) for before, draft in plan.edits] == [(0, True)]
    assert plan.new == []


def test_an_outdated_comment_is_not_repeated() -> None:
    """GitHub lost its line after a force-push; the suggestion is the same."""
    posted = [replace(p, line=None) for p in as_posted(make(several(1), maker.seen(diff()), SIGNER))]
    plan = make(several(1), maker.seen(diff(), posted=posted), SIGNER)
    assert (plan.new, [p.id for p in plan.standing]) == ([], [0])


def test_a_new_file_is_a_patch_that_git_takes() -> None:
    """Test files that do not exist yet cannot be commented on."""
    new = maker.finding(
        b"x\n", 1, 1, "def test_it():\n    assert True\n", path="tests/test_a.py", new_file=True, task="test"
    )
    plan = make([new], maker.seen(diff()), SIGNER)
    assert plan.rest == [new]
    text = render(Told(plan), Review(ENGINE, Ledger(), verified=[new.verified]), State(), SIGNER)
    assert "new file mode 100644" in text
    assert patch(Review(ENGINE, Ledger(), verified=[new.verified])).decode() in text


def test_the_summary_stays_below_the_limit_and_counts_what_it_leaves_out() -> None:
    """Whole files' patches, the most valuable first."""
    found = [
        maker.finding(
            b"def f():\n    pass\n", 1, 1, "def f():\n" + f"    # {n} {'é' * 900}\n" * 4, path=f"p{n:03}.py"
        )
        for n in range(60)
    ]
    plan = make(found, maker.seen(), SIGNER)
    assert len(plan.rest) == 60
    state = State(head="a" * 40).with_files({f"file{n}.py": "b" * 40 for n in range(3000)})
    text = render(Told(plan), Review(ENGINE, Ledger()), state, SIGNER)
    assert len(text.encode()) <= LIMIT
    shown = text.count("<details><summary><code>p")
    assert 0 < shown < 60
    assert f"{60 - shown} more suggestions had no room" in text
    assert SIGNER.read(text) is not None


def test_a_file_that_github_shows_no_diff_of_cannot_be_commented_on() -> None:
    hidden = replace(diff(), patch=False)
    assert make(several(1), maker.seen(hidden), SIGNER).new == []
