"""What no test may do: sleep, reach out, depend on this machine or this day, or assert nothing."""

from __future__ import annotations

import ast
import re

__all__ = ["asserts", "banned"]

_CALLS = {
    "time.sleep": "sleeps",
    "asyncio.sleep": "sleeps",
    "sleep": "sleeps",
    "time.time": "tells the time",
    "time.time_ns": "tells the time",
    "time.monotonic": "tells the time",
    "time.perf_counter": "tells the time",
    "time.localtime": "tells the time",
    "time.gmtime": "tells the time",
    "datetime.now": "tells the time",
    "datetime.today": "tells the time",
    "datetime.utcnow": "tells the time",
    "date.today": "tells the time",
    "os.system": "starts a program",
    "os.popen": "starts a program",
    "os.getpid": "depends on the process",
    "os.getcwd": "depends on the machine",
    "os.getlogin": "depends on the machine",
    "os.environ.get": "depends on the machine",
    "os.getenv": "depends on the machine",
    "os.urandom": "draws random numbers without a seed",
    "uuid.uuid1": "draws random numbers without a seed",
    "uuid.uuid4": "draws random numbers without a seed",
    "platform.node": "depends on the machine",
    "eval": "runs text as code",
    "exec": "runs text as code",
    "os._exit": "ends the process",
    "os.abort": "ends the process",
    "os.kill": "ends processes",
    "sys.exit": "ends the process",
    "exit": "ends the process",
    "quit": "ends the process",
    "breakpoint": "waits for a person",
    "input": "waits for a person",
    "pytest.skip": "skips itself",
    "pytest.xfail": "expects to fail",
    "pytest.importorskip": "skips itself",
}
_MODULES = {
    "socket": "uses the network",
    "requests": "uses the network",
    "httpx": "uses the network",
    "urllib.request": "uses the network",
    "http.client": "uses the network",
    "ftplib": "uses the network",
    "smtplib": "uses the network",
    "subprocess": "starts a program",
    "multiprocessing": "starts processes",
    "ctypes": "reaches past Python",
    "secrets": "draws random numbers without a seed",
}
_MARKS = (
    "pytest.mark.skip",
    "pytest.mark.skipif",
    "pytest.mark.xfail",
    "unittest.skip",
    "unittest.expectedFailure",
)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_ABSOLUTE = re.compile(r"^(?:/(?:home|root|Users|tmp|var|private|work|mnt|opt)/|[A-Za-z]:\\)")
_SAMPLED = ("random.",)


def banned(tree: ast.AST) -> str:
    """Return in words why a test must not be shown, or the empty string."""
    seeded = any(
        isinstance(n, ast.Call) and ast.unparse(n.func).endswith(("seed", "Random")) for n in ast.walk(tree)
    )
    for node in ast.walk(tree):
        why = _why(node, seeded=seeded)
        if why:
            return f"line {getattr(node, 'lineno', 0)} {why}"
    return ""


def _why(  # noqa: C901, PLR0911, PLR0912 - one return for each kind of thing
    node: ast.AST, *, seeded: bool
) -> str:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        for banned_name, why in _CALLS.items():
            if name == banned_name or name.endswith(f".{banned_name}"):
                return why
        if name.startswith(_SAMPLED) and not seeded:
            return "draws random numbers without a seed"
        if name == "open" and node.args and _absolute(node.args[0]):
            return "names a path of this machine"
        if name in {"hash", "id"}:
            return "depends on the process"
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names = (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        )
        for name in names:
            for module, why in _MODULES.items():
                if name == module or name.startswith(f"{module}."):
                    return why
    elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith(_MARKS):
        return "skips itself or expects to fail"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if _ADDRESS.search(node.value) and " at 0x" in node.value:
            return "holds an address of memory"
        if _absolute(node):
            return "names a path of this machine"
    elif isinstance(node, ast.ExceptHandler) and all(isinstance(each, ast.Pass) for each in node.body):
        return "swallows errors"
    return ""


def _absolute(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_ABSOLUTE.match(node.value))
    )


def asserts(tree: ast.AST) -> bool:
    """Whether a test asserts something that is not always so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and not _always(node.test):
            return True
        if isinstance(node, ast.With) and any("raises" in ast.unparse(item).lower() for item in node.items):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            own = isinstance(node.func.value, ast.Name) and node.func.value.id == "self"
            if own and node.func.attr.startswith("assert") and not all(map(_constant, node.args)):
                return True
    return False


def _always(test: ast.expr) -> bool:
    """Whether a condition holds whatever the code does: a constant, or a thing compared with itself."""
    if _constant(test):
        return True
    if isinstance(test, ast.Compare) and len(test.comparators) == 1:
        left, right = test.left, test.comparators[0]
        if ast.dump(left) == ast.dump(right):
            return True
        return _constant(left) and _constant(right)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_always(each) for each in test.values)
    return False


def _constant(node: ast.expr) -> bool:
    """Whether an expression is made of literals alone."""
    return not any(isinstance(each, (ast.Name, ast.Call, ast.Attribute)) for each in ast.walk(node))
