"""Missing tests, end to end: a repository goes in, a proven test file comes out, in the repository's way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.apply import apply
from bot.data import Change, Completion, Failed, Outcome, Prompt, Rejected, Skipped, Verified
from bot.files import load_filters, read_folder
from bot.ledger import Ledger
from bot.pipeline import Work, run
from bot.pipeline.tests import MissingTests
from bot.ports import EngineInfo, Prompting
from bot.verify.sandbox import find_python, open_sandbox
from bot.verify.tests.lab import coverage_folder, inside
from tests.verify.tests.conftest import SHOP, require_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from threading import Event

CART = b'''\
from dataclasses import dataclass


@dataclass
class Item:
    name: str
    price: int


class Cart:
    def __init__(self, currency: str = "EUR"):
        self.currency = currency
        self.items: list[Item] = []

    def add(self, item: Item) -> None:
        if item.price < 0:
            raise ValueError("a price below zero")
        self.items.append(item)

    def cheapest(self) -> Item | None:
        return min(self.items, key=lambda item: item.price, default=None)

    @property
    def empty(self) -> bool:
        return not self.items

    @classmethod
    def of(cls, items: list[Item]) -> "Cart":
        made = cls()
        for item in items:
            made.add(item)
        return made


def parse(text: str) -> Item:
    """Read an item.

    >>> parse("tea: 3")
    Item(name='tea', price=3)
    """
    name, _, price = text.partition(":")
    if not price:
        raise ValueError(f"no price in {text!r}")
    return Item(name.strip(), int(price))


class Price:
    def __init__(self, amount):
        self._amount = amount

    def __str__(self):
        return f"{self._amount} EUR"


def priced(amount: int):
    if not amount:
        return None
    return Price(amount)


def greet(name: str) -> None:
    print(f"Hello, {name}")


def sort_in_place(items: list[int]) -> None:
    items.sort(reverse=True)


async def later(number: int) -> int:
    return number * 2


def evens(limit: int):
    for n in range(limit):
        if n % 2 == 0:
            yield n


def crash(code: int):
    import os

    os._exit(code)


def forever(n: int):
    while True:
        n += 1


def untestable(connection):
    return connection.cursor().fetchall()
'''


def outcomes_of(
    root: Path, *, isolated: bool = True, limit: int | None = None, notes: list[str] | None = None
) -> list[Outcome]:
    """Run the flow over a folder."""
    if isolated:
        require_sandbox()

    def tree() -> Iterator[Change | Skipped]:
        return read_folder(root, (), load_filters(root))

    python = find_python(root, configured=Path(sys.executable))
    shown = [inside(), *filter(None, [coverage_folder()])]
    with open_sandbox(root, python=python, visible=shown, isolated=isolated) as opened:
        told = notes if notes is not None else []
        flow = MissingTests(root, tree, lambda: opened, limit=limit, jobs=1, note=told.append)
        return list(run(flow, Work(tree())))


def named(outcomes: list[Outcome], kind: type[Rejected | Skipped]) -> dict[str, str]:
    """Return the reasons of rejections or skips by function."""
    return {
        each.chunk.symbol.qualname: each.reason
        for each in outcomes
        if isinstance(each, kind) and each.chunk is not None and each.chunk.symbol is not None
    }


@pytest.fixture(scope="module")
def cart(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Outcome]]:
    """Look for tests of a module that has none."""
    root = tmp_path_factory.mktemp("repo")
    (root / "src" / "market").mkdir(parents=True)
    (root / "src" / "market" / "__init__.py").touch()
    (root / "src" / "market" / "cart.py").write_bytes(CART)
    return root, outcomes_of(root)


def test_a_new_test_file_comes_out_and_passes(cart: tuple[Path, list[Outcome]]) -> None:
    root, outcomes = cart
    verified = [each for each in outcomes if isinstance(each, Verified)]
    assert len(verified) == 1
    suggestion = verified[0].suggestion
    assert (suggestion.path, suggestion.new_file, suggestion.task) == ("tests/test_cart.py", True, "test")
    text = suggestion.replacement
    assert "from market.cart import" in text
    assert "Pins today's behaviour" in text
    assert 'parse("tea: 3") == Item(name="tea", price=3)' in text  # the docstring's example, as a test
    assert 'capsys.readouterr().out == "Hello, ' in text
    assert "asyncio.run(later(" in text
    assert "list(evens(" in text
    assert 'pytest.raises(ValueError, match="a price below zero")' in text
    assert "sort_in_place(given)" in text
    assert 'assert str(result) == "' in text
    assert "assert priced(0) is None" in text
    told = {each.check: each.detail for each in verified[0].evidence}
    assert told["passes"] == "5/5 passes"
    assert told["pins"] == "pins today's behaviour"
    assert int(told["catches"].split()[1]) >= 10
    assert apply(root, [suggestion]) == ["tests/test_cart.py"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=root, env={"PYTHONPATH": "src"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout


def test_what_cannot_be_tested_is_told(cart: tuple[Path, list[Outcome]]) -> None:
    outcomes = cart[1]
    rejected = named(outcomes, Rejected)
    assert rejected["crash"] == "test-crashes"
    assert rejected["forever"] == "no-outcome"
    assert rejected["untestable"] == "no-outcome"
    assert named(outcomes, Skipped)["Cart.__init__"] == "not-public"


def test_the_ledger_adds_up(cart: tuple[Path, list[Outcome]]) -> None:
    ledger = Ledger()
    for each in cart[1]:
        ledger.add(each)
    assert ledger.balanced()
    assert ledger.verified >= 8
    chunks = [c for each in cart[1] if isinstance(each, Verified) for c in each.suggestion.settles]
    chunks += [each.chunk for each in cart[1] if not isinstance(each, Verified) and each.chunk is not None]
    assert len(chunks) == len(set(chunks))


EXISTING = b'''\
"""Tests of the shop."""

import unittest

from shop import total


class TotalTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(total([1, 2]), 3)
        self.assertEqual(total([]), 0)
        with self.assertRaises(ValueError):
            total([], 101)
'''


def test_an_existing_file_gets_more_tests_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_bytes(SHOP)
    (tmp_path / "test_shop.py").write_bytes(EXISTING)
    outcomes = outcomes_of(tmp_path)
    verified = [each for each in outcomes if isinstance(each, Verified)]
    assert [each.suggestion.path for each in verified] == ["test_shop.py"]
    assert not verified[0].suggestion.new_file
    covered = [c.symbol.qualname for c in verified[0].suggestion.covers if c.symbol]
    assert covered[0] == "label"
    assert named(outcomes, Skipped)["total"] == "tested"
    assert named(outcomes, Rejected)["stamp"] == "flaky"
    assert "clock" not in covered
    apply(tmp_path, [verified[0].suggestion])
    text = (tmp_path / "test_shop.py").read_text()
    assert text.startswith(EXISTING.decode().partition("from shop")[0])
    assert len([node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]) == 2
    assert "self.assertEqual(label(" in text
    ran = subprocess.run(
        [sys.executable, "-m", "unittest", "-q"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_a_module_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_thing\n\ndef double(n):\n    return n * 2\n")
    notes: list[str] = []
    outcomes = outcomes_of(tmp_path, notes=notes)
    found = [each for each in outcomes if isinstance(each, Skipped) and each.reason == "not-importable"]
    assert len(found) == 1
    assert "no_such_thing" in found[0].detail
    assert any("broken.py cannot be imported" in note for note in notes)


def test_without_a_sandbox_when_the_user_says_so(tmp_path: Path) -> None:
    (tmp_path / "double.py").write_text("def double(n: int):\n    return n * 2\n")
    outcomes = outcomes_of(tmp_path, isolated=False)
    assert any(isinstance(each, Verified) for each in outcomes)


def test_the_limit_takes_what_is_riskiest(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(
        "def plain(n: int):\n    return n\n\n\n"
        "def branchy(n: int):\n    if n > 3:\n        return 1\n    if n < 0:\n"
        "        return 2\n    return 3\n"
    )
    outcomes = outcomes_of(tmp_path, limit=1)
    assert named(outcomes, Skipped)["plain"] == "limit"
    verified = [each for each in outcomes if isinstance(each, Verified)]
    covered = [c.symbol.qualname for each in verified for c in each.suggestion.covers if c.symbol]
    assert covered == ["branchy"]


class Writer:
    """An engine that answers by what the prompt asks for."""

    def __init__(self, answers: dict[str, list[str]], *, chat: bool) -> None:
        shape = (
            Prompting(chat_template="{% for m in messages %}{{ m.content }}{% endfor %}")
            if chat
            else Prompting()
        )
        family = "none" if chat else "starcoder"
        self.info = EngineInfo("test:", "writer", "sha256:0", family, 8192, chat=chat, prompting=shape)
        self.answers = answers
        self.asked: list[Prompt] = []

    @property
    def tokenizer(self) -> Writer:
        return self

    def count(self, text: str) -> int:
        return len(text) // 4

    def head(self, text: str, tokens: int) -> str:
        return text[: tokens * 4]

    def tail(self, text: str, tokens: int) -> str:
        return text[-tokens * 4 :]

    def complete(
        self, prompts: Iterable[Prompt], cancel: Event | None = None
    ) -> Iterator[Completion | Failed]:
        del cancel
        for prompt in prompts:
            self.asked.append(prompt)
            assert prompt.chunk.symbol is not None
            texts = self.answers.get(prompt.chunk.symbol.name, ["pass"])
            text = texts[prompt.purpose == "repair"] if len(texts) > 1 else texts[0]
            yield Completion(prompt, text, "stop", prompt.tokens, 10, 0.1)

    def close(self) -> None:
        return


TWICE = (
    b"def twice(word: str):\n    if not word:\n        raise ValueError('empty')\n    return word + word\n"
)


def asked(tmp_path: Path, engine: Writer) -> tuple[MissingTests, list[Outcome]]:
    (tmp_path / "twice.py").write_bytes(TWICE)
    return asked_of(tmp_path, engine)


def asked_of(tmp_path: Path, engine: Writer) -> tuple[MissingTests, list[Outcome]]:
    """Run the flow over a folder, with an engine."""
    require_sandbox()
    python = find_python(tmp_path, configured=Path(sys.executable))
    shown = [inside(), *filter(None, [coverage_folder()])]

    def tree() -> Iterator[Change | Skipped]:
        return read_folder(tmp_path, (), load_filters(tmp_path))

    with open_sandbox(tmp_path, python=python, visible=shown) as opened:
        flow = MissingTests(tmp_path, tree, lambda: opened, jobs=1, engine=lambda: engine)
        return flow, list(run(flow, Work(tree())))


def test_what_an_engine_writes_is_taken_where_it_holds(tmp_path: Path) -> None:
    """A gap-filling model: its right assertion is kept, its wrong one and its useless one are not."""
    body = "assert twice('ab') == 'abab'\n    assert twice('x') == 'x'\n    assert twice is not None\n"
    engine = Writer({"twice": [body]}, chat=False)
    flow, outcomes = asked(tmp_path, engine)
    text = next(each.suggestion.replacement for each in outcomes if isinstance(each, Verified))
    assert 'assert twice("ab") == "abab"' in text
    assert '== "x"' not in text.replace('"xx"', "")
    assert "is not None" not in text
    assert flow.funnel.engine == 1
    assert "def test_twice_holds():\n    " in engine.asked[0].text
    assert "from twice import twice" in engine.asked[0].text


def test_a_chat_model_sees_its_error_once(tmp_path: Path) -> None:
    wrong = "Sure!\n```python\ndef test_it():\n    assert twice('ab') == 'ab'\n```"
    right = "```python\ndef test_it():\n    assert twice('ab') == 'abab'\n```"
    engine = Writer({"twice": [wrong, right]}, chat=True)
    flow, outcomes = asked(tmp_path, engine)
    assert flow.funnel.engine == 1
    assert [each.purpose for each in engine.asked] == ["body", "repair"]
    assert "assert 'abab' == 'ab'" in engine.asked[1].text
    verified = next(each for each in outcomes if isinstance(each, Verified))
    assert len(verified.suggestion.completions) == 2


def test_nonsense_from_an_engine_does_no_harm(tmp_path: Path) -> None:
    answers = [
        "",
        "    (",
        "import os\n    os.remove('/etc/passwd')\n    assert True",
        "assert f3(",
        "x = 1\n" * 500,
    ]
    (tmp_path / "more.py").write_text(
        "".join(f"def f{n}(word: str):\n    return word + word\n\n\n" for n in range(len(answers)))
    )
    engine = Writer({f"f{n}": [text] for n, text in enumerate(answers)}, chat=False)
    flow, outcomes = asked(tmp_path, engine)
    assert flow.funnel.engine == 0
    covered = [c for each in outcomes if isinstance(each, Verified) for c in each.suggestion.covers]
    assert len(covered) == len(answers) + 1  # what was observed stands by itself
