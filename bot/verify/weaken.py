"""Does an edit mend the code, or does it silence what complains, weaken a check or empty a body?"""

from __future__ import annotations

import ast
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.tasks.examples import parsed
from bot.verify.assertions import BROAD, asserts, is_constant, last_name
from bot.verify.subject import Problem, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["keeps_checks", "keeps_checks_text", "near", "silences"]

# Comments and calls that make a tool or a test runner look away, in any language.
_SILENT_PATTERNS = (
    r"#\s*(?:(?:ruff|flake8)\s*:\s*)?noqa\b",
    r"#\s*type\s*:\s*ignore|#\s*(?:pyright|mypy|ty|pyre)\s*:|#\s*pyre-",
    r"#\s*pragma\s*:\s*no\s*(?:cover|branch)|#\s*nosec\b|#\s*pylint\s*:\s*(?:disable|skip)",
    r"#\s*(?:isort|yapf)\s*:|#\s*doctest\s*:\s*\+SKIP",
    r"\beslint-disable|@ts-(?:ignore|nocheck|expect-error)|\bbiome-ignore|\bprettier-ignore",
    r"\bistanbul ignore|\bc8 ignore|\btslint:disable|\bjshint\s+ignore",
    r"\bNOLINT|\bNOSONAR\b|\blgtm\[|\bcodeql\[|\bnosemgrep\b|\bdetekt:|\bluacheck:",
    r"@SuppressWarnings|@Suppress\(|#!?\[(?:allow|expect)\(|\brubocop:disable|\bshellcheck disable",
    r"\bphpcs:(?:ignore|disable)|\bphpstan-ignore|\bpsalm-suppress|\bswiftlint:disable",
    r"#pragma\s+(?:warning|GCC|clang)",
    r"\bpytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b|\bskipTest\(",
    r"\bunittest\.(?:skip|skipIf|skipUnless|expectedFailure)\b",
    r"\b(?:it|test|describe)\.(?:skip|todo)\b|\bxit\(|\bxdescribe\(|\bt\.Skip(?:f|Now)?\(",
    r"@Disabled\b|@Ignore\b|#\[ignore",
    r"\bno_type_check\b|\b(?:filterwarnings|simplefilter)\(\s*[\"']ignore",
)
_SILENT = re.compile("|".join(_SILENT_PATTERNS), re.IGNORECASE)
_TEST_TEXT = re.compile(
    r"\b(?:it|test|describe)\s*\(|@Test\b|#\[test\]|\bfunc Test\w+|\bfunction test\w+|\bdef test_?\w*"
    r"|\bTEST(?:_F|_P)?\s*\("
)
_ASSERT_TEXT = re.compile(
    r"\b(?:assert\w*|expect|should|require\.\w+|EXPECT_\w+|ASSERT_\w+)\s*!?\s*[(.]|\bassert\b"
)

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def silences(before: str, after: str) -> Result:
    """Check that an edit adds nothing that makes tools or test runners look away."""
    was, now = (Counter(_spelt(m[0]) for m in _SILENT.finditer(text)) for text in (before, after))
    added = sorted((now - was).elements())
    return Problem("silences", f"adds {added[0]}") if added else "adds nothing that silences a tool"


def near(
    before: ast.Module, after: ast.Module, start: int, end: int, more: int
) -> tuple[ast.Module, ast.Module]:
    """Return the parts of two modules that an edit can have changed.

    Args:
        before: The module as it is.
        after: The same after the edit.
        start: The first line edited.
        end: The last one.
        more: How many lines the edit adds.
    """
    was, now = before.body, after.body
    while True:
        head = min(sum(_end(n) < start for n in body) for body in (was, now))
        tail = min(sum(_first(n) > last for n in body) for body, last in ((was, end), (now, end + more)))
        was, now = was[head : len(was) - tail], now[head : len(now) - tail]
        one, two = (body[0] if len(body) == 1 else None for body in (was, now))
        if (
            not isinstance(one, ast.ClassDef)
            or not isinstance(two, ast.ClassDef)
            or start <= one.body[0].lineno
        ):
            break
        was, now = one.body, two.body
    return ast.Module(was, []), ast.Module(now, [])


def keeps_checks(before: ast.AST, after: ast.AST) -> Result:
    """Check that a Python edit catches no more, asserts no less and leaves no code that cannot run.

    Args:
        before: The tree of what is edited (`near` of a file's tree).
        after: The same after the edit.
    """
    for check in (_catches, _tried, asserts, _tests, _examples, _raises, _conditions, _bodies, _unreachable):
        problem = check(before, after)
        if problem is not None:
            return problem
    return "no check removed or weakened"


def keeps_checks_text(before: str, after: str) -> Result:
    """Check the same as far as text tells, where no tree is to be had."""
    for name, pattern in (("a test", _TEST_TEXT), ("an assertion", _ASSERT_TEXT)):
        if len(pattern.findall(after)) < len(pattern.findall(before)):
            return Problem("weakens-check", f"{name} is gone")
    return "no test or assertion removed"


def _spelt(text: str) -> str:
    return " ".join(text.lower().split())


def _catches(before: ast.AST, after: ast.AST) -> Problem | None:
    was, now = Counter(_broad(before)), Counter(_broad(after))
    added = sorted((now - was).elements())
    return Problem("silences", f"adds {added[0]}") if added else None


def _broad(tree: ast.AST) -> Iterator[str]:
    """Yield what catches everything, or lets an exception vanish."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {last_name(kind) for kind in kinds}
            if node.type is None:
                yield "a bare except"
            elif names & BROAD and not any(isinstance(n, ast.Raise) for n in ast.walk(node)):
                yield "an except for every exception"
            elif all(isinstance(n, (ast.Pass, ast.Continue)) or is_constant(n) for n in node.body):
                yield "an except that does nothing"
        elif isinstance(node, ast.Call) and last_name(node.func) == "suppress":
            broad = {last_name(argument) for argument in node.args} & BROAD
            yield "an except for every exception" if broad else "an except that does nothing"


def _tried(before: ast.AST, after: ast.AST) -> Problem | None:
    """Find an import that is gone from a `try`, which is there to tell whether it can be imported."""
    gone = sorted((Counter(_imports_in_try(before)) - Counter(_imports_in_try(after))).elements())
    return Problem("weakens-check", f"the `try` around `{gone[0]}` has nothing to try") if gone else None


def _imports_in_try(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and node.handlers:
            for inner in node.body:
                if isinstance(inner, ast.ImportFrom):
                    yield from (f"from {inner.module or '.'} import {a.name}" for a in inner.names)
                elif isinstance(inner, ast.Import):
                    yield from (f"import {a.name}" for a in inner.names)


def _tests(before: ast.AST, after: ast.AST) -> Problem | None:
    gone = Counter(_test_names(before)) - Counter(_test_names(after))
    return Problem("weakens-check", f"the test {min(gone)} is gone") if gone else None


def _test_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            yield node.name


def _examples(before: ast.AST, after: ast.AST) -> Problem | None:
    """Find an example of a docstring that does not stand there as it did: it says what the code is to do."""
    gone = Counter(_shown(before)) - Counter(_shown(after))
    return (
        Problem("weakens-check", f"the example `{min(gone)[0].strip()}` is gone or another") if gone else None
    )


def _shown(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node) or ""
            with suppress(ValueError):  # not in doctest's form, so no check of anything
                yield from ((one.source, one.want) for one in (parsed(text) if ">>>" in text else ()))


def _raises(before: ast.AST, after: ast.AST) -> Problem | None:
    was, now = (sum(isinstance(n, ast.Raise) for n in ast.walk(tree)) for tree in (before, after))
    return Problem("weakens-check", "a `raise` is gone") if now < was else None


def _conditions(before: ast.AST, after: ast.AST) -> Problem | None:
    """Find a condition that has become a constant: `if False:` keeps the code and never runs it."""
    was, now = Counter(_fixed(before)), Counter(_fixed(after))
    added = sorted((now - was).elements())
    return Problem("weakens-check", f"the condition `{added[0]}` never changes") if added else None


def _fixed(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        branches = isinstance(node, (ast.If, ast.IfExp))
        never_loops = isinstance(node, ast.While) and not getattr(node.test, "value", True)
        if (branches or never_loops) and _never_changes(node.test):  # type: ignore[attr-defined]
            yield ast.unparse(node.test)  # type: ignore[attr-defined]


def _never_changes(test: ast.expr) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _never_changes(test.operand)
    if isinstance(test, ast.BoolOp):
        decisive = isinstance(test.op, ast.Or)
        return any(isinstance(v, ast.Constant) and bool(v.value) is decisive for v in test.values)
    return isinstance(test, ast.Constant)


def _bodies(before: ast.AST, after: ast.AST) -> Problem | None:
    """Find a body that did something and does nothing now."""
    was, now = Counter(_empty(before)), Counter(_empty(after))
    added = sorted((now - was).elements())
    return Problem("weakens-check", f"nothing is left of the body of {added[0]}") if added else None


def _empty(tree: ast.AST) -> Iterator[str]:
    """Yield the functions that do nothing, or only return a constant."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            says = [n for n in node.body if not (isinstance(n, ast.Pass) or is_constant(n))]
            lone = (
                len(says) == 1
                and isinstance(says[0], ast.Return)
                and (says[0].value is None or isinstance(says[0].value, ast.Constant))
            )
            if not says or lone:
                yield node.name


def _unreachable(before: ast.AST, after: ast.AST) -> Problem | None:
    was, now = (sum(_behind(n) for n in ast.walk(tree)) for tree in (before, after))
    return Problem("weakens-check", "code that ran can no longer be reached") if now > was else None


def _behind(node: ast.AST) -> int:
    """Count the blocks of a node that go on behind a statement that leaves them."""
    blocks = (getattr(node, name, None) for name in ("body", "orelse", "finalbody"))
    lists = [block for block in blocks if isinstance(block, list)]
    return sum(any(isinstance(statement, _ENDS) for statement in block[:-1]) for block in lists)


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])
