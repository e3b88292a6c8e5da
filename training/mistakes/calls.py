"""Calls with the wrong arguments, and formats with the wrong number of values."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from bot.tasks.facts import dotted
from training.mistakes.code import argument

if TYPE_CHECKING:
    from random import Random

    from training.mistakes.code import Code, Edit, Make, Mistake

__all__ = ["MISTAKES"]

_LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
_PLACE = re.compile(rb"%[-#0 +]*\d*(?:\.\d+)?[sdrfixg]|\{(?:[^{}!:]*)(?:![rsa])?(?::[^{}]*)?\}")


def _forgotten(name: str, *functions: str) -> Make:
    """Return what leaves out the keyword argument `name`, the last one, of calls of these functions."""

    def make(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
        given = argument(node, name)
        if given is None or not dotted(node.func).endswith(functions):
            return None
        return code.without(node, given, given.value)

    return make


def _logger(node: ast.Call) -> bool:
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr in _LEVELS
        and dotted(function.value)
        .rpartition(".")[2]
        .lower()
        .strip("_")
        .endswith(("log", "logger", "logging"))
    )


def _too_few_logged(code: Code, node: ast.Call, rng: Random) -> list[Edit] | None:
    """A value of a log message is missing, or one more place is there to be filled."""
    if not _logger(node) or len(node.args) < 2 or not isinstance(node.args[0], ast.Constant):
        return None
    if len(node.args) > 2 and not node.keywords and rng.random() < 0.5:
        return code.without(node, node.args[-1], node.args[-1])
    text = code.text(node.args[0])
    if not code.short(node.args[0]):
        return None
    more = rng.choice([b": %s", b" (%s)", b" %s", b" %d"])
    return code.put(node.args[0], text[:-1] + more + text[-1:])


def _too_many_logged(code: Code, node: ast.Call, rng: Random) -> list[Edit] | None:
    if not _logger(node) or len(node.args) < 2 or not isinstance(node.args[0], ast.Constant):
        return None
    places = list(_PLACE.finditer(code.text(node.args[0])))
    if not code.short(node.args[0]) or len(places) < 2:
        return None
    one, start = rng.choice(places), code.at(node.args[0])[0]
    return [(start + one.start(), start + one.end(), b"")]


def _root_logger(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """The module's logger is there, and the root logger is used."""
    if not _logger(node) or not isinstance(node.func, ast.Attribute):
        return None
    owner = node.func.value
    known = isinstance(owner, ast.Name) and owner.id != "logging" and "logging" in code.bound
    return code.put(owner, "logging") if known else None


def _shouted(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """`logger.exception(…)` spelt `logger.error(…, exc_info=True)`."""
    if not _logger(node) or not isinstance(node.func, ast.Attribute) or node.func.attr != "exception":
        return None
    end = code.at(node)[1] - 1
    if node.keywords or code.source[:end].rstrip()[-1:] in b",(":
        return None
    word = code.at(node.func)[1]
    return [(word - len("exception"), word, b"error"), (end, end, b", exc_info=True")]


def _percent(code: Code, node: ast.BinOp, rng: Random) -> list[Edit] | None:
    """`"… %s …" % (a, b)` with a value too few or too many."""
    if not isinstance(node.op, ast.Mod) or not isinstance(node.left, ast.Constant):
        return None
    values = node.right
    if not isinstance(values, ast.Tuple) or len(values.elts) < 2 or not code.short(values):
        return None
    places = list(_PLACE.finditer(code.text(node.left)))
    if rng.random() < 0.5 and code.short(node.left) and len(places) > 1:
        one, start = rng.choice(places), code.at(node.left)[0]
        return [(start + one.start(), start + one.end(), b"")]
    if len(values.elts) < 3:
        return None
    at = rng.randrange(1, len(values.elts))
    return [(code.at(values.elts[at - 1])[1], code.at(values.elts[at])[1], b"")]


def _format(code: Code, node: ast.Call, rng: Random) -> list[Edit] | None:
    """`"… {} …".format(a, b)` with a value too few."""
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr != "format":
        return None
    if not isinstance(function.value, ast.Constant) or len(node.args) + len(node.keywords) < 2:
        return None
    if node.keywords:
        last = node.keywords[-1]
        return code.without(node, last, last.value)
    if rng.random() < 0.4 and code.short(function.value):
        text = code.text(function.value)
        return code.put(function.value, text[:-1] + rng.choice([b" {}", b": {}", b" ({})"]) + text[-1:])
    return code.without(node, node.args[-1], node.args[-1])


def _default(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """A number as the default of an environment variable."""
    if not dotted(node.func).endswith(("environ.get", "getenv")) or len(node.args) != 2:
        return None
    text = node.args[1]
    whole = isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value.isdigit()
    return code.put(text, str(int(text.value))) if whole else None  # type: ignore[attr-defined]


def _stripped(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """`removeprefix` spelt as if `lstrip` took a prefix."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"removeprefix", "removesuffix"}:
        return None
    end, size = code.at(node.func)[1], len(node.func.attr)
    return [(end - size, end, b"lstrip" if node.func.attr == "removeprefix" else b"rstrip")]


def _utc(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """A time without a zone in place of one in UTC."""
    name = dotted(node.func)
    value = node.args[0] if node.args else node.keywords[0].value if node.keywords else None
    if not name.endswith("datetime.now") or not dotted(value).lower().endswith("utc"):
        return None
    return code.put(node, name.removesuffix("now") + "utcnow()")


def _by_position(code: Code, node: ast.Call, _: Random) -> list[Edit] | None:
    """The flags of `re.sub` and the like where a count is expected."""
    if dotted(node.func) not in {"re.sub", "re.subn", "re.split"} or len(node.args) not in {2, 3}:
        return None
    given = node.keywords[0] if len(node.keywords) == 1 else None
    if given is None or given.arg not in {"flags", "count", "maxsplit"}:
        return None
    start = code.at(given.value)[0] - len(given.arg) - 1
    return [(start, start + len(given.arg) + 1, b"")] if code.source[start : start + 1].isalpha() else None


def _quit(code: Code, node: ast.Call, rng: Random) -> list[Edit] | None:
    if dotted(node.func) != "sys.exit":
        return None
    return code.put(node.func, "exit" if rng.random() < 0.7 else "quit")


MISTAKES: tuple[Mistake, ...] = (
    ("B905", ast.Call, _forgotten("strict", "zip")),
    ("PLW1510", ast.Call, _forgotten("check", "subprocess.run", "run")),
    ("B028", ast.Call, _forgotten("stacklevel", "warn", "warnings.warn")),
    ("PLE1206", ast.Call, _too_few_logged),
    ("PLE1205", ast.Call, _too_many_logged),
    ("LOG015", ast.Call, _root_logger),
    ("G201", ast.Call, _shouted),
    ("F507", ast.BinOp, _percent),
    ("F524", ast.Call, _format),
    ("PLW1508", ast.Call, _default),
    ("B005", ast.Call, _stripped),
    ("DTZ003", ast.Call, _utc),
    ("B034", ast.Call, _by_position),
    ("PLR1722", ast.Call, _quit),
)
