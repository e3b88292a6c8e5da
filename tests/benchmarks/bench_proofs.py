"""How often the proofs reject what people wrote: the standard library's own first lines, check by check.

People's docstrings are mostly true, so what the contradiction rules reject here is close to their rate of
false alarms. Run `python -m tests.benchmarks.bench_proofs [FOLDER] [--show CHECK]`.
"""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bot.data import Change, Chunk, Suggestion, Symbol
from bot.verify import contradiction, grounding, signature, text
from bot.verify.python_tree import Parsed, parse_python, subject_from
from bot.verify.subject import Check, Problem, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKS: tuple[tuple[str, Check], ...] = (
    ("safe-text", text.check_safe),
    ("signature", lambda subject: signature.check_signature(subject, "google")),
    ("raises", lambda subject: signature.check_raises(subject, "google")),
    ("returns", lambda subject: signature.check_results(subject, "google")),
    ("text", text.check_text),
    ("grounding", grounding.check_grounding),
    ("contradiction", contradiction.check_contradiction),
    ("worth", text.check_worth),
)


def subjects(root: Path) -> Iterator[Subject]:
    """Yield every documented public function and class below `root`, with its first paragraph."""
    for path in sorted(root.rglob("*.py")):
        if {"test", "tests", "idle_test", "site-packages", "lib2to3", "turtledemo"} & {*path.parts}:
            continue
        parsed = parse_python(path.read_bytes())
        if parsed is not None:
            yield from _documented(parsed, str(path.relative_to(root)))


def _documented(parsed: Parsed, path: str) -> Iterator[Subject]:
    stack: list[tuple[ast.AST, str]] = [(node, "") for node in parsed.tree.body]
    change = Change(path=path, raw=parsed.source, source=parsed.source)
    while stack:
        node, above = stack.pop()
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        name = f"{above}{node.name}"
        if isinstance(node, ast.ClassDef):
            stack.extend((child, f"{name}.") for child in node.body)
        doc = " ".join((ast.get_docstring(node) or "").strip().split("\n\n")[0].split())
        if not doc or node.name.startswith("_"):
            continue
        kind = "class" if isinstance(node, ast.ClassDef) else "method" if above else "function"
        line, end = node.lineno, node.end_lineno or node.lineno
        symbol = Symbol(node.name, name, kind, 0, 0, 0, 0, line, end, line, line + 1)  # type: ignore[arg-type]
        chunk = Chunk(change, "python", "function", 0, 0, line, end, symbol)
        yield subject_from(Suggestion("", "docstring", chunk, line, end, "", ""), symbol, parsed, node, doc)


def main() -> None:
    """Print the share that each check rejects, and examples of one."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    show = arguments[1] if len(arguments) > 1 else ""
    root = Path(arguments[0]) if arguments else Path(sysconfig.get_path("stdlib"))
    total, started = 0, time.perf_counter()
    rejected: Counter[str] = Counter()
    detail: Counter[str] = Counter()
    examples: list[str] = []
    for subject in subjects(root):
        total += 1
        for name, check in CHECKS:
            result = check(subject)
            if isinstance(result, Problem):
                rejected[name] += 1
                detail[f"{name}: {result.reason}: {result.detail.partition(':')[0][:40]}"] += 1
                if show in (name, result.reason):
                    symbol = subject.symbol
                    where = f"{subject.suggestion.path}:{symbol.header_line} {symbol.qualname}"
                    examples.append(f"{where}\n    {subject.summary[:150]}\n    -> {result.detail}")
    seconds = time.perf_counter() - started
    each = 1000 * seconds / max(total, 1)
    print(f"{total} docstrings in {seconds:.1f} s ({each:.2f} ms each, reading included)")
    for name, _ in CHECKS:
        print(f"  {name:14} {rejected[name]:5}  {100 * rejected[name] / max(total, 1):5.2f} %")
    if "--detail" in sys.argv:
        for name, count in detail.most_common(40):
            print(f"    {count:5} {name}")
    random.Random(7).shuffle(examples)  # noqa: S311 - a sample to read
    print("\n".join(examples[:60]))


if __name__ == "__main__":
    main()
