"""How good is the gate for fixes? Known bugs, the people's fix of each, and fixes that are nearly right.

    python -m tests.benchmarks.bench_fixes --humaneval humanevalpack.jsonl --quixbugs FOLDER [--limit N] …

Nothing of these is kept here: `humanevalpack.jsonl` is in `evaluation/create/humaneval-x/data/python/data/`
of https://github.com/bigcode-project/octopack; FOLDER is a clone of https://github.com/jkoppel/QuixBugs.

For each bug the gate sees the faulty function and its visible tests: HumanEvalPack's examples, every second
of QuixBugs' cases. Candidates are the fix that people made, and `--wrong` mutants of it, each with one small
mistake, made here and always the same: no model wrote them. They come as a model's answer would. What the
gate lets through is run against the hidden tests, all there are. Exit code 1 if a fix by people is rejected.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.data import Change, Completion, Prompt, Rejected
from bot.findings.finding import Finding, Region
from bot.findings.locate import locate
from bot.prompt.fix import SYMBOL
from bot.tasks.fix_answers import read_fix
from bot.verify.fix import Fix, Standing, prove
from bot.verify.ruff import Ruff
from bot.verify.sandbox import Limits, Sandbox, find_python, open_sandbox
from bot.verify.trials import Reaching, Trials

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH, TEST = "solution.py", "test_visible.py"
CASES = """
import json, types
from solution import {name}

CASES = json.loads({cases!r})

def plain(value):
    value = list(value) if isinstance(value, types.GeneratorType) else value
    return json.loads(json.dumps(value))

def test_it():
    for given, wanted in CASES:
        found = plain({name}(*given))
        assert found == wanted or isinstance(wanted, float) and abs(found - wanted) < 0.01
"""


@dataclass(frozen=True)
class Bug:
    """One function with a bug, its fix, and tests as modules."""

    name: str
    function: str
    buggy: str
    fixed: str
    visible: str
    hidden: str


def humaneval(file: Path) -> Iterator[Bug]:
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        head, name = row["declaration"], row["entry_point"]

        def test(text: str, name: str = name) -> str:
            return f"from solution import *\nfrom solution import {name}\n\ndef test_it():\n" + "".join(
                f"    {each}\n" for each in text.strip().splitlines()
            )

        if row["example_test"].strip():
            buggy, fixed = head + row["buggy_solution"], head + row["canonical_solution"]
            yield Bug(row["task_id"], name, buggy, fixed, test(row["example_test"]), test(row["test"]))


def quixbugs(folder: Path) -> Iterator[Bug]:
    for file in sorted((folder / "json_testcases").glob("*.json")):
        name = file.stem
        cases = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
        cases = [[given if isinstance(given, list) else [given], wanted] for given, wanted in cases]
        texts = [
            (folder / kind / f"{name}.py").read_text("utf-8")
            for kind in ("python_programs", "correct_python_programs")
        ]
        tests = [CASES.format(name=name, cases=json.dumps(some)) for some in (cases[::2], cases)]
        buggy, fixed = (_code(text) for text in texts)
        visible, hidden = tests
        yield Bug(f"QuixBugs/{name}", name, buggy, fixed, visible, hidden)


def _code(text: str) -> str:
    """Return a program without the description behind it."""
    tree = ast.parse(text)
    last = [n for n in tree.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))][-1]
    return "\n".join(text.splitlines()[: last.end_lineno]) + "\n"


def mutants(code: str, most: int) -> list[str]:
    """Return up to `most` versions of a module, each with one mistake, spread over it."""
    swaps: dict[type, type] = {
        ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
        ast.NotEq: ast.Eq, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.And: ast.Or,
        ast.Or: ast.And, ast.Mod: ast.FloorDiv, ast.In: ast.NotIn, ast.NotIn: ast.In,
    }  # fmt: skip
    tree = ast.parse(code)
    sites: list[tuple[int, str]] = []
    for number, node in enumerate(ast.walk(tree)):
        op = getattr(node, "op", None) or (getattr(node, "ops", None) or [None])[0]
        if type(op) in swaps:
            sites.append((number, "op"))
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            sites.append((number, "constant"))
    chosen = [sites[n * len(sites) // most] for n in range(most)] if len(sites) > most else sites
    found = []
    for number, kind in chosen:
        changed = copy.deepcopy(tree)
        site: Any = list(ast.walk(changed))[number]
        if kind == "constant":
            site.value += 1
        elif hasattr(site, "ops"):
            site.ops[0] = swaps[type(site.ops[0])]()
        else:
            site.op = swaps[type(site.op)]()
        found.append(ast.unparse(changed))
    return found


class Bench:
    """The gate over one sandbox, one bug after another."""

    def __init__(self, root: Path, sandbox: Sandbox) -> None:
        self.root = root
        self.ruff = Ruff(root)
        self.sandbox = sandbox

    def passes(self, code: str, test: str) -> bool:
        """Whether a test passes with some code."""
        done = self.sandbox.run(
            ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hidden.py"],
            files={PATH: code.encode(), "test_hidden.py": test.encode()},
            limits=Limits(seconds=20, cpu_seconds=20),
        )
        return done.ok

    def judge(self, bug: Bug, answer: str) -> tuple[Standing | Rejected, str]:
        """Take one answer through all steps; return the verdict and the file it makes."""
        (self.root / PATH).write_text(bug.buggy, "utf-8")
        (self.root / TEST).write_text(bug.visible, "utf-8")
        source = bug.buggy.encode()
        change = Change(PATH, source, source)
        before = locate(change, "python", self.ruff.check(PATH, source))[0]
        tree = ast.parse(bug.buggy)
        node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == bug.function)
        region = Region(node.lineno, 0, node.end_lineno or node.lineno)
        finding = Finding(
            "test", "test_it", "fails", PATH, region, test="test_visible.test_it", test_file=TEST
        )
        (one,) = locate(change, "python", [finding])[0]
        wanted = next(
            n for n in ast.parse(answer).body if isinstance(n, ast.FunctionDef) and n.name == bug.function
        )
        text = ast.get_source_segment(answer, wanted) or ""
        prompt = Prompt(one.chunk, "fix", SYMBOL, "", "fim", 1, 1)
        suggestion = read_fix(one, Completion(prompt, text, "stop", 1, 1, 0.0), ())
        if isinstance(suggestion, Rejected):
            return suggestion, ""

        def recheck(edited: bytes) -> Any:  # noqa: ANN401 - located findings
            after = Change(PATH, edited, edited)
            return locate(after, "python", self.ruff.check(PATH, edited), rooms=False)[0]

        result = prove(Fix(suggestion, (one,), written=True), before, recheck, lambda _path, _name: "")
        if isinstance(result, Rejected):
            return result, ""
        tests = Change(TEST, bug.visible.encode(), bug.visible.encode())
        trials = Trials(self.sandbox, Reaching(lambda: [change, tests]))
        return trials([result])[0], result.source.decode()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--humaneval", type=Path)
    parser.add_argument("--quixbugs", type=Path)
    parser.add_argument("--limit", type=int, help="bugs of each")
    parser.add_argument("--wrong", type=int, default=2, help="mutants of each fix")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="one that has pytest")
    arguments = parser.parse_args()
    good = True
    for name, read in (("humaneval", humaneval), ("quixbugs", quixbugs)):
        place = getattr(arguments, name)
        if place is not None:
            bugs = list(read(place))
            good &= measure(name, bugs[: arguments.limit], arguments)
    return 0 if good else 1


def measure(name: str, bugs: list[Bug], arguments: argparse.Namespace) -> bool:
    """Print what the gate made of some bugs; return whether every people's fix passed."""
    fixed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    started, lost = time.perf_counter(), []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        with open_sandbox(root, python=find_python(root, configured=arguments.python)) as sandbox:
            bench = Bench(root, sandbox)
            for bug in bugs:
                result, _ = bench.judge(bug, bug.fixed)
                reason = result.reason if isinstance(result, Rejected) else "posted"
                fixed[reason] += 1
                if reason not in {"posted", "test-passes"}:
                    lost.append(
                        f"{bug.name}: {reason}: {result.detail}" if isinstance(result, Rejected) else ""
                    )
                if reason != "posted":
                    continue  # the gate has nothing to judge by
                for code in mutants(bug.fixed, arguments.wrong):
                    result, edited = bench.judge(bug, code)
                    if isinstance(result, Rejected):
                        wrong[result.reason] += 1
                    else:
                        wrong["posted, right" if bench.passes(edited, bug.hidden) else "posted, wrong"] += 1
    total, tried = sum(fixed.values()), sum(wrong.values())
    print(f"{name}: {total} bugs, {time.perf_counter() - started:.0f} s")
    print(f"  visible tests tell nothing of the bug: {fixed['test-passes']}")
    print(f"  people's fixes posted: {fixed['posted']} of {total - fixed['test-passes']}")
    for each in lost:
        print(f"    rejected: {each}")
    right, bad = wrong["posted, right"], wrong["posted, wrong"]
    print(f"  mutants of fixes: {tried}, posted {right + bad}, of these right by the hidden tests {right}")
    print(f"    rejected: {dict(sorted((k, v) for k, v in wrong.items() if not k.startswith('posted')))}")
    posted = fixed["posted"] + right + bad
    if posted:
        print(f"  of all {posted} posted fixes {fixed['posted'] + right} pass the hidden tests")
    return not lost


if __name__ == "__main__":
    sys.exit(main())
