"""People's tests of one file as plain functions: without a class, parameters or decorators."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.unittest_way import Plain, Unfit, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from training.project import Project

__all__ = ["Test", "Untaken", "plain"]

_BARE = frozenset({("unittest", "TestCase"), ("unittest2", "TestCase")})  # bases that prepare nothing
_BASES = 3  # classes above a class that are looked at
_STATEMENTS = 12  # that are looked at, of a longer test
_ROWS = 3  # of a parametrized test of one assertion
_MARKS = frozenset(
    """skip skipif xfail usefixtures asyncio anyio trio django_db network online internet vcr integration
    parametrize benchmark""".split()  # noqa: SIM905
)
_PREPARES = frozenset(
    """setUp setUpClass asyncSetUp setup setup_method setup_class tearDown tearDownClass teardown_method
    teardown_class setUpModule setup_module setup_function""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Test:
    """A test, as the body of a function without parameters."""

    path: str
    name: str
    body: list[ast.stmt]
    origin: ast.FunctionDef  # as it stands in the file


@dataclass(frozen=True, slots=True)
class Untaken:
    """A test that nothing is learnt from."""

    name: str
    reason: str


def plain(path: str, project: Project) -> Iterator[Test | Untaken]:
    """Yield the tests of a file: functions, and methods of classes that share no state.

    Args:
        path: Of the file.
        project: Whose it is; what it has parsed is left as it is.
    """
    module = project.module(path)
    if module is None:
        return
    prepared = "autouse" if "autouse" in project.texts[path] else ""
    prepared = prepared or ("module set-up" if module.functions.keys() & _PREPARES else "")
    for node in module.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            yield _taken(path, node, prepared, method=False)
        elif isinstance(node, ast.ClassDef):
            tests = [each for each in _methods(node) if each.name.startswith("test")]
            why = _shares(node, path, project) if tests else ""
            for each in tests:
                yield _taken(path, each, prepared or why, method=True)


def _methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (each for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _shares(node: ast.ClassDef, path: str, project: Project, depth: int = _BASES) -> str:
    """Return why the tests of a class may need what is not in the test itself; "" where they do not."""
    if node.decorator_list or node.keywords:
        return "decorated class"
    if any(map(_prepares, _methods(node))):
        return "set-up"
    for base in node.bases:
        dotted = ast.unparse(base).split(".")
        if project.stands_for(path, dotted) in _BARE or dotted == ["object"]:
            continue
        above = project.definition(path, dotted) if depth else None
        if above is None or not isinstance(above[1], ast.ClassDef):
            return "base class"
        if why := _shares(above[1], above[0], project, depth - 1):
            return why
    return ""


def _prepares(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method sets up more than attributes, which no test that is taken uses."""
    return node.name in _PREPARES and not all(
        "super()" in ast.unparse(each)
        or isinstance(each, ast.Pass)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        or (isinstance(each, ast.Assign) and all(ast.unparse(t).startswith("self.") for t in each.targets))
        for each in node.body
    )


def _taken(
    path: str, node: ast.FunctionDef | ast.AsyncFunctionDef, why: str, *, method: bool
) -> Test | Untaken:
    if isinstance(node, ast.AsyncFunctionDef):
        return Untaken(node.name, "asynchronous")
    if why:
        return Untaken(node.name, why)
    try:
        return Test(path, node.name, _body(node, method=method), node)
    except Unfit as reason:
        return Untaken(node.name, str(reason))


def _body(node: ast.FunctionDef, *, method: bool) -> list[ast.stmt]:
    """Return the statements of a test that stand for themselves.

    Raises:
        Unfit: They do not.
    """
    arguments = node.args
    named = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    static = any(ast.unparse(mark) == "staticmethod" for mark in node.decorator_list)
    if method and not static:
        if not named or named[0] != "self":
            raise Unfit("class method")
        named = named[1:]
    marks = [mark for mark in node.decorator_list if ast.unparse(mark) != "staticmethod"]
    if arguments.vararg or arguments.kwarg:
        raise Unfit("fixtures")
    rows = _rows(marks, named)
    body = node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]  # its docstring
    body = copy.deepcopy(body[:_STATEMENTS])
    if method:
        turn = Plain()
        body = [turn.visit(each) for each in body]
    body = [each for each in body if not _prints(each)]
    for each in body:
        for inner in ast.walk(each):
            if isinstance(inner, (ast.Yield, ast.YieldFrom, ast.Await, ast.Return, ast.Global, ast.Nonlocal)):
                raise Unfit("not a plain body")
            if method and isinstance(inner, ast.Name) and inner.id == "self":
                raise Unfit("uses self")
    body = _filled(body, rows) if rows else body
    ast.fix_missing_locations(ast.Module(body, []))
    return body


def _prints(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"


def _rows(marks: list[ast.expr], named: list[str]) -> list[dict[str, ast.expr]]:
    """Return the rows of a parametrized test, by parameter; none for a test without parameters.

    Raises:
        Unfit: It is marked in another way, or wants what the rows do not give.
    """
    if not marks:
        if named:
            raise Unfit("fixtures")
        return []
    found: list[dict[str, ast.expr]] = [{}]
    for mark in marks:
        called = mark.func if isinstance(mark, ast.Call) else mark
        name = ast.unparse(called).removeprefix("pytest.").removeprefix("mark.")
        if isinstance(mark, ast.Call) and name == "parametrize":
            rows = _table(mark)
            # of several tables all rows of the last one, and the first of the others
            found = [{**found[0], **row} for row in rows]
        elif "mark." not in ast.unparse(called) or name in _MARKS:
            raise Unfit("decorated")
    if sorted(found[0]) != sorted(named):
        raise Unfit("fixtures")
    return found if named else []


def _table(mark: ast.Call) -> list[dict[str, ast.expr]]:
    """Return the rows of a mark, by parameter.

    Raises:
        Unfit: They are not written out there.
    """
    if len(mark.args) < 2 or not isinstance(mark.args[1], (ast.List, ast.Tuple)):
        raise Unfit("decorated")
    try:
        given = ast.literal_eval(mark.args[0])
    except ValueError:
        raise Unfit("decorated") from None
    names = [each.strip() for each in given.split(",")] if isinstance(given, str) else list(given)
    rows = []
    for each in mark.args[1].elts:
        values = [each] if len(names) == 1 else getattr(each, "elts", [])
        if isinstance(each, ast.Call) and ast.unparse(each.func) in {"pytest.param", "param"}:
            values = [] if any(k.arg == "marks" for k in each.keywords) else each.args
        if len(values) == len(names) and not any(isinstance(v, ast.Starred) for v in values):
            rows.append(dict(zip(names, values, strict=True)))
    if not rows:
        raise Unfit("decorated")
    return rows


def _filled(body: list[ast.stmt], rows: list[dict[str, ast.expr]]) -> list[ast.stmt]:
    """Return a parametrized body with values in its parameters' place: of one row, or one after the other."""
    loads = [each for node in body for each in ast.walk(node) if isinstance(each, ast.Name)]
    if any(each.id in rows[0] and not isinstance(each.ctx, ast.Load) for each in loads):
        raise Unfit("changes its parameters")
    texts = {  # before Python 3.12 not every value can be written there
        each.id
        for node in body
        for text in ast.walk(node)
        if isinstance(text, ast.JoinedStr)
        for each in ast.walk(text)
        if isinstance(each, ast.Name)
    }
    uses = {name: sum(each.id == name for each in loads) for name in rows[0]}
    short = len(body) == 1 and isinstance(body[0], (ast.Assert, ast.With))
    made: list[ast.stmt] = []
    for row in rows[: _ROWS if short else 1]:
        apart = {name for name in row if name in texts or (uses[name] > 1 and not _plain(row[name]))}
        if apart and made:
            break
        names = {name: value for name, value in row.items() if name not in apart}
        made += [
            ast.Assign([ast.Name(name, ast.Store())], copy.deepcopy(row[name]), lineno=0)
            for name in row
            if name in apart
        ]
        made += [_Put(names).visit(copy.deepcopy(each)) for each in body]
    for node in made:
        for each in ast.walk(node):
            if isinstance(each, (ast.If, ast.IfExp)) and literal(each.test):
                raise Unfit("its row decides what it does")
    return made


def _plain(node: ast.expr) -> bool:
    return all(isinstance(each, (ast.Constant, ast.UnaryOp, ast.unaryop)) for each in ast.walk(node))


class _Put(ast.NodeTransformer):
    """Puts values in the place of names."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Put a value where a name is."""
        return copy.deepcopy(self._values[node.id]) if node.id in self._values else node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Put `f(1, a=2)` in the place of `f(*(1,), **{"a": 2})`."""
        self.generic_visit(node)
        node.args = [each for given in node.args for each in _spread(given)]
        node.keywords = [each for given in node.keywords for each in _apart(given)]
        return node


def _spread(given: ast.expr) -> list[ast.expr]:
    several = given.value if isinstance(given, ast.Starred) else None
    return several.elts if isinstance(several, (ast.List, ast.Tuple)) else [given]


def _apart(given: ast.keyword) -> list[ast.keyword]:
    """Return what `**dict(a=1)` or `**{"a": 1}` gives, one by one."""
    value = given.value
    if given.arg is None and isinstance(value, ast.Call) and getattr(value.func, "id", "") == "dict":
        return value.keywords if not value.args else [given]
    if given.arg is None and isinstance(value, ast.Dict):
        names = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        if all(isinstance(name, str) and name.isidentifier() for name in names):
            return [ast.keyword(str(n), v) for n, v in zip(names, value.values, strict=True)]
    return [given]
