"""Which chunks are asked about, and the reason why the others are not."""

from __future__ import annotations

import pytest

from bot.data import LineRange, Skipped
from bot.reasons import SKIPS
from bot.tasks.docstrings import DocOptions, Target
from tests.tasks.conftest import decisions, only_target

BODY = "    total = sum(items)\n    return total * 2\n"
MANY = (
    ("documented", f'def f(items):\n    """Add."""\n{BODY}'),
    ("not-public", f"def _f(items):\n{BODY}"),
    (
        "not-public",
        f"class C:\n    x = 1\n    def __init__(self, items):\n    {BODY.strip()}\n        return 1\n",
    ),
    ("not-public", "class _C:\n    def f(self, items):\n        total = 1\n        return total * 2\n"),
    ("trivial", "def f(items): return sum(items)\n"),
    ("trivial", "def f(items):\n    ...\n"),
    ("trivial", "def f(items):\n    pass\n"),
    ("trivial", "def f(items):\n    raise NotImplementedError('later')\n"),
    ("trivial", "def f(self):\n    return self._items\n"),
    ("trivial", "def f():\n    return []\n"),
    ("trivial", f"@overload\ndef f(items):\n{BODY}"),
    ("trivial", "class Error(Exception):\n    pass\n"),
    ("test-code", f"def test_f(items):\n{BODY}"),
    ("unparsable", f"def f(items:\n{BODY}"),
)


@pytest.mark.parametrize(("reason", "source"), MANY)
def test_what_needs_no_docstring_says_why(reason: str, source: str) -> None:
    skipped = [d for d in decisions(source) if isinstance(d, Skipped)]
    assert reason in {s.reason for s in skipped}
    assert {s.reason for s in skipped} <= set(SKIPS)
    assert not any(isinstance(d, Target) and d.symbol.kind != "class" for d in decisions(source)), (
        "nothing is left to ask about"
    )


@pytest.mark.parametrize(
    "source",
    [
        f"def f(items):\n{BODY}",
        f"async def f(items):\n{BODY}",
        "def f(items):\n    return sum(item.price for item in items)\n",
        "class C(Base):\n    x = 1\n",
        f"@cache\n@retry(3)\ndef f(items):\n{BODY}",
    ],
)
def test_public_code_without_a_docstring_is_a_target(source: str) -> None:
    assert only_target(source).symbol.name in {"f", "C"}


def test_a_property_setter_is_covered_by_its_getter() -> None:
    source = (
        "class C:\n    x = 1\n\n    @property\n    def p(self):\n        a = self.x\n        return a * 2\n\n"
        "    @p.setter\n    def p(self, value):\n        self.x = value\n        self.y = value\n"
    )
    found = decisions(source)
    assert [d.symbol.qualname for d in found if isinstance(d, Target)] == ["C", "C.p"]
    assert [d.reason for d in found if isinstance(d, Skipped)] == ["trivial"]


def test_private_names_are_documented_on_request() -> None:
    assert only_target(f"def _f(items):\n{BODY}", options=DocOptions(private=True)).symbol.name == "_f"


@pytest.mark.parametrize(
    "path", ["tests/cart.py", "pkg/tests/data/cart.py", "test_cart.py", "pkg/conftest.py"]
)
def test_test_files_are_left_alone_unless_asked_for(path: str) -> None:
    source = f"def f(items):\n{BODY}"
    assert [d.reason for d in decisions(source, path) if isinstance(d, Skipped)] == ["test-code"]
    assert only_target(source, path, DocOptions(tests=True)).symbol.name == "f"


def test_only_what_the_change_touches_is_asked_about() -> None:
    source = f"def f(items):\n{BODY}\n\ndef g(items):\n{BODY}"
    found = decisions(source, ranges=(LineRange(7, 7),))
    assert [d.symbol.name for d in found if isinstance(d, Target)] == ["g"]
    assert [d.reason for d in found if isinstance(d, Skipped)] == ["unchanged"]


def test_kinds_that_were_not_asked_for_are_skipped() -> None:
    found = decisions(f"def f(items):\n{BODY}", options=DocOptions(kinds=frozenset({"class"})))
    assert [d.reason for d in found if isinstance(d, Skipped)] == ["kind"]


def test_a_file_without_doc_comments_is_skipped() -> None:
    assert [d.reason for d in decisions("some text\n", "notes.txt") if isinstance(d, Skipped)] == [
        "no-doc-form"
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\n\nprint(os.name)\n", None),
        ('"""Shop."""\nimport os\nprint(os.name)\n', "documented"),
        ("from .cart import Cart\n\n__all__ = ['Cart']\n", "trivial"),
        ("# nothing here\n", "trivial"),
    ],
)
def test_a_module_is_a_target_when_it_does_something(source: str, reason: str | None) -> None:
    (found,) = decisions(source, "shop/__init__.py")
    assert (found.reason if isinstance(found, Skipped) else None) == reason


def test_self_and_anonymous_parameters_are_not_documented() -> None:
    task = decisions(
        "class C:\n    x = 1\n\n    def f(self, a, _, /, *, b=1, **kw):\n"
        "        c = a\n        return c + b\n"
    )[1]
    assert isinstance(task, Target)
    assert [p.name for p in task.parameters] == ["a", "b", "kw"]
