"""Annotate whole packages as a user would, and check from outside what codebot says of itself.

    python -m tests.benchmarks.bench_packages FOLDER… [--engine URL] [--limit N] [--confidence FLOAT|off] …

Codebot runs as a program of its own. For each folder: the ledger adds up; the patch applies with `git apply`
to a copy and is what the JSON report says; every patched file is the same tree without its docstrings, and
has as many more of them as were suggested; pydoclint reports nothing new. Exit code 1 if any check fails.
A folder is best the root of a git repository; outside one, all its files are read. What share of the
suggestions is *true* no program can tell: draw some from `--save` and read them against the code.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from collections import Counter
from pathlib import Path
from typing import Any

PYDOCLINT = ("skip-checking-short-docstrings=True", "allow-init-docstring=True", "check-return-types=False")
# about annotations in the signature, which no docstring can change
SIGNATURE_RULES = frozenset({"DOC106", "DOC107", "DOC108", "DOC109", "DOC110", "DOC111"})


def codebot(folder: Path, format_: str, arguments: argparse.Namespace) -> bytes:
    """Return what `codebot annotate` writes about `folder`.

    Raises:
        SystemExit: codebot failed; its own words go before.
    """
    with tempfile.TemporaryDirectory(prefix="codebot-bench-") as out:
        target = Path(out, "result")
        command = [sys.executable, "-m", "bot", "annotate", str(folder), "--quiet"]
        command += [f"--format={format_}", f"--output={target}", f"--engine={arguments.engine}"]
        for name in ("limit", "confidence", "sections", "style"):
            value = getattr(arguments, name)
            command += [] if value is None else [f"--{name}={value}"]
        command += [f"--include={glob}" for glob in arguments.include]
        environment = {**os.environ, "CODEBOT_CACHE_DIR": str(arguments.cache)}
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode or not target.exists():
            raise SystemExit(f"{folder}: codebot ended with {done.returncode}")
        return target.read_bytes()


def check_ledger(ledger: dict[str, Any], suggestions: list[dict[str, Any]]) -> list[str]:
    """Return what does not add up."""
    sums = {name: sum(ledger[name].values()) for name in ("rejected", "skipped", "failed")}
    asked = ledger["completed"] + ledger["cached"]
    wrong = []
    if ledger["chunks"] != asked + sums["skipped"] + sums["failed"]:
        wrong.append(f"chunks: {ledger['chunks']} != {asked} + {sums['skipped']} + {sums['failed']}")
    if asked != ledger["verified"] + sums["rejected"]:
        wrong.append(f"asked: {asked} != {ledger['verified']} + {sums['rejected']}")
    if ledger["verified"] != len(suggestions):
        wrong.append(f"verified: {ledger['verified']}, listed: {len(suggestions)}")
    return wrong


def check_patch(folder: Path, patch: bytes, suggestions: list[dict[str, Any]], style: str) -> list[str]:
    """Return what is wrong with `patch` once git has applied it to a copy of `folder`."""
    if not suggestions:
        return ["a patch without suggestions"] if patch else []
    with tempfile.TemporaryDirectory(prefix="codebot-bench-") as work:
        copy = Path(work, "copy")
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
        by_path: dict[str, list[dict[str, Any]]] = {}
        for one in suggestions:
            by_path.setdefault(one["path"], []).append(one)
        before = {path: (copy / path).read_bytes() for path in by_path}
        old_lint = pydoclint(copy, list(by_path), style)
        applied = subprocess.run(
            ["git", "apply", "--whitespace=nowarn"], cwd=copy, input=patch, capture_output=True, check=False
        )
        if applied.returncode:
            return [f"git apply: {applied.stderr.decode(errors='replace').strip()}"]
        wrong = ["the patch leaves something out"] if patch.startswith(b"# codebot:") else []
        for path, ones in by_path.items():
            wrong += check_file(path, before[path], (copy / path).read_bytes(), ones)
        new = pydoclint(copy, list(by_path), style) - old_lint
        return wrong + [f"pydoclint: {message}" for message in new]


def check_file(path: str, before: bytes, after: bytes, suggestions: list[dict[str, Any]]) -> list[str]:
    """Return in what a patched Python file differs by more than the docstrings that were suggested."""
    wrong: list[str] = []
    encoding = tokenize.detect_encoding(io.BytesIO(before).readline)[0].replace("-sig", "")
    lines = before.splitlines(keepends=True)  # of bytes: a form feed ends no line
    for one in sorted(suggestions, key=lambda s: -s["start_line"]):
        lines[one["start_line"] - 1 : one["end_line"]] = [one["replacement"].encode(encoding)]
    if b"".join(lines) != after:
        wrong.append(f"{path}: the patch is not what the report says")
    if not path.endswith((".py", ".pyi")):
        return wrong
    (old, had), (new, has) = stripped(before), stripped(after)
    if old != new:
        wrong.append(f"{path}: another syntax tree")
    if has - had != len(suggestions):
        wrong.append(f"{path}: {len(suggestions)} suggested, {has - had} docstrings more")
    return wrong


def stripped(source: bytes) -> tuple[str, int]:
    """Return a module's syntax tree without docstrings, as text, and how many it had."""
    tree, count = ast.parse(source), 0
    for node in ast.walk(tree):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if documented and ast.get_docstring(node, clean=False) is not None:  # type: ignore[arg-type]
            del node.body[0]  # type: ignore[attr-defined]
            count += 1
    return ast.dump(tree), count


def pydoclint(root: Path, paths: list[str], style: str) -> Counter[str]:
    """Return pydoclint's messages on `paths`, without line numbers."""
    program = str(Path(sys.executable).with_name("pydoclint"))
    command = [program, "--quiet", f"--style={style}", *(f"--{one}" for one in PYDOCLINT)]
    command.append("--show-filenames-in-every-violation-message=True")
    done = subprocess.run([*command, *paths], cwd=root, capture_output=True, text=True, check=False)
    found = re.findall(r"^(.+?):\d+: (DOC\d+)(.*)$", done.stdout + done.stderr, re.MULTILINE)
    if done.returncode and not found:
        raise SystemExit(f"pydoclint: {done.stderr.strip()[-300:]}")
    return Counter(f"{path}: {code}{rest}" for path, code, rest in found if code not in SIGNATURE_RULES)


def bench(folder: Path, arguments: argparse.Namespace) -> tuple[Counter[str], list[str]]:
    """Annotate one folder, print a line about it; return its counts and what is wrong."""
    started = time.perf_counter()
    report = json.loads(raw := codebot(folder, "json", arguments))
    wall = time.perf_counter() - started
    if arguments.save:
        arguments.save.mkdir(parents=True, exist_ok=True)
        (arguments.save / f"{folder.name}.json").write_bytes(raw)
    suggestions, ledger, usage = report["suggestions"], report["ledger"], report["usage"]
    style = report["style"].split()[0]
    patch = codebot(folder, "patch", arguments)
    wrong = check_ledger(ledger, suggestions) + check_patch(folder, patch, suggestions, style)
    counts = Counter({"asked": ledger["completed"] + ledger["cached"], "shown": ledger["verified"]})
    for column in ("rejected", "failed"):
        counts.update({f"{column}: {reason}": count for reason, count in ledger[column].items()})
    print(f"{folder.name}: {report['style']}; {ledger['files']} files, {ledger['chunks']} chunks")
    print(f"  asked {counts['asked']} ({ledger['cached']} cached), shown {counts['shown']}")
    print(f"  rejected {ledger['rejected']}, failed {ledger['failed']}")
    tokens = f"{usage['prompt_tokens']:,} + {usage['completion_tokens']:,} tokens"
    print(f"  {tokens} in {usage['seconds']:.1f} s of the engine, {wall:.1f} s in all")
    for one in wrong:
        print(f"  WRONG {one}")
    if not wrong:
        print("  ledger, git apply, syntax trees, docstring counts, pydoclint: all right")
    return counts, wrong


def main() -> None:
    """Bench every folder, then print the sums."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--engine", default="embedded:")
    parser.add_argument("--cache", type=Path, help="keep answers here between runs (else: asked anew)")
    parser.add_argument("--save", type=Path, help="folder for the JSON reports")
    parser.add_argument(
        "--include", action="append", default=[], help="as codebot's own; the same in each folder"
    )
    for name in ("limit", "confidence", "sections", "style"):
        parser.add_argument(f"--{name}", help="as codebot's own")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codebot-bench-") as fresh:
        arguments.cache = arguments.cache or Path(fresh)
        total: Counter[str] = Counter()
        failures = 0
        for folder in arguments.folders:
            counts, wrong = bench(folder.resolve(), arguments)
            total += counts
            failures += len(wrong)
    rate = 100 * total["shown"] / max(total["asked"], 1)
    print(
        f"together: asked {total['asked']}, shown {total['shown']} ({rate:.1f} %); {failures} checks failed"
    )
    for name, count in total.most_common():
        if ": " in name:
            print(f"  {count:6} {name}")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
