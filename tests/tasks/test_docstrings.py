"""From answers to edits: on real lines, in the file's own layout, and never touching the code."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import sysconfig
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from bot.chunk.edit import edited_source
from bot.data import Rejected, Skipped, Suggestion
from bot.tasks.docstrings import DocOptions, HouseStyle, Target, compose, lead_in, purposes
from bot.tasks.identity import symbol_id
from bot.tasks.style import Convention
from tests.tasks.conftest import answer, change_of, decisions, document_all, documented, only_target

if TYPE_CHECKING:
    from collections.abc import Iterator

ALWAYS = DocOptions(sections="always")
SHOP = '''\
"""Shop."""

from __future__ import annotations

from collections.abc import Iterator


class Cart(Base):
    # what is in it
    items: list[int]

    @classmethod
    async def load(
        cls, path: str, /, *paths: str, limit: int | None = None, sep: str = ",", **extra: object
    ) -> dict[str, int]:  # from disk
        # a comment that stays
        if limit is not None and limit < 0:
            raise ValueError("limit is negative")
        return {path: len(paths)}

    def walk(self, depth: int) -> Iterator[tuple[str, int]]:

        for at in range(depth):
            yield "", at

    @property
    def total(self) -> int:
        found = sum(self.items)
        return found * 2


def reset(cart: Cart) -> None:
    cart.items.clear()
    cart.items.append(0)


def plain(a, b=[1, 2], *c, **d):
    def inner():
        return a

    return inner() + b


def outer():

    def inner():
        return 1

    print(inner())
'''


def strip(source: bytes) -> str:
    """Return the syntax tree without docstrings, as text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
    return ast.dump(tree)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["    ", "\t", "  "])
@pytest.mark.parametrize("convention", get_args(Convention))
def test_only_docstrings_are_added_and_only_once(convention: Convention, indent: str, newline: str) -> None:
    source = SHOP.replace("    ", indent).replace("\n", newline).encode()
    style = HouseStyle(convention)
    edited = document_all(source, style=style, options=ALWAYS)
    assert strip(edited) == strip(source)
    assert edited.count(b"\n") - edited.count(b"\r\n") == (0 if newline == "\r\n" else edited.count(b"\n"))
    again = [d for d in decisions(edited, options=ALWAYS) if isinstance(d, Target)]
    assert again == [], "what was documented is not asked about again"
    reasons = {d.detail: d.reason for d in decisions(edited, options=ALWAYS) if isinstance(d, Skipped)}
    assert reasons["Cart.load"] == "documented"


def test_a_full_google_docstring_is_built_from_the_signature() -> None:
    edited = document_all(SHOP, options=ALWAYS, style=HouseStyle("google")).decode()
    assert (
        '''    ) -> dict[str, int]:  # from disk
        """Does what is asked of it.

        Args:
            path (str): What it is given.
            *paths (str): What it is given.
            limit (int | None): What it is given. Defaults to None.
            sep (str): What it is given. Defaults to ",".
            **extra (object): What it is given.

        Returns:
            dict[str, int]: What it is given.

        Raises:
            ValueError: If `limit is not None and limit < 0`.
        """
        # a comment that stays
'''
        in edited
    )
    assert (
        '''        Yields:
            tuple[str, int]: What it is given.
        """
        for at'''
        in edited
    ), "the blank line below the signature gives way"
    assert 'class Cart(Base):\n    """Does what is asked of it."""\n\n    # what' in edited
    assert '    def total(self) -> int:\n        """Does what is asked of it."""\n' in edited, "no sections"
    assert 'def outer():\n    """Does what is asked of it."""\n\n    def inner' in edited


@pytest.fixture(scope="module")
def library() -> list[Path]:
    """Files of the standard library: code that nobody wrote for this test."""
    root = Path(sysconfig.get_paths()["stdlib"])
    names = (
        "cmd",
        "configparser",
        "copy",
        "csv",
        "fileinput",
        "ftplib",
        "mailcap",
        "optparse",
        "pstats",
        "queue",
    )
    return [root / f"{name}.py" for name in names if (root / f"{name}.py").exists()]


def _lint(folder: Path, convention: str) -> Iterator[tuple[str, int, str]]:
    rules = {"sphinx": "pep257"}.get(convention, convention)
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--select=D",
        "--ignore=D1,D203,D213",
    ]
    command += ["--config", f'lint.pydocstyle.convention="{rules}"', "--output-format=json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for found in json.loads(done.stdout):
        yield found["filename"], found["location"]["row"], f"{found['code']} {found['message']}"


@pytest.mark.parametrize("convention", get_args(Convention))
def test_real_code_passes_the_conventions_rules(
    convention: Convention, library: list[Path], tmp_path: Path
) -> None:
    mine: set[tuple[str, int]] = set()
    for file in library:
        source = file.read_bytes()
        edited = document_all(
            source, f"lib/{file.name}", style=HouseStyle(convention), options=ALWAYS, text="Returns it all"
        )
        assert strip(edited) == strip(source)
        place = tmp_path / file.name
        place.write_bytes(edited)
        mine |= {
            (str(place), at) for at, line in enumerate(edited.decode().split("\n"), 1) if "it all." in line
        }
    assert len(mine) > 50
    wrong = [(name, row, text) for name, row, text in _lint(tmp_path, convention) if (name, row) in mine]
    assert wrong == []


@pytest.mark.parametrize("convention", get_args(Convention))
def test_sections_pass_pydoclint(convention: Convention, tmp_path: Path) -> None:
    place = tmp_path / "shop.py"
    place.write_bytes(document_all(SHOP, style=HouseStyle(convention), options=ALWAYS))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pydoclint.main",
            f"--style={convention}",
            "--check-yield-types=False",
            "--quiet",
            str(place),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.strip() for line in (done.stdout + done.stderr).splitlines() if ": DOC" in line]
    # `plain` has no annotations, which only its author can add; the class is documented without attributes
    assert [line for line in found if "`plain`" not in line and "DOC60" not in line] == []


def test_one_missing_description_leaves_the_summary_alone() -> None:
    task = only_target("def f(a: int, b: int) -> int:\n    c = a\n    return c + b\n", options=ALWAYS)
    asked = purposes(task, HouseStyle())
    assert asked == ("param:a", "param:b", "returns")
    said = [answer(task.chunk, "Add"), *(answer(task.chunk, "the one", p) for p in asked[:-1])]
    short = compose(task, said, HouseStyle())
    assert isinstance(short, Suggestion)
    assert short.replacement == 'def f(a: int, b: int) -> int:\n    """Add."""\n'
    assert short.completions == tuple(said)


@pytest.mark.parametrize(
    "source",
    [
        "def f(a) -> int:\n    b = a\n    print(b)\n",
        "def f(a) -> None:\n    b = a\n    return b\n",
        "def f(a):\n    b = a\n    yield b\n",
        "def f(a):\n    try:\n        raise KeyError(a)\n    except KeyError:\n        pass\n    return 1\n",
        "def f(a):\n    error = make(a)\n    raise error\n",
        "def f(a):\n    b = make(a)\n    raise ValueError(f'no {b}')\n",
    ],
)
def test_where_the_tree_leaves_doubt_there_are_no_sections(source: str) -> None:
    assert purposes(only_target(source, options=ALWAYS), HouseStyle("google")) == ()


def test_the_house_decides_about_sections() -> None:
    source = "def f(a):\n    b = a\n    return b + 1\n"
    assert purposes(only_target(source), HouseStyle()) == ()
    assert purposes(only_target(source), HouseStyle(sections=True)) == ("param:a", "returns")
    assert (
        purposes(only_target(source, options=DocOptions(sections="never")), HouseStyle(sections=True)) == ()
    )


@pytest.mark.parametrize(
    ("convention", "purpose", "text"),
    [
        ("google", "param:a", "Add.\n\nArgs:\n    a (int):"),
        ("google", "returns", "Add.\n\nReturns:\n    int:"),
        ("numpy", "param:a", "Add.\n\nParameters\n----------\na : int\n"),
        ("sphinx", "returns", "Add.\n\n:return:"),
    ],
)
def test_a_follow_up_goes_on_where_the_docstring_ends(
    convention: Convention, purpose: str, text: str
) -> None:
    task = only_target("def f(a: int) -> int:\n    c = a\n    return c + 1\n", options=ALWAYS)
    assert lead_in(task, HouseStyle(convention), purpose, "Add.").rstrip(" ") == text


@pytest.mark.parametrize(
    ("source", "edited"),
    [
        ("x = run()", '"""It."""\n\nx = run()'),
        ("\n\nx = run()\n", '"""It."""\n\nx = run()\n'),
        ("#!/bin/py\n# coding: utf-8\nx = run()\n", '#!/bin/py\n# coding: utf-8\n"""It."""\n\nx = run()\n'),
        ("# Copyright me\n\nx = run()\n", '# Copyright me\n\n"""It."""\n\nx = run()\n'),
        ("# SPDX: MIT\nimport a\na.b()\n", '# SPDX: MIT\n"""It."""\n\nimport a\na.b()\n'),
        ("# about the import\nimport a\na.b()\n", '"""It."""\n\n# about the import\nimport a\na.b()\n'),
    ],
)
def test_a_module_docstring_goes_below_the_licence_and_above_the_code(source: str, edited: str) -> None:
    assert document_all(source, text="It").decode() == edited


def test_backslashes_make_it_a_raw_docstring() -> None:
    edited = document_all("def f(a):\n    b = a\n    return b + 1\n", text=r"Split at \n or C:\temp")
    assert rb'r"""Split at \n or C:\temp."""' in edited


def test_quotes_follow_the_house() -> None:
    style = HouseStyle(quotes="'''", first_line="next", convention="numpy")
    edited = document_all("def f(a):\n    b = a\n    print(b)\n", style=style, options=ALWAYS).decode()
    assert (
        "    '''\n    Do what is asked of it.\n\n    Parameters\n    ----------\n    a\n        What"
        in edited
    )


def test_text_that_the_files_encoding_lacks_is_refused() -> None:
    source = "# coding: latin-1\nimport a\n\ndef f(a):\n    b = a\n    return b + 1\n"
    (task,) = (
        d
        for d in decisions(source, encoding="latin-1")
        if isinstance(d, Target) and d.symbol.kind == "function"
    )
    refused = compose(task, [answer(task.chunk, "Return → it")], HouseStyle())
    assert isinstance(refused, Rejected)
    assert refused.reason == "unsafe-text"


def test_a_summary_that_cannot_fit_its_line_is_refused() -> None:
    task = only_target("def f(a):\n    b = a\n    return b + 1\n")
    refused = documented(task, HouseStyle(), "Return " + "very " * 30 + "much")
    assert isinstance(refused, Rejected)
    assert refused.reason == "convention"


def named(task: Target) -> str:
    return symbol_id("docstring", task.chunk.change, task.symbol)


def test_an_identifier_survives_moves_and_changes_with_the_code() -> None:
    source = "def f(a):\n    b = a\n    return b + 1\n"
    moved = "import os\n\n\nos.run()\n\n\n" + source
    task = only_target(source)
    (other,) = (d for d in decisions(moved) if isinstance(d, Target) and d.symbol.name == "f")
    assert named(task) == named(other)
    assert named(task) != named(only_target(source.replace("1", "2")))
    assert len(named(task)) == 12


def test_two_definitions_of_one_name_have_identifiers_of_their_own() -> None:
    one = "    def f(a):\n        b = a\n        return b + 1\n"
    source = f"if a:\n{one}else:\n{one}"
    tasks = [d for d in decisions(source) if isinstance(d, Target) and d.symbol.kind == "function"]
    assert len({named(t) for t in tasks}) == len(tasks) == 2


def test_edits_of_one_file_do_not_overlap() -> None:
    made = [documented(d, HouseStyle()) for d in decisions(SHOP) if isinstance(d, Target)]
    suggestions = [s for s in made if isinstance(s, Suggestion)]
    assert len(suggestions) == len(made) > 5
    one_by_one = SHOP.encode()
    for each in sorted(suggestions, key=lambda s: -s.start_line):
        one_by_one = edited_source(change_of(one_by_one), [each])
    assert one_by_one == edited_source(change_of(SHOP), suggestions)
