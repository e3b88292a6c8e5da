"""The only module that runs pydoclint; with ruff it tells whether a docstring keeps its convention."""

from __future__ import annotations

import ast
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.verify.ruff import ruff
from bot.verify.signature import sections_of
from bot.verify.subject import Problem, Result, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verify.sections import Sections

__all__ = ["check_all"]

_RUFF_CONVENTION = {"google": "google", "numpy": "numpy", "sphinx": "pep257"}
# D1 is about docstrings that are missing; D200, D212 and D213 are layouts to choose from, the house's matter.
_IGNORED = ("D1", "D200", "D203", "D211", "D212", "D213")
# About the signature's annotations, which no docstring can change: DOC106-108. Files as a whole: DOC002.
_NOT_THE_DOCSTRING = frozenset({"DOC002", "DOC106", "DOC107", "DOC108"})
_RAISES = frozenset({"DOC501", "DOC502", "DOC503"})


def check_all(subjects: Sequence[Subject], convention: str, *, ignore: Sequence[str] = ()) -> list[Result]:
    """Return one result a subject; ruff runs once for all of them, pydoclint in process.

    Raises:
        OSError: if ruff cannot be started.
        subprocess.SubprocessError: if it fails or takes too long.
        ValueError: if its answer cannot be read.
    """
    ruff = _ruff(subjects, convention, ignore)
    results: list[Result] = []
    for subject, found in zip(subjects, ruff, strict=True):
        if not subject.reduced:
            results.append("no convention to check in this language")
            continue
        broken = found or _pydoclint(subject, convention)
        results.append(
            Problem("convention", "; ".join(broken[:3])) if broken else f"ruff D and pydoclint, {convention}"
        )
    return results


def _ruff(subjects: Sequence[Subject], convention: str, ignore: Sequence[str]) -> list[list[str]]:
    """Return the messages of ruff's D rules on each subject's own docstring."""
    found: list[list[str]] = [[] for _ in subjects]
    if not any(subject.reduced for subject in subjects):
        return found
    with tempfile.TemporaryDirectory(prefix="codebot-") as folder:
        for number, subject in enumerate(subjects):
            if subject.reduced:
                name = f"module_{number}.py"
                Path(folder, name).write_text(
                    subject.reduced, encoding="utf-8", errors="replace", newline="\n"
                )
        for violation in _ask_ruff(folder, convention, ignore):
            number = int(Path(violation["filename"]).stem.rpartition("_")[2])
            first, last = _doc_rows(subjects[number])
            if violation["code"] and first <= violation["location"]["row"] <= last:
                found[number].append(f"{violation['code']} {violation['message']}")
    return found


def _ask_ruff(folder: str, convention: str, ignore: Sequence[str]) -> list[dict[str, Any]]:
    setting = f"lint.pydocstyle.convention = '{_RUFF_CONVENTION[convention]}'"
    command = ["check", "--isolated", "--no-cache", "--exit-zero", "--quiet", "--select=D"]
    command += [f"--ignore={','.join((*_IGNORED, *ignore))}", "--config", setting]
    done = ruff([*command, "--ignore-noqa", "--output-format=json", folder], b"")
    done.check_returncode()
    return list(json.loads(done.stdout))


def _doc_rows(subject: Subject) -> tuple[int, int]:
    """Return the rows of the reduced source from the symbol's header to its docstring's end."""
    node = _documented(subject)
    if isinstance(node, ast.Module):
        return 1, node.body[0].end_lineno or 1
    return node.lineno, (node.body[0].end_lineno or node.lineno) + 1


def _documented(subject: Subject) -> ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef:
    tree = ast.parse(subject.reduced)
    if subject.symbol.kind == "module":
        return tree
    node = tree.body[0]
    if subject.wrapped and isinstance(node, (ast.ClassDef, ast.If)):
        node = node.body[0]
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return node
    raise ValueError("the reduced source does not start with the symbol")


def _pydoclint(subject: Subject, convention: str) -> list[str]:
    """Return pydoclint's violations on the symbol, without those that only other options would silence."""
    if subject.symbol.kind == "module":
        return []
    from pydoclint.visitor import Visitor  # noqa: PLC0415 - 60 ms

    sections = sections_of(subject, convention)
    if not sections.any and "\n\n" not in subject.prose.strip():
        return []  # a summary alone passes (skip-checking-short-docstrings), so do not pay for the visit
    visitor = Visitor(
        style=convention,
        argTypeHintsInSignature=True,
        argTypeHintsInDocstring=any(kind for _, kind in sections.parameters),
        skipCheckingShortDocstrings=True,
        allowInitDocstring=True,
        # NumPy's sections have a type even where the signature says nothing that it could differ from
        checkReturnTypes=bool(sections.return_type and getattr(subject.node, "returns", None)),
        checkYieldTypes=False,
        checkClassAttributes=bool(sections.attributes),
    )
    visitor.visit(ast.parse(subject.reduced))
    node = _documented(subject)
    row = 0 if isinstance(node, ast.Module) else node.lineno
    return [
        f"{violation.fullErrorCode} {violation.msg}".strip()
        for violation in visitor.violations
        if violation.line == row and not _excused(violation.fullErrorCode, subject, sections)
    ]


def _excused(code: str, subject: Subject, sections: Sections) -> bool:
    if code in _NOT_THE_DOCSTRING:
        return True
    # which exceptions a re-raise lets through, no tree tells: `signature.check_raises` notes it
    return code in _RAISES and bool(subject.facts and (subject.facts.reraises or not sections.raises))
