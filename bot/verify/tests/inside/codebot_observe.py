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
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import codebot_common as common
import codebot_mutate
from codebot_outcome import MUTABLE, content, described, raised, says_what_it_is
from codebot_render import render, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SECONDS = 1.0  # of processor time for one call
_WALL = 4.0  # seconds by the clock, for a call that waits; a busy machine takes its time
_MUTANT = 4.0  # of all calls on one mutant
_FUNCTION = 40.0  # of all calls of one function
_ITEMS = 40  # of an iterator
_HELPERS = ("datetime", "decimal", "fractions", "io", "pathlib")


class Late(BaseException):
    """A call took too long."""


def main() -> None:
    """Answer the request."""
    asked = common.request()
    measured = common.coverage({**asked, "measured": [asked["path"]]})
    signal.signal(signal.SIGALRM, _late)
    signal.signal(signal.SIGPROF, _late)
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
    names = _names(module, asked["elsewhere"])
    calls = _on_what_works(one["calls"], one["receivers"], names)
    outcomes = []
    for number, call in enumerate(calls):
        measured.switch_context(str(number))
        outcomes.append(_observe(call, names, path, returns=one["returns"]))
        measured.switch_context("")
        outcomes[-1]["receiver"] = call["receiver"]
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

            def attempt(mutant: Any = mutant) -> list[tuple[int, list[str]]]:
                for each in live:
                    each.__code__ = mutant.code
                again = {n: _observe(calls[n], names, path, returns=one["returns"]) for n in usable}
                differ = [n for n in usable if _key(again[n]) != _key(outcomes[n])]
                return [(n, _parts(outcomes[n], again[n])) for n in differ]

            noticed = common.forked(attempt, _MUTANT)
            killed = None if noticed is None else [n for n, _ in noticed]
            for n, parts in noticed or ():
                known = outcomes[n].setdefault("telling", [])
                known += [each for each in parts if each not in known]
            mutants.append({"line": mutant.line, "what": mutant.what, "killed": killed})
    return {"calls": outcomes, "mutants": mutants, "crashed": False}


def _key(outcome: Any) -> Any:
    return [outcome.get(name) for name in ("kind", "source", "name", "message", "text", "attrs", "index")]


def _parts(was: Any, now: Any) -> list[str]:
    """Return which assertions about an outcome tell it from another of its kind."""
    if was["kind"] != now["kind"]:
        return []
    before, after = (dict(each.get("attrs", ())) for each in (was, now))
    found = [name for name in before if before[name] != after.get(name)]
    return found + [key for key in ("name", "text") if was.get(key) != now.get(key)]


def _names(module: Any, elsewhere: dict[str, str]) -> dict[str, Any]:
    """Return what calls may name: the module's names, classes of other modules, a few of the library."""
    names = dict(vars(module))
    for name in elsewhere.keys() - names.keys():
        with contextlib.suppress(BaseException), _quiet(), _in_time():
            names[name] = getattr(importlib.import_module(elsewhere[name]), name)
    for name in _HELPERS:
        names.setdefault(name, importlib.import_module(name))
    return names


def _on_what_works(calls: list[Any], receivers: list[str], names: dict[str, Any]) -> list[Any]:
    """Return the calls, each on an object that can be made where there is one."""
    working = _working(receivers, names) if any(receivers) else []
    if not working:
        return calls
    return [
        call
        if call["receiver"] in working or call["receiver"] not in receivers
        else {**call, "receiver": working[receivers.index(call["receiver"]) % len(working)]}
        for call in calls
    ]


def _observe(call: Any, names: dict[str, Any], path: str, *, returns: bool) -> dict[str, Any]:
    """Carry out one call and describe what came of it; with `returns`, None is a result like others."""
    names = dict(names)
    out = io.StringIO()
    try:
        receiver, function, args, kwargs = _prepare(call, names)
    except BaseException as error:  # noqa: BLE001 - a guess that cannot even be written
        return {"kind": "error", "detail": type(error).__name__}
    before = [render(content(each)) if isinstance(each, MUTABLE) else None for each in args]
    was = state(receiver) if receiver is not None and not isinstance(receiver, type) else []
    try:
        with _quiet(out), _in_time():
            result = getattr(receiver, call["name"]) if call["attribute"] else function(*args, **kwargs)
            wrap, result = _unwrapped(result)
    except Late:
        return {"kind": "late"}
    except BaseException as error:  # noqa: BLE001 - what it raises is the finding
        failed: dict[str, Any] = raised(error, path)
        return failed
    told: dict[str, Any] = described(result, wrap, out.getvalue(), args, before, receiver, was)
    if told["kind"] == "none" and result is None and returns:
        return {"kind": "value", "source": "None", "imports": [], "wrap": "", "float": False}
    return told


def _prepare(call: Any, names: dict[str, Any]) -> tuple[Any, Any, list[Any], dict[str, Any]]:
    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<call>", "eval"), names)  # noqa: S307 - in the sandbox

    with _quiet(), _in_time():
        node = ast.parse(f"f({', '.join(call['arguments'])})", mode="eval").body
        assert isinstance(node, ast.Call)
        receiver = value(ast.parse(call["receiver"], mode="eval").body) if call["receiver"] else None
        function = None
        if not call["attribute"]:
            function = getattr(receiver, call["name"]) if call["receiver"] else names[call["name"]]
        args = [value(each) for each in node.args]
        kwargs = {str(each.arg): value(each.value) for each in node.keywords}
    return receiver, function, args, kwargs


def _working(receivers: list[str], names: dict[str, Any]) -> list[str]:
    """Return the expressions that make an object, those left out that make one which looks like another's."""
    found: dict[str, str] = {}
    for text in receivers:
        try:
            with _quiet(), _in_time():
                made = eval(text, names)  # noqa: S307 - in the sandbox
                looks = repr([type(made).__name__, state(made), str(made) if says_what_it_is(made) else ""])
        except BaseException:  # noqa: BLE001, S112 - a guess that cannot be made
            continue
        found.setdefault(looks, text)
    return list(found.values())


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


@contextlib.contextmanager
def _in_time() -> Any:
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    signal.setitimer(signal.ITIMER_REAL, _WALL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def _quiet(out: io.StringIO | None = None) -> Any:
    with contextlib.redirect_stdout(out or io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _late(_number: int, _frame: object) -> None:
    raise Late


main()
