"""How good is the gate for fixes? Known bugs, the people's fix of each, and fixes that are nearly right.

    python -m tests.benchmarks.bench_fixes --humaneval humanevalpack.jsonl --quixbugs FOLDER [--resume FILE] …

Nothing of these is kept here: `known_bugs` tells where they are. For each bug the gate sees the faulty
function and its visible tests: HumanEvalPack's examples, every second of QuixBugs' cases; where these tell
nothing of the bug, all tests. Candidates are the fix that people made, and `--wrong` mutants of it, each with
one small mistake, made here and always the same: no model wrote them. They come as a model's answer would.
What the gate lets through is run against the hidden tests, all there are. Exit code 1 if a fix by people is
rejected.

With `--resume` each bug's verdict is put into a file as it falls, and a run that was stopped goes on where it
was.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

from bot.data import Change, Completion, Prompt, Rejected
from bot.findings.finding import Finding, Region
from bot.findings.locate import locate
from bot.prompt.fix import SYMBOL
from bot.tasks.fix_answers import read_fix
from bot.verify.fix import Fix, Standing, prove
from bot.verify.ruff import Ruff
from bot.verify.sandbox import Limits, Sandbox, find_python, open_sandbox
from bot.verify.trials import Reaching, Trials
from tests.benchmarks.known_bugs import PATH, TEST, Bug, humaneval, quixbugs

# Mistakes, not style: where a project does not keep a rule, its fixes bring findings too. Of HumanEvalPack's
# 164 right programs 46 break a rule that ruff has on by default.
RULES = "E9,F"


@dataclass
class Verdict:
    """What came of one bug."""

    bug: str
    fix: str  # "posted", or the reason that people's fix was rejected for
    detail: str = ""
    all_shown: bool = False  # the visible tests pass with the bug, so that all were shown
    holds: bool = True  # people's fix passes the hidden tests
    wrong: list[str] = field(default_factory=list)  # of each mutant
    seconds: float = 0.0


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

    def __init__(self, root: Path, sandbox: Sandbox, rules: str) -> None:
        self.root = root
        self.sandbox = sandbox
        if rules:
            chosen = ", ".join(f'"{each}"' for each in rules.split(","))
            (root / "ruff.toml").write_text(f"lint.select = [{chosen}]\n", "utf-8")
        self.ruff = Ruff(root)
        self._trials: tuple[str, str, Trials] | None = (
            None  # it remembers what tests say of the file as it is
        )

    def verdict(self, bug: Bug, wrong: int) -> Verdict:
        """Judge people's fix of a bug and mutants of it."""
        started = time.perf_counter()
        for name, text in bug.beside.items():
            (self.root / name).write_text(text, "utf-8")
        result, edited = self.judge(bug, bug.fixed)
        shown = isinstance(result, Rejected) and result.reason == "test-passes"
        if shown:
            bug = replace(bug, visible=bug.hidden)
            result, edited = self.judge(bug, bug.fixed)
        told = Verdict(bug.name, "posted", all_shown=shown)
        if isinstance(result, Rejected):  # the gate has nothing to judge mutants by
            told.fix, told.detail = result.reason, result.detail
        else:
            told.holds = bug.visible == bug.hidden or self.passes(edited, bug)
            told.wrong = [self._wrong(bug, code) for code in mutants(bug.fixed, wrong)]
        told.seconds = round(time.perf_counter() - started, 1)
        return told

    def _wrong(self, bug: Bug, code: str) -> str:
        result, edited = self.judge(bug, code)
        if isinstance(result, Rejected):
            return result.reason
        holds = bug.visible == bug.hidden or self.passes(edited, bug)
        return "posted, right" if holds else "posted, wrong"

    def passes(self, code: str, bug: Bug) -> bool:
        """Whether the hidden tests pass with some code."""
        done = self.sandbox.run(
            ["python", "-c", "import test_hidden; test_hidden.test_it()"],  # pytest takes longer to start
            files={PATH: code.encode(), "test_hidden.py": bug.hidden.encode()},
            limits=Limits(seconds=300, cpu_seconds=20),
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
        if self._trials is None or self._trials[:2] != (bug.buggy, bug.visible):
            tests = Change(TEST, bug.visible.encode(), bug.visible.encode())
            self._trials = bug.buggy, bug.visible, Trials(self.sandbox, Reaching(lambda: [change, tests]))
        return self._trials[2]([result])[0], result.source.decode()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--humaneval", type=Path)
    parser.add_argument("--quixbugs", type=Path)
    parser.add_argument("--limit", type=int, help="bugs of each")
    parser.add_argument("--wrong", type=int, default=2, help="mutants of each fix")
    parser.add_argument("--rules", default=RULES, help=f"of ruff; default: {RULES}; '' for ruff's own choice")
    parser.add_argument("--resume", type=Path, help="where verdicts are kept; options must stay the same")
    parser.add_argument("--jobs", type=int, default=2, help="bugs in work at once")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="one that has pytest")
    arguments = parser.parse_args()
    good = True
    for name, read in (("humaneval", humaneval), ("quixbugs", quixbugs)):
        place = getattr(arguments, name)
        if place is not None:
            bugs = list(read(place))[: arguments.limit]
            started = time.perf_counter()
            verdicts = judged(bugs, arguments)
            good &= report(name, verdicts, time.perf_counter() - started)
    return 0 if good else 1


def judged(bugs: list[Bug], arguments: argparse.Namespace) -> list[Verdict]:
    """Return a verdict on each bug, in order: what is kept, and what is judged now."""
    kept = {}
    if arguments.resume and arguments.resume.exists():
        rows = (json.loads(line) for line in arguments.resume.read_text("utf-8").splitlines())
        kept = {row["bug"]: Verdict(**row) for row in rows}
    left = [bug for bug in bugs if bug.name not in kept]
    lock, benches = Lock(), SimpleQueue[Bench]()
    with ExitStack() as stack:
        for _ in range(arguments.jobs if left else 0):
            root = Path(stack.enter_context(tempfile.TemporaryDirectory())).resolve()
            python = find_python(root, configured=arguments.python)
            sandbox = stack.enter_context(open_sandbox(root, python=python))
            benches.put(Bench(root, sandbox, arguments.rules))

        def judge(bug: Bug) -> None:
            bench = benches.get()
            try:
                told = bench.verdict(bug, arguments.wrong)
            finally:
                benches.put(bench)
            with lock:
                kept[bug.name] = told
                done = sum(each.name in kept for each in bugs)
                print(f"{done}/{len(bugs)} {bug.name}: {told.fix}, {told.seconds} s", file=sys.stderr)
                if arguments.resume:
                    with open(arguments.resume, "a", encoding="utf-8") as stream:
                        stream.write(json.dumps(asdict(told)) + "\n")

        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(judge, left))
    return [kept[bug.name] for bug in bugs]


def report(name: str, verdicts: list[Verdict], seconds: float) -> bool:
    """Print what the gate made of some bugs; return whether every people's fix passed."""
    lost = [each for each in verdicts if each.fix != "posted"]
    posted = [each for each in verdicts if each.fix == "posted"]
    wrong = Counter(told for each in verdicts for told in each.wrong)
    spent = sorted(each.seconds for each in verdicts)
    print(f"{name}: {len(verdicts)} bugs, {seconds:.0f} s in this run; the longest bug {spent[-1]:.0f} s")
    shown = sum(each.all_shown for each in verdicts)
    print(f"  visible tests tell nothing of the bug, all shown: {shown}")
    print(f"  people's fixes posted: {len(posted)} of {len(verdicts)}")
    for each in lost:
        print(f"    rejected: {each.bug}: {each.fix}: {each.detail}")
    right, bad = wrong["posted, right"], wrong["posted, wrong"]
    print(f"  mutants of fixes: {wrong.total()}, posted {right + bad}, right by the hidden tests {right}")
    print(f"    rejected: {dict(sorted((k, v) for k, v in wrong.items() if not k.startswith('posted')))}")
    if total := len(posted) + right + bad:
        holding = sum(each.holds for each in posted) + right
        print(f"  of all {total} posted fixes {holding} pass the hidden tests", flush=True)
    return not lost


if __name__ == "__main__":
    sys.exit(main())
