"""Calls functions as asked and tells what came of it: results, errors, output, lines, mutants noticed.

The request names a module, its functions and the calls to try on each; a function that hangs or crashes costs
its own answer alone.
"""

from __future__ import annotations

import ast
import asyncio
import collections.abc
import contextlib
import importlib
import inspect
import io
import itertools
import linecache
import os
import signal
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import codebot_common as common
import codebot_mutate
from codebot_render import render, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SECONDS = 1.0  # of one call
_MUTANT = 4.0  # of all calls on one mutant
_FUNCTION = 40.0  # of all calls of one function
_TEXT = 120  # characters of what an object calls itself
_ITEMS = 40  # of an iterator
_MUTABLE = (list, dict, set, bytearray)
_HELPERS = ("datetime", "decimal", "fractions", "pathlib")


class Late(BaseException):
    """A call took too long."""


def main() -> None:
    """Answer the request."""
    asked = common.request()
    measured = common.coverage({**asked, "measured": [asked["path"]]})
    signal.signal(signal.SIGALRM, _late)
    try:
        with _quiet():
            signal.setitimer(signal.ITIMER_REAL, 20)
            module = importlib.import_module(asked["module"])
            signal.setitimer(signal.ITIMER_REAL, 0)
        place = getattr(module, "__file__", None) or ""
        if os.path.realpath(place) != os.path.realpath(asked["path"]):
            raise ImportError(f"{asked['module']} is {place}, not the file of the repository")  # noqa: TRY301
    except BaseException as error:  # noqa: BLE001 - a module may do anything when it is imported
        signal.setitimer(signal.ITIMER_REAL, 0)
        common.report({"import": f"{type(error).__name__}: {error}"})
        return
    with open(asked["path"], encoding="utf-8") as stream:
        tree = ast.parse(stream.read())
    found = []
    for each in asked["functions"]:
        told = common.forked(lambda each=each: _function(each, module, tree, asked, measured), _FUNCTION)
        found.append(told if told is not None else {"crashed": True, "calls": [], "mutants": []})
    common.report({"import": "", "functions": found})


def _function(one: Any, module: Any, tree: ast.Module, asked: Any, measured: Any) -> Any:
    path = asked["path"]
    calls = one["calls"]
    outcomes = []
    for number, call in enumerate(calls):
        measured.switch_context(str(number))
        outcomes.append(_observe(call, module, path, returns=one["returns"]))
        measured.switch_context("")
    measured.stop()
    for number, outcome in enumerate(outcomes):
        outcome.update(common.reached(measured, str(number), [path]).get(path, {"lines": [], "arcs": []}))
    usable = [n for n, each in enumerate(outcomes) if each["kind"] not in {"error", "late", "none"}]
    mutants = []
    live = common.functions(path, one["name"], one["starts"])
    if live and usable:
        code = live[0].__code__
        made = codebot_mutate.mutants(tree, code.co_filename, one["qualname"], code, asked["mutants"])
        for mutant in made:

            def attempt(mutant: Any = mutant) -> list[int]:
                for each in live:
                    each.__code__ = mutant.code
                again = {n: _observe(calls[n], module, path, returns=one["returns"]) for n in usable}
                return [n for n in usable if _key(again[n]) != _key(outcomes[n])]

            killed = common.forked(attempt, _MUTANT)
            mutants.append({"line": mutant.line, "what": mutant.what, "killed": killed})
    return {"calls": outcomes, "mutants": mutants, "crashed": False}


def _key(outcome: Any) -> Any:
    return [outcome.get(name) for name in ("kind", "source", "name", "message", "text", "attrs", "index")]


def _observe(call: Any, module: Any, path: str, *, returns: bool) -> dict[str, Any]:
    """Carry out one call and describe what came of it; with `returns`, None is a result like others."""
    names = dict(vars(module))
    for name in _HELPERS:
        names.setdefault(name, importlib.import_module(name))
    out = io.StringIO()
    try:
        receiver, function, args, kwargs = _prepare(call, names)
    except BaseException as error:  # noqa: BLE001 - a guess that cannot even be written
        return {"kind": "error", "detail": type(error).__name__}
    before = [render(each) if isinstance(each, _MUTABLE) else None for each in args]
    was = state(receiver) if receiver is not None and not isinstance(receiver, type) else []
    try:
        with _quiet(out):
            signal.setitimer(signal.ITIMER_REAL, _SECONDS)
            try:
                result = getattr(receiver, call["name"]) if call["attribute"] else function(*args, **kwargs)
                wrap, result = _unwrapped(result)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    except Late:
        return {"kind": "late"}
    except BaseException as error:  # noqa: BLE001 - what it raises is the finding
        return _raised(error, path)
    told = _described(result, wrap, out.getvalue(), args, before, receiver, was)
    if told["kind"] == "none" and result is None and returns:
        return {"kind": "value", "source": "None", "imports": [], "wrap": "", "float": False}
    return told


def _prepare(call: Any, names: dict[str, Any]) -> tuple[Any, Any, list[Any], dict[str, Any]]:
    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<call>", "eval"), names)  # noqa: S307 - in the sandbox

    with _quiet():
        signal.setitimer(signal.ITIMER_REAL, _SECONDS)
        try:
            node = ast.parse(f"f({', '.join(call['arguments'])})", mode="eval").body
            assert isinstance(node, ast.Call)
            receiver = value(ast.parse(call["receiver"], mode="eval").body) if call["receiver"] else None
            function = None
            if not call["attribute"]:
                function = getattr(receiver, call["name"]) if call["receiver"] else names[call["name"]]
            args = [value(each) for each in node.args]
            kwargs = {str(each.arg): value(each.value) for each in node.keywords}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return receiver, function, args, kwargs


def _unwrapped(result: Any) -> tuple[str, Any]:
    """Return a coroutine's result and an iterator's items, and how a test would get at them."""
    if inspect.iscoroutine(result):
        return "asyncio.run", asyncio.run(result)
    if isinstance(
        result, (collections.abc.Iterator, type({}.keys()), type({}.values()), type({}.items()), range)
    ):
        items = list(itertools.islice(iter(result), _ITEMS + 1))
        if len(items) > _ITEMS:
            raise Late
        return "list", items
    return "", result


def _described(  # noqa: PLR0911, PLR0917 - all that a call leaves, and a return for each kind
    result: Any, wrap: str, out: str, args: list[Any], before: list[Any], receiver: Any, was: list[Any]
) -> dict[str, Any]:
    if result is None and not wrap:
        if out:
            return {"kind": "prints", "text": out}
        for index, (value, old) in enumerate(zip(args, before)):
            new = render(value) if old is not None else None
            if new is not None and new != old:
                return {"kind": "mutates", "index": index, "source": new[0], "imports": new[1]}
        now = state(receiver) if was or receiver is not None else []
        if receiver is not None and not isinstance(receiver, type) and now != was:
            return {"kind": "state", **_attributes([each for each in now if each not in was])}
    told = render(result)
    if told is not None:
        if result is None:
            return {"kind": "none"}
        return {"kind": "value", "source": told[0], "imports": told[1], "wrap": wrap,
                "float": type(result) is float}  # fmt: skip
    if not wrap and _says_what_it_is(result):
        return {"kind": "text", "name": type(result).__name__, "text": str(result)}
    attributes = state(result)
    if attributes and not wrap:
        return {"kind": "attrs", "name": type(result).__name__, **_attributes(attributes)}
    return {"kind": "none"}


def _says_what_it_is(value: Any) -> bool:
    """Whether an object's class spells it out, in a line without an address."""
    kind: Any = type(value)
    own = kind.__str__ is not object.__str__ or kind.__repr__ is not object.__repr__
    try:
        text = str(value) if own and kind.__module__ != "builtins" else ""
    except Exception:  # noqa: BLE001 - a text with a mind of its own
        return False
    return 0 < len(text) <= _TEXT and text.isprintable() and " at 0x" not in text


def _attributes(found: list[list[Any]]) -> dict[str, Any]:
    return {"attrs": [each[:2] for each in found], "imports": [need for each in found for need in each[2]]}


def _raised(error: BaseException, path: str) -> dict[str, Any]:
    """Describe an error that the code means to raise; one that a bad guess brought about says nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    kind = type(error)
    last = frames[-1] if frames else None
    meant = last is not None and os.path.realpath(last.filename) == os.path.realpath(path)
    line = linecache.getline(last.filename, last.lineno or 0).strip() if last is not None else ""
    if not meant or not line.startswith("raise") or "<" in kind.__qualname__ or kind is NotImplementedError:
        return {"kind": "error", "detail": kind.__name__}
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - an error that cannot say what it is
        message = ""
    return {"kind": "raises", "name": kind.__qualname__, "module": kind.__module__, "message": message}


@contextlib.contextmanager
def _quiet(out: io.StringIO | None = None) -> Any:
    with contextlib.redirect_stdout(out or io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _late(_number: int, _frame: object) -> None:
    raise Late


main()
