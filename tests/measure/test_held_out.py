"""What is held out: only docstrings, only of functions that can be asked about, the same on every run."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest

from bot.data import Change
from bot.measure.held_out import cases, sample, without

SOURCE = b'''\
"""A shelf of books."""


class Shelf:
    """Holds books."""

    def add(self, book):
        """Put a book on the shelf.

        Args:
            book: Which one.
        """
        if book not in self.books:
            self.books.append(book)
        return len(self.books)

    def _hidden(self, book):
        """Take a book away again."""
        a = book
        b = a
        return b

    def short(self):
        """Tell nothing of interest here."""
        return 1


def greet(name):
    r"""Say hello to somebody."""

    message = "Hello, " + name
    print(message)
    return message
'''


def change(source: bytes = SOURCE, path: str = "shelf.py") -> Change:
    return Change(path, source, source)


def test_documented_functions_are_found() -> None:
    assert [(c.symbol, c.summary) for c in cases(change())] == [
        ("Shelf.add", "Put a book on the shelf."),
        ("greet", "Say hello to somebody."),
    ]


def test_their_docstrings_go_and_nothing_else() -> None:
    """The held-out file is the old one without those lines, and is asked about those functions."""
    held = without(change(), cases(change()))
    text = held.source.decode()
    assert "Put a book" not in text
    assert "Say hello" not in text
    assert "Holds books." in text
    assert "Take a book away again." in text
    before, after = ast.parse(SOURCE), ast.parse(held.source)
    for tree in (before, after):
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.FunctionDef)
                and node.name in {"add", "greet"}
                and ast.get_docstring(node)
            ):
                del node.body[0]
    assert ast.dump(before) == ast.dump(after)
    lines = text.splitlines()
    assert [lines[r.start - 1].strip() for r in held.ranges or ()] == [
        "def add(self, book):",
        "def greet(name):",
    ]


@pytest.mark.parametrize(
    "path", ["textwrap.py", "shutil.py", "json/decoder.py", "http/cookies.py", "concurrent/futures/_base.py"]
)
def test_real_files_lose_their_docstrings_alone(path: str) -> None:
    raw = (Path(sysconfig.get_path("stdlib")) / path).read_bytes()
    whole = change(raw, path)
    chosen = cases(whole)
    assert chosen
    held = without(whole, chosen)
    assert not {c.symbol for c in cases(held)} & {c.symbol for c in chosen}
    ast.parse(held.source)
    assert set(held.source.splitlines()) <= set(raw.splitlines())
    assert len(held.ranges or ()) == len(chosen)


@pytest.mark.parametrize("path", ["tests/test_shelf.py", "shelf.js"])
def test_tests_and_other_languages_are_left_alone(path: str) -> None:
    assert cases(change(path=path)) == []


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    assert sample(range(100), 10, 1) == sample(range(100), 10, 1) != sample(range(100), 10, 2)
    assert sample(range(5), 10, 1) == [0, 1, 2, 3, 4]
