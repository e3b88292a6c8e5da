"""The shape of the code, held: the direction of imports, and one module for each outside library."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "bot"
EDGES = {
    "git",
    "files",
    "github",
    "engines",
    "report",
    "deploy",
    "config",
    "cache",
    "apply",
    "take",
    "lock",
    "hookfile",
}
# A module may import from its own tier downwards. Edges may not import one another.
TIERS: list[set[str]] = [
    {"data", "reasons", "ports", "errors", "ledger", "observe"},
    {"languages", "language_rows"},
    {"chunk", "findings", "measure", "prompt", "tasks", "verify"},
    {"pipeline", "review"} | EDGES,
    {"cli", "commands", "__main__"},
]
ALLOWED_EDGE_TO_EDGE = {("git", "files")}  # reading a blob and reading a file share the skip rules
STAGE_ORDER = {
    "chunk": {"chunk"},
    "findings": {"findings", "chunk"},
    "measure": {"measure", "tasks", "chunk"},
    "prompt": {"prompt", "chunk", "findings"},
    "tasks": {"tasks", "prompt", "chunk", "findings"},
}
HOMES = {  # outside library -> the one module or folder that may import it
    "git": "git",
    "github": "github",
    "requests": "github",
    "ctranslate2": "engines.embedded deploy.converter",
    "tokenizers": "engines.tokenizer",
    "tree_sitter": "chunk.tree",
    "sqlite3": "cache",
    "tritonclient": "engines.triton",
    "grpc": "engines.triton",
    "httpx2": "engines.remote.wire",
    "detect_secrets": "engines.remote.secrets",
    "rich": "report",
    "pydoclint": "verify.lint",
    "ruff": "verify.ruff",
    "defusedxml": "findings.junit",
    "jinja2": "prompt.chat report.page",
    "markupsafe": "report.page",
    "pygments": "report.page",
    "pathspec": "files",
    "click": "cli commands",
    "filelock": "lock",
    "platformdirs": "cache config.trust",
}


def modules() -> list[tuple[str, ast.Module]]:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found.append((name, ast.parse(path.read_text(encoding="utf-8"))))
    return found


def imports(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top(name: str) -> str:
    return name.partition(".")[0]


def tier(name: str) -> int:
    return next((i for i, names in enumerate(TIERS) if top(name) in names), -1)


MODULES = [(name, imports(tree)) for name, tree in modules() if name != "__init__"]


@pytest.mark.parametrize(("name", "imported"), MODULES, ids=[name for name, _ in MODULES])
def test_imports_point_downwards(name: str, imported: set[str]) -> None:
    """Commands know edges, edges know stages, stages know values; never the other way round."""
    assert tier(name) >= 0, f"bot/{name} is in no tier: put it into TIERS"
    for target in sorted(i.removeprefix("bot.") for i in imported if i.startswith("bot.")):
        if top(target) == "__version__":
            continue
        assert tier(target) <= tier(name), f"bot.{name} must not import bot.{target}"
        if top(name) in EDGES and top(target) in EDGES and top(name) != top(target):
            assert (top(name), top(target)) in ALLOWED_EDGE_TO_EDGE, f"edge {name} imports edge {target}"
        if top(name) in STAGE_ORDER and tier(target) == tier(name):
            assert top(target) in STAGE_ORDER[top(name)], f"stage {name} imports stage {target}"


@pytest.mark.parametrize(("name", "imported"), MODULES, ids=[name for name, _ in MODULES])
def test_one_module_for_each_outside_library(name: str, imported: set[str]) -> None:
    """An outside library is imported in its one home."""
    for library in sorted({top(i) for i in imported} & set(HOMES)):
        homes = HOMES[library].split()
        assert any(name == home or name.startswith(f"{home}.") for home in homes), f"{library} in bot.{name}"


def test_modules_fit_in_a_head() -> None:
    """No module grows past 300 lines: at that length it holds two things. A table of rows is one thing."""
    long = {
        str(p.relative_to(ROOT)): n
        for p in ROOT.rglob("*.py")
        if (n := len(p.read_text("utf-8").splitlines())) > 300
    }
    long.pop("language_rows.py", None)
    assert long == {}
