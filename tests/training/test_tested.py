"""Examples of tests: the product's own prompt, people's test as its answer, nothing that gives it away."""

from __future__ import annotations

import ast
import gzip
import json
from typing import TYPE_CHECKING

import pytest

from bot.data import Completion
from bot.engines.folder import embedded_folder
from bot.prompt.asking import asking_for
from bot.prompt.asking_tests import ask
from bot.tasks.tests.answer import read
from bot.tasks.tests.calls import mine
from bot.tasks.tests.wanted import name_of, style_in, wanted
from training.answerable import fit
from training.examples import Asker, Examples, examples
from training.plain_tests import Untaken, plain
from training.project import Project
from training.tested import from_tests

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from training.plain_tests import Test
    from training.records import Example

Files = dict[str, str]

CART = '''\
"""A cart."""

LIMIT = 3


def total(prices, discount=0):
    """Return what they cost together.

    >>> total([9])
    9
    """
    if discount < 0:
        raise ValueError("negative")
    return sum(prices) - discount


class Cart:
    def __init__(self, owner):
        self.owner = owner
        self.names = []

    def add(self, name):
        self.names.append(name)
        return len(self.names)
'''
SHOP = "from shop.cart import total\n\n\ndef day():\n    return total([1, 2, 3])\n"
TESTS = """\
import pytest

from shop.cart import Cart, total


def test_total():
    assert total([4, 5]) == 9


def test_discount():
    assert total([7], discount=2) == 5


def test_add():
    cart = Cart("ann")
    assert cart.add("tea") == 1
"""
PROJECT = {"shop/cart.py": CART, "shop/day.py": SHOP, "tests/test_cart.py": TESTS}


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker(embedded_folder() / "tokenizer.json", (320, 448), 1024)


def made(
    asker: Asker, files: Files, most: int = 9, untested: float = 0.0
) -> tuple[list[Example], Counter[str]]:
    found = from_tests("shop", files.items(), (asker.info, asker.tokenizer), most=most, untested=untested)
    return found.examples, found.fate


def answers(asker: Asker, test: str, path: str = "tests/test_cart.py", **more: str) -> list[str]:
    """What a project with this one test teaches."""
    examples, _ = made(asker, {**PROJECT, path: test, **more})
    return [one.answer for one in examples]


def test_the_prompt_is_what_the_product_sends_without_that_test(asker: Asker) -> None:
    """Byte for byte what `ask` makes of the function, over the files without the answer's test."""
    examples, fate = made(asker, PROJECT)
    assert fate == {"tests": 3, "taken": 3}
    (one,) = (each for each in examples if each.answer == "assert total([7], discount=2) == 5")
    test = TESTS[TESTS.index("def test_discount") : TESTS.index("def test_add")]
    rest = {**PROJECT, "tests/test_cart.py": TESTS.replace(test, "")}
    project = Project(rest.items())
    (other,) = (each for each in _tests(rest) if each.name == "test_total")
    function = fit(other, project).one
    calls = mine([text.encode() for text in rest.values()], function.module)
    asked = wanted(function, calls, style_in(ast.parse(rest["tests/test_cart.py"]).body))
    prompt = ask(asked, asker.info, asker.tokenizer, asking_for("test", asker.info))
    assert prompt is not None
    assert one.prompt == prompt.text
    assert (one.kind, one.project) == ("test", "shop")
    assert "from shop.cart import total\n" in one.prompt
    assert "# total([1, 2, 3])\n# total([4, 5])\n# total([9])\n" in _sorted(one.prompt)


def _tests(files: Files) -> list[Test]:
    path, project = "tests/test_cart.py", Project(files.items())
    return [each for each in plain(path, project) if not isinstance(each, Untaken)]


def _sorted(prompt: str) -> str:
    return "".join(sorted(line for line in prompt.splitlines(keepends=True) if line.startswith("# ")))


@pytest.mark.parametrize("untested", [0.0, 1.0])
def test_neither_calls_nor_style_give_the_answer_away(asker: Asker, untested: float) -> None:
    examples, _ = made(asker, PROJECT, untested=untested)
    assert len(examples) == 3
    for one in examples:
        before, _, after = one.prompt.rpartition("\n\n\nfrom shop.cart import")
        assert before
        call = one.answer.removeprefix("assert ").partition(" ==")[0]
        assert call not in after
        assert one.answer not in after


def test_a_function_may_be_shown_as_one_that_no_test_calls(asker: Asker) -> None:
    """Most functions that the product asks about have no test: then code alone tells how they are called."""
    examples, _ = made(asker, PROJECT, untested=1.0)
    for one in examples:
        if "total(" in one.answer:
            assert "# total([1, 2, 3])\n# total([9])\n" in _sorted(one.prompt)
            assert "[4, 5]" not in one.prompt
            assert "def test_add" in one.prompt


def test_an_answer_is_read_as_it_is_written(asker: Asker) -> None:
    project = Project(PROJECT.items())
    for one in made(asker, PROJECT)[0]:
        subjects = [fit(each, project).one for each in _tests(PROJECT)]
        subject = next(each for each in subjects if f"def {name_of(each)}():" in one.prompt)
        prompt = ask(wanted(subject, {}, ""), asker.info, asker.tokenizer, asking_for("test", asker.info))
        assert prompt is not None
        kept = read(subject, Completion(prompt, one.answer, "stop", 0, 0, 0.0), name_of(subject))
        assert kept is not None
        assert kept.text == f"def {name_of(subject)}():\n    {one.answer}\n"
        assert kept.imports <= {("shop.cart", "total"), ("shop.cart", "Cart"), ("pytest", "")}


CASE = """\
import unittest

from shop import cart
from shop.cart import total, total as t


class CartTest(unittest.TestCase):
    def test_total(self):
        {}
"""


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("self.assertEqual(total([1]), 1)", "assert total([1]) == 1"),
        ("self.assertEqual(1, cart.total([1]), 'sum')", "assert total([1]) == 1"),
        ("self.assertEqual(total([1]), None)", "assert total([1]) is None"),
        ("self.assertTrue(total([1]))", "assert total([1])"),
        ("self.assertFalse(total([]))", "assert not total([])"),
        ("self.assertIn(total([1]), {1: 2})", "assert total([1]) in {1: 2}"),
        (
            "self.assertAlmostEqual(total([.1]), .1, places=3)",
            "assert total([0.1]) == pytest.approx(0.1, abs=0.001)",
        ),
        ("self.assertCountEqual(total([[1]]), [1])", "assert sorted(total([[1]])) == sorted([1])"),
        ("self.assertRegex(total(['a']), 'a+')", "assert re.search('a+', total(['a']))"),
        (
            "with self.assertRaises(OSError) as e:\n            t(1)\n        self.assertIs(e.exception, 1)",
            "with pytest.raises(OSError) as e:\n        total(1)\n    assert e.value is 1",
        ),
        (
            "self.assertRaisesRegex(ValueError, 'neg', total, [1], discount=-1)",
            "with pytest.raises(ValueError, match='neg'):\n        total([1], discount=-1)",
        ),
        (
            "self.assertRaises(ValueError, lambda: total([1], -1))",
            "with pytest.raises(ValueError):\n        total([1], -1)",
        ),
    ],
)
def test_unittest_s_assertions_become_plain_ones(asker: Asker, written: str, answer: str) -> None:
    assert answers(asker, CASE.format(written)) == [answer]


HEAD = """\
import datetime as dt
import math
from decimal import Decimal
import pytest
from shop.cart import LIMIT, Cart as Basket, total as t

TWO = 2
LINE = "\\n"


def helper():
    return 1


class Prepared:
    def setUp(self):
        helper()


"""


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("def test_a():\n    'Doc.'\n    print(1)\n    assert t([TWO]) == 2", "assert total([2]) == 2"),
        (
            "def test():\n    from shop.cart import Cart\n    assert Cart(dt.date.min).add(Decimal()) == 1",
            "assert Cart(datetime.date.min).add(decimal.Decimal()) == 1",
        ),
        (
            "@pytest.mark.parametrize('a, b', [([1], 1), ([2], 2)])\ndef test(a, b):\n    assert t(a) == b",
            "assert total([1]) == 1\n    assert total([2]) == 2",
        ),
        (
            "@pytest.mark.parametrize('a', [[1], [2]])\ndef test_a(a):\n    assert t(a) == a[0]",
            "a = [1]\n    assert total(a) == a[0]",
        ),
        (
            "@pytest.mark.parametrize('a', ['\\n', 'b'])\ndef test_a(a):\n    assert t([1]) == len(f'{a}')",
            "a = '\\n'\n    assert total([1]) == len(f'{a}')",
        ),
        ("class TestIt:\n    def test_a(self):\n        assert t([]) == 0", "assert total([]) == 0"),
        (
            "def test_a():\n" + "".join(f"    assert t([{n}]) == {n}\n" for n in range(20)),
            "\n    ".join(f"assert total([{n}]) == {n}" for n in range(8)),
        ),
    ],
)
def test_people_s_tests_are_written_in_the_product_s_names(asker: Asker, written: str, answer: str) -> None:
    assert answers(asker, f"{HEAD}{written}\n") == [answer]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("def test_a(tmp_path):\n    assert t([1]) == 1", "fixtures"),
        ("async def test_a():\n    assert t([1]) == 1", "asynchronous"),
        ("@pytest.mark.skip\ndef test_a():\n    assert t([1]) == 1", "decorated"),
        ("def test_a():\n    assert t([math.pi]) == 1", "another library"),
        ("def test_a():\n    assert t([helper()]) == 1", "helper of the test file"),
        ("def test_a():\n    assert t([1] * LIMIT) == 3", "constant of the project"),
        ("def test_a():\n    assert t([1]) == len(f'{LINE}')", "a constant in a text"),
        ("def test_a():\n    t([1])", "asserts nothing plainly"),
        ("def test_a():\n    assert t([1]) is not None", "asserts little"),
        ("def test_a():\n    assert 1 + 1 == TWO", "calls nothing of the project"),
        ("def test_a():\n    t([1])\n    assert max([1]) == 1", "calls nothing of the project"),
        ("def test_a():\n    assert t([1]) == len(dt.datetime.now().isoformat())", "refused by the product"),
        ("def test_a():\n    assert t([1]) == len(open('a').read())", "files"),
        (
            "class TestA:\n    def setup(self):\n        t([])\n    def test(self):\n        assert t([])",
            "set-up",
        ),
        ("class TestA:\n    def test_a(self):\n        assert t(self.a) == 0", "uses self"),
        ("class TestA(Prepared):\n    def test_a(self):\n        assert t([]) == 0", "set-up"),
        ("class TestA(dt.date):\n    def test_a(self):\n        assert t([]) == 0", "base class"),
        (f"def test_a():\n    assert t([1]) == {list(range(90))}", "too long an answer"),
    ],
)
def test_what_the_product_could_not_be_answered_is_left_out(asker: Asker, written: str, why: str) -> None:
    examples, fate = made(asker, {**PROJECT, "tests/test_cart.py": f"{HEAD}{written}\n"})
    assert (examples, dict(fate)) == ([], {"tests": 1, why: 1})


def test_functions_that_reach_out_teach_nothing(asker: Asker) -> None:
    examples, fate = made(asker, {**PROJECT, "shop/cart.py": f"import requests\n{CART}"})
    assert not examples
    assert fate["network or programs"] == 3


def test_a_definition_is_found_through_what_passes_it_on(asker: Asker) -> None:
    """Also where the package's own file is not among the sources: they hold no empty ones."""
    test = "import shop as s\n\n\ndef test_a():\n    assert s.total([1]) == 1\n"
    passes = {"shop/__init__.py": "from .cart import total\n"}
    assert answers(asker, test, **passes) == ["assert total([1]) == 1"]
    assert answers(asker, test) == ["assert total([1]) == 1"]


def test_no_project_teaches_more_than_is_wanted_and_nothing_twice(asker: Asker) -> None:
    many = HEAD + "".join(f"def test_{n}():\n    assert t([{n}]) == {n}\n\n\n" for n in range(9))
    assert len(answers(asker, many)) == 4  # of one function
    assert len(made(asker, PROJECT, most=2)[0]) == 2
    twice = {"tests/test_more.py": TESTS}
    assert len(made(asker, {**PROJECT, **twice})[0]) == 3
    assert made(asker, PROJECT) == made(asker, PROJECT)


def test_the_step_makes_them_and_learns_once_what_two_projects_share(asker: Asker, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    names = ("one", "two")
    for name in names:
        (tmp_path / "sources" / f"{name}.json").write_text(json.dumps([*PROJECT.items()]), "utf-8")
    item = {"id": "", "people": "", "name": "total", "code": CART}
    with gzip.open(tmp_path / "items.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps({**item, "project": name}) + "\n" for name in names)
    done = examples(Examples(tokenizer=str(asker.tokenizer.path), gaps=0, descriptions=0, jobs=1), tmp_path)
    assert done["examples"] == {"test": 3}
    assert done["tests"] == {"tests": 6, "taken": 3, "seen in another project": 3}
