"""The main job on real code: annotate a package of Python's own library, offline; the patch must apply.

    python tests/demo.py FOLDER [PACKAGE…]

Copies the package into FOLDER/tree, makes it a git repository, runs `codebot annotate` on it as a user
would, and hands the patch to `git apply`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PACKAGES = ("http", "xml")
LIMIT = "160"


def main(folder: Path, packages: tuple[str, ...]) -> int:
    """Run the demo in `folder` and return the exit code."""
    tree, patch = folder / "tree", (folder / "suggestions.patch").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    library = Path(sysconfig.get_path("stdlib"))
    for package in packages:
        ignore = shutil.ignore_patterns("__pycache__", "idle_test", "test", "tests")
        shutil.copytree(library / package, tree / package, ignore=ignore)
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(
        tree,
        "-c",
        "user.name=demo",
        "-c",
        "user.email=demo@example.org",
        "commit",
        "-qm",
        "as Python ships it",
    )

    run("codebot", "annotate", "--limit", LIMIT, cwd=tree)
    print("\nThe same as a patch; every answer is remembered, so the model is not asked again:", flush=True)
    run("codebot", "annotate", "--limit", LIMIT, "--format", "patch", "--output", str(patch), cwd=tree)
    git(tree, "apply", "--check", str(patch))
    git(tree, "apply", str(patch))
    git(tree, "--no-pager", "diff", "--stat")
    for path in tree.rglob("*.py"):
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    print(f"\ngit apply took {patch}; every file still compiles. Try next: codebot annotate YOUR/REPOSITORY")
    return 0


def run(*argv: str, cwd: Path) -> None:
    """Run a command as a user would, showing it."""
    print(f"$ {' '.join(argv)}", flush=True)
    subprocess.run(argv, cwd=cwd, check=True)


def git(tree: Path, *argv: str) -> None:
    """Run git in the demo's repository."""
    subprocess.run(["git", "-C", str(tree), *argv], check=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), tuple(sys.argv[2:]) or PACKAGES))
