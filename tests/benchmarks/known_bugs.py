"""Functions with a known bug, their fix, and tests: HumanEvalPack-Python and QuixBugs, read where they lie.

Nothing of these is kept here. HumanEvalPack is `humanevalpack.jsonl`, in
`evaluation/create/humaneval-x/data/python/data/` of https://github.com/bigcode-project/octopack; QuixBugs is
a clone of https://github.com/jkoppel/QuixBugs.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["PATH", "TEST", "Bug", "humaneval", "quixbugs"]

PATH, TEST = "solution.py", "test_visible.py"

# QuixBugs' own test modules, with the program, the cases and the options that they ask for put in.
_HEAD = """
import json
import pytest

pytest.use_correct = pytest.run_slow = False

def load_json_testcases(_name):
    return json.loads({cases!r})

"""
_FOOT = """

def test_it():
    for each in {chosen}:
        try:
            {call}
        except pytest.skip.Exception:  # what takes minutes even where it is right
            pass
"""


@dataclass(frozen=True)
class Bug:
    """One function with a bug, its fix, and tests as modules with one test, `test_it`."""

    name: str
    function: str
    buggy: str
    fixed: str
    visible: str
    hidden: str
    beside: Mapping[str, str] = field(default_factory=dict)  # further files that code or tests import


def humaneval(file: Path) -> Iterator[Bug]:
    """Yield all 164; the seven whose examples are missing or no Python show all of their tests."""
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        head, name = row["declaration"], row["entry_point"]

        def test(text: str, name: str = name) -> str:
            return f"from solution import *\nfrom solution import {name}\n\ndef test_it():\n" + "".join(
                f"    {each}\n" for each in text.strip("\n").splitlines()
            )

        shown = row["example_test"] if _is_code(row["example_test"]) else row["test"]
        buggy, fixed = head + row["buggy_solution"], head + row["canonical_solution"]
        yield Bug(row["task_id"], name, buggy, fixed, test(shown), test(row["test"]))


def quixbugs(folder: Path) -> Iterator[Bug]:
    """Yield all 40; every second case, or every second test where there are no cases, is shown."""
    beside = {"node.py": (folder / "python_testcases" / "node.py").read_text("utf-8")}
    for file in sorted((folder / "python_testcases").glob("test_*.py")):
        name = file.stem.removeprefix("test_")
        data = folder / "json_testcases" / f"{name}.json"
        lines = data.read_text("utf-8").splitlines() if data.exists() else []
        cases = [json.loads(line) for line in lines if line.strip()]
        text = file.read_text("utf-8").replace("from load_testdata import load_json_testcases\n", "")
        text = re.sub(r"from (?:correct_)?python_programs\.\w+ import", "from solution import", text)
        names = re.findall(r"^def (test\w*)\(", text, re.MULTILINE)
        text = re.sub(r"^def test", "def case", text, flags=re.MULTILINE)
        functions = [each.replace("test", "case", 1) for each in names]

        def test(
            step: int, text: str = text, cases: list[object] = cases, functions: list[str] = functions
        ) -> str:
            chosen = "testdata" if cases else f"[{', '.join(functions[::step])}]"
            call = f"{functions[0]}(*each)" if cases else "each()"
            head = _HEAD.format(cases=json.dumps(cases[::step]))
            return head + text + _FOOT.format(chosen=chosen, call=call)

        buggy, fixed = (
            _code((folder / kind / f"{name}.py").read_text("utf-8"))
            for kind in ("python_programs", "correct_python_programs")
        )
        yield Bug(f"QuixBugs/{name}", name, buggy, fixed, test(2), test(1), beside)


def _is_code(text: str) -> bool:
    try:
        compile(text, "examples", "exec")
    except SyntaxError:
        return False
    return bool(text.strip())


def _code(text: str) -> str:
    """Return a program without the description behind it, or the other solutions that some describe there."""
    tree = ast.parse(text)
    last = [n for n in tree.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))][-1]
    return "\n".join(text.splitlines()[: last.end_lineno]) + "\n"
