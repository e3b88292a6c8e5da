"""Of how many functions does some call come to anything that a test can assert? Nothing is proven here.

    python -m tests.benchmarks.bench_outcomes FOLDER… [--python INTERPRETER]

FOLDER is an unpacked source distribution; its own tests are left out. It takes a minute a package, where
proving takes many.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bot.chunk.split import split
from bot.data import Change
from bot.tasks.tests.calls import mine
from bot.tasks.tests.propose import propose, receivers_of
from bot.tasks.tests.subject import Module, Subject, module_of, others, subject
from bot.verify.sandbox import find_python, open_sandbox
from bot.verify.tests.lab import Lab, coverage_folder, inside
from tests.benchmarks.bench_tests import repository

_NOTHING = {"none", "error", "late"}


def main() -> None:
    """Print the share for each package, and what came of the calls of each other function."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="one that has what they need"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for folder in options.folders:
            place = Path(scratch, folder.name).resolve()
            repository(folder, place, bare=True)
            good, total = told(place, options.python.absolute())
            print(f"{folder.name}: {good} of {total} functions have an outcome to assert", flush=True)


def told(root: Path, python: Path) -> tuple[int, int]:
    """Return how many functions have an outcome to assert, and how many were asked about."""
    sources = {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.py"))}
    packages = frozenset(path.rpartition("/")[0] for path in sources if path.endswith("__init__.py"))
    changes = [Change(path, source, source) for path, source in sources.items()]
    modules = [(change, module) for change in changes if (module := module_of(change, packages)) is not None]
    prose = [path.read_bytes() for path in root.rglob("*") if path.suffix in {".md", ".rst", ".txt"}]
    texts = [*sources.values(), *(text for text in prose if b">>> " in text)]
    known = others(module for _, module in modules)
    shown = [inside(), *filter(None, [coverage_folder()])]
    good = total = 0
    with open_sandbox(root, python=find_python(root, configured=python), visible=shown) as sandbox:
        lab = Lab(sandbox, ["", "src"], {})
        for change, module in modules:
            module.elsewhere.update(known)
            found = (subject(chunk, module, private=False) for chunk in split(change, budget=1 << 20))
            if subjects := [one for one in found if isinstance(one, Subject)]:
                good += _asserted(lab, module, subjects, texts)
                total += len(subjects)
    return good, total


def _asserted(lab: Lab, module: Module, subjects: list[Subject], texts: list[bytes]) -> int:
    calls = mine(texts, module)
    tried = [propose(one, calls) for one in subjects]
    observed = lab.observe(subjects, tried, [receivers_of(one, calls) for one in subjects])
    if isinstance(observed, str):
        print(f"  {module.path}: {observed}")
        return 0
    good = 0
    for one, seen in zip(subjects, observed, strict=True):
        kinds = Counter(str(each.told.get("detail") or each.kind) for each in seen.outcomes)
        if any(each.kind not in _NOTHING for each in seen.outcomes):
            good += 1
        else:
            print(f"  {module.path}: {one.qualname}: {dict(kinds)}")
    return good


if __name__ == "__main__":
    main()
