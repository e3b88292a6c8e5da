"""Runs doctest examples in the namespace of one module: those that are given, or those of its docstrings.

Nothing is cut short: every example runs, also behind one that fails, and is told of on its own.
"""

from __future__ import annotations

import doctest
import importlib
import json
import os
import re
import signal
import sys
import threading
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

REQUEST, REPORT = ".codebot/request.json", ".codebot/report.json"
_TEXT = 2000  # characters of what an example printed that are told
_SECONDS = 5.0  # of processor time that one example may take
_WAIT = 30.0  # by the clock: it may also sleep
_CONFIGURATIONS = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
# pytest's own flags: which prefix of a literal does not count; numbers that need not be exact are not judged.
_PREFIXES = {
    doctest.register_optionflag("ALLOW_UNICODE"): re.compile(r"(\W|^)[uU]([rR]?['\"])"),
    doctest.register_optionflag("ALLOW_BYTES"): re.compile(r"(\W|^)[bB]([rR]?['\"])"),
}
_NUMBER = doctest.register_optionflag("NUMBER")
# Where the project says nothing: what fails even so is wrong however its examples are meant.
_LENIENT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL | sum(_PREFIXES)
_FLAGS = re.compile(r"^\s*doctest_optionflags\s*=((?:.*\n)(?:[ \t\"',\]].*\n)*)", re.MULTILINE)


class Overtime(Exception):  # noqa: N818 - told as what the example raised
    """An example took too long."""


def watch(on: bool) -> None:
    """Start or stop the clocks of an example; they go off again each second, in case the code catches it."""
    if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():
        clocks = ((signal.SIGPROF, signal.ITIMER_PROF, _SECONDS), (signal.SIGALRM, signal.ITIMER_REAL, _WAIT))
        for number, clock, seconds in clocks:
            signal.signal(number, _late)
            signal.setitimer(clock, seconds if on else 0, 1.0 if on else 0)


def _late(_signal: int, _frame: Any) -> None:
    raise Overtime(f"longer than {_SECONDS:.0f} s")


class Checker(doctest.OutputChecker):
    """Compares as pytest does."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        if super().check_output(want, got, optionflags) or optionflags & _NUMBER:
            return True
        for flag, prefix in _PREFIXES.items():
            if optionflags & flag:
                want, got = prefix.sub(r"\1\2", want), prefix.sub(r"\1\2", got)
        return super().check_output(want, got, optionflags)


class Runner(doctest.DocTestRunner):
    """Keeps what came of each example instead of printing it."""

    def __init__(self, path: str, flags: int) -> None:
        super().__init__(checker=Checker(), verbose=False, optionflags=flags)
        self._path = os.path.realpath(path)
        self.told: list[dict[str, Any]] = []

    def report_start(self, out: Any, test: Any, example: Any) -> None:
        watch(True)

    def report_success(self, out: Any, test: Any, example: Any, got: str) -> None:
        self._tell(test, example, True, got)

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
        self._tell(test, example, False, got)

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        kind, error, trace = exc_info
        frames = [
            frame.lineno or 0
            for frame in traceback.extract_tb(trace)
            if os.path.realpath(frame.filename) == self._path
        ]
        said = "".join(traceback.format_exception_only(kind, error)).strip()
        self._tell(test, example, False, said, raised=kind.__name__, frame=frames[-1] if frames else 0)

    def _tell(self, test: Any, example: Any, ok: bool, got: str, raised: str = "", frame: int = 0) -> None:
        watch(False)
        self.told.append(
            {
                "name": test.name,
                "line": (test.lineno or 0) + example.lineno + 1,
                "source": example.source,
                "want": example.want,
                "ok": ok,
                "got": got[-_TEXT:],
                "raised": raised,
                "frame": frame,
            }
        )


def imported(path: str, root: str) -> ModuleType:
    """Import a file as the module it is: below its outermost package, or by its own name."""
    parts = path[: -len(".py")].split("/")
    start = len(parts) - 1
    while start and os.path.isfile(os.path.join(root, *parts[:start], "__init__.py")):
        start -= 1
    error = ImportError(f"{path} cannot be imported")
    # without an __init__.py anywhere, the package may start at the root or below `src`
    for first in dict.fromkeys((start, 0, int(parts[0] == "src"))):
        names = parts[first:-1] if parts[-1] == "__init__" else parts[first:]
        name = ".".join(names)
        sys.path[0:0] = [os.path.join(root, *parts[:first])]
        try:
            module = importlib.import_module(name)
        except ImportError as problem:
            error = problem if first == start else error
            continue
        if os.path.realpath(module.__file__ or "") == os.path.realpath(path):
            return module
        error = ImportError(f"{name} is another module, at {module.__file__}")
    raise error


def flags(root: str) -> int:
    """Return the flags that the project's pytest is configured with; lenient ones where it is not."""
    found = None
    for name in _CONFIGURATIONS:
        try:
            with open(os.path.join(root, name), encoding="utf-8", errors="replace") as stream:
                text = stream.read()
        except OSError:
            continue
        for match in _FLAGS.finditer(text + "\n"):
            found = found or 0
            for word in re.findall(r"[A-Z_]+", match.group(1)):
                found |= doctest.OPTIONFLAGS_BY_NAME.get(word, 0)
    return _LENIENT if found is None else found


def tests(module: ModuleType, path: str, text: str | None) -> Iterator[doctest.DocTest]:
    """Yield the given examples as one test, or those of the module's docstrings in order of their lines."""
    if text is not None:
        namespace = dict(vars(module))
        yield doctest.DocTestParser().get_doctest(text, namespace, module.__name__, path, 0)
        return
    found = doctest.DocTestFinder(exclude_empty=True).find(module, module.__name__)
    yield from sorted((each for each in found if each.examples), key=lambda each: each.lineno or 0)


def main() -> None:
    """Do what the request says, and leave a report."""
    with open(REQUEST, encoding="utf-8") as stream:
        asked = json.load(stream)
    root, path = os.getcwd(), asked["path"]
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != here]
    told: dict[str, Any] = {"problem": "", "examples": []}
    try:
        module = imported(path, root)
    except BaseException as error:  # noqa: BLE001 - whatever importing the project's code does
        told["problem"] = "".join(traceback.format_exception_only(type(error), error)).strip()
    else:
        given = asked.get("text")
        runner = Runner(path, flags(root) if given is None else 0)
        try:
            for test in tests(module, path, given):
                runner.run(test, out=lambda _text: None, clear_globs=False)
        except ValueError as error:  # a docstring whose examples cannot be read
            told["problem"] = str(error)
        told["examples"] = runner.told
    with open(os.path.join(root, REPORT), "w", encoding="utf-8") as stream:
        json.dump(told, stream)


if __name__ == "__main__":
    main()
