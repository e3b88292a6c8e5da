"""What the scripts inside the sandbox share: requests and reports, coverage, children, other days."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import resource
import signal
import sys
import time
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

REQUEST, REPORT = ".codebot/request.json", ".codebot/report.json"
_STEP = 0.005  # seconds between two looks at a child
_PATIENCE = 4.0  # by the clock, of a second of processor time


def request() -> dict[str, Any]:
    """Return what is asked for, and make imports work as `python -m` in the repository's root does."""
    inside = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != inside]
    with open(REQUEST, encoding="utf-8") as stream:
        asked: dict[str, Any] = json.load(stream)
    root = os.getcwd()
    sys.path[0:0] = [os.path.join(root, each) if each else root for each in asked.get("paths", [""])]
    return asked


def report(told: dict[str, Any]) -> None:
    """Leave the answer where it is looked for."""
    with open(REPORT, "w", encoding="utf-8") as stream:
        json.dump(told, stream)


def coverage(asked: dict[str, Any]) -> Any:
    """Return a started measurement of lines and branches, by the project's own coverage or the one given."""
    if importlib.util.find_spec("coverage") is None and asked.get("coverage"):
        place = asked["coverage"]
        spec = importlib.util.spec_from_file_location(
            "coverage", os.path.join(place, "__init__.py"), submodule_search_locations=[place]
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["coverage"] = module
        spec.loader.exec_module(module)
    os.environ.setdefault("COVERAGE_CORE", "ctrace")  # the one that can tell tests apart
    import coverage  # noqa: PLC0415

    options = {"source": [os.getcwd()]} if asked.get("everything") else {"include": asked["measured"]}
    measured = coverage.Coverage(
        data_file=None, branch=True, config_file=False, messages=False, omit=[".codebot/*"], **options
    )
    measured.config.disable_warnings = [
        "no-data-collected", "module-not-measured", "module-not-imported", "already-imported", "no-ctracer",
        "couldnt-parse", "no-sysmon",
    ]  # fmt: skip
    measured.start()
    return measured


def reached(measured: Any, context: str | None, paths: list[str]) -> dict[str, Any]:
    """Return lines and arcs that were executed in some files, in one context or altogether."""
    data = measured.get_data()
    data.set_query_context(context) if context is not None else data.set_query_contexts(None)
    found = {}
    for path in paths:
        full = os.path.realpath(path)
        for name in data.measured_files():
            if os.path.realpath(name) == full:
                found[path] = {"lines": sorted(data.lines(name) or ()), "arcs": sorted(data.arcs(name) or ())}
    return found


def functions(path: str, name: str, lines: list[int]) -> list[types.FunctionType]:
    """Return every function object whose code is the one that starts on one of `lines` of a file."""
    full = os.path.realpath(path)
    return [
        each
        for each in gc.get_objects()
        if isinstance(each, types.FunctionType)
        and each.__code__.co_name == name
        and each.__code__.co_firstlineno in lines
        and os.path.realpath(each.__code__.co_filename) == full
    ]


def forked(work: Callable[[], Any], seconds: float) -> Any:
    """Run `work` in a child and return what it returns, as JSON can say it; None where it died or hung.

    Args:
        work: Takes its time from the processor: on a busy machine it may take longer by the clock.
        seconds: Of processor time; a few times as much by the clock, for what only waits.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
            most = int(seconds) + 1
            soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
            answer = json.dumps(work()).encode()
            with os.fdopen(writing, "wb") as stream:
                stream.write(answer)
        except BaseException:  # noqa: BLE001 - whatever it is, the parent goes on
            os._exit(1)
        os._exit(0)
    os.close(writing)
    os.set_blocking(reading, False)
    deadline = time.monotonic() + _PATIENCE * seconds
    told = bytearray()
    while True:
        try:
            data = os.read(reading, 1 << 16)
            if not data:
                break
            told += data
        except BlockingIOError:
            if time.monotonic() > deadline:
                break
            time.sleep(_STEP)
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        return json.loads(bytes(told).decode())
    except ValueError:
        return None


def shift(seconds: float) -> None:
    """Let this process believe in another day, for code that is imported from now on."""
    import datetime as module  # noqa: PLC0415

    real_time, real_ns = time.time, time.time_ns
    real_local, real_gm, real_strftime = time.localtime, time.gmtime, time.strftime
    time.time = lambda: real_time() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 1e9)
    time.localtime = lambda *given: real_local(*(given if given and given[0] is not None else (time.time(),)))
    time.gmtime = lambda *given: real_gm(*(given if given and given[0] is not None else (time.time(),)))
    time.strftime = lambda form, *given: real_strftime(form, *(given or (time.localtime(),)))
    delta = module.timedelta(seconds=seconds)
    real_datetime, real_date = module.datetime, module.date

    class Meta(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, real_datetime if cls.__name__ == "datetime" else real_date)

        def __subclasscheck__(cls, other: Any) -> bool:
            return issubclass(other, real_datetime if cls.__name__ == "datetime" else real_date)

    class Date(real_date, metaclass=Meta):  # type: ignore[misc, valid-type]
        @classmethod
        def today(cls) -> Any:
            return real_date.today() + delta

    class DateTime(real_datetime, metaclass=Meta):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real_datetime.now(tz) + delta

        @classmethod
        def today(cls) -> Any:
            return real_datetime.today() + delta

        @classmethod
        def utcnow(cls) -> Any:
            return real_datetime.now(module.timezone.utc).replace(tzinfo=None) + delta

    Date.__name__ = Date.__qualname__ = "date"
    DateTime.__name__ = DateTime.__qualname__ = "datetime"
    module.date, module.datetime = Date, DateTime  # type: ignore[misc]
