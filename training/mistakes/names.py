"""Names: misspelt, unbound, unused, hard to read."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from bot.tasks.facts import dotted

if TYPE_CHECKING:
    from random import Random

    from training.mistakes.code import Code, Edit, Mistake

__all__ = ["MISTAKES"]

_BUILT_IN = frozenset(dir(builtins))
_RESULTS = ("result", "res", "ret", "value", "response", "out", "data", "tmp", "status", "r", "x")
_ERRORS = ("e", "exc", "err", "error", "ex")
_COUNTERS = ("i", "j", "index", "n", "item", "key", "k", "idx", "name", "x")


def _misspelt(word: str, rng: Random) -> str:
    """Return a word as hasty fingers type it, or as someone remembers it."""
    at = rng.randrange(1, len(word) - 1)
    plural = word[:-1] if word.endswith("s") else word + "s"
    bare = word.strip("_").replace("_", "", 1) if "_" in word.strip("_") else plural
    head, _, tail = word.rpartition("_")
    part = (tail if rng.random() < 0.5 else head) if head.strip("_") and len(tail) > 2 else plural
    return rng.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            plural,
            plural,
            bare,
            part,
            part,
            word.swapcase() if word.islower() or word.isupper() else word[0].swapcase() + word[1:],
            f"_{word}" if not word.startswith("_") else word[1:],
        ]
    )


def _new(code: Code, word: str) -> bool:
    return word.isidentifier() and word not in code.words and word not in _BUILT_IN


def _use(code: Code, node: ast.Name, rng: Random) -> list[Edit] | None:
    if not isinstance(node.ctx, ast.Load) or len(node.id) < 4 or node.id in _BUILT_IN:
        return None
    if rng.random() > 0.25 or code.function(node) is None:
        return None
    wrong = _misspelt(node.id, rng)
    return code.put(node, wrong) if _new(code, wrong) else None


def _lost_owner(code: Code, node: ast.Attribute, rng: Random) -> list[Edit] | None:
    """`self.x` or `module.x` becomes `x`."""
    if not isinstance(node.value, ast.Name) or not isinstance(node.ctx, ast.Load) or rng.random() > 0.3:
        return None
    if code.function(node) is None or node.attr in _BUILT_IN or not code.short(node):
        return None
    free = len(node.attr) > 2 and node.attr not in code.bound
    return code.put(node, node.attr) if free else None


def _kept_for_nothing(code: Code, node: ast.Expr, rng: Random) -> list[Edit] | None:
    """A call for its effect, whose result is given a name that nothing uses."""
    function = code.function(node)
    if not isinstance(node.value, ast.Call) or function is None or rng.random() > 0.4:
        return None
    inside = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
    inside |= {one.arg for one in ast.walk(function) if isinstance(one, ast.arg)}
    name = next((one for one in rng.sample(_RESULTS, len(_RESULTS)) if one not in inside), None)
    start = code.at(node)[0]
    return [(start, start, f"{name} = ".encode())] if name else None


def _caught_for_nothing(code: Code, node: ast.ExceptHandler, rng: Random) -> list[Edit] | None:
    function = code.function(node)
    if node.type is None or node.name or function is None:
        return None
    used = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
    name = next((one for one in rng.sample(_ERRORS, len(_ERRORS)) if one not in used), None)
    end = code.at(node.type)[1]
    if code.source[end : end + 1] == b")":
        return None
    return [(end, end, f" as {name}".encode())] if name else None


def _bound_otherwise(code: Code, node: ast.Assign, rng: Random) -> list[Edit] | None:
    """The name that an assignment binds is misspelt: it is unused then, and what uses it is undefined."""
    function, target = code.function(node), node.targets[0]
    if function is None or not isinstance(target, ast.Name) or len(target.id) < 4:
        return None
    uses = code.uses(function, target.id)
    if len(uses) < 2 or sum(isinstance(one.ctx, ast.Store) for one in uses) > 1:
        return None
    wrong = _misspelt(target.id, rng)
    return code.put(target, wrong) if _new(code, wrong) else None


def _exported(code: Code, node: ast.Assign, rng: Random) -> list[Edit] | None:
    if dotted(node.targets[0]) != "__all__" or not isinstance(node.value, (ast.List, ast.Tuple)):
        return None
    names = [
        one
        for one in node.value.elts
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and len(one.value) > 3
    ]
    if not names:
        return None
    one = rng.choice(names)
    spelt, wrong = code.text(one).decode(), _misspelt(str(one.value), rng)
    return code.put(one, spelt.replace(str(one.value), wrong)) if _new(code, wrong) else None


def _ambiguous(code: Code, node: ast.AST, rng: Random) -> list[Edit] | None:
    """A variable of a loop or a comprehension becomes l, I or O."""
    target = node.generators[0].target if isinstance(node, _Comprehension) else node.target  # type: ignore[attr-defined]
    if not isinstance(target, ast.Name) or target.id[0] not in "lLiIoO" or len(target.id) < 2:
        return None
    letter = {"l": "l", "i": "I", "o": "O"}[target.id[0].lower()]
    within = node if isinstance(node, _Comprehension) else code.function(node)
    if within is None or letter in code.words or rng.random() > 0.7:
        return None
    bound = [one for one in ast.walk(within) if isinstance(one, ast.arg) and one.arg == target.id]
    return None if bound else [e for one in code.uses(within, target.id) for e in code.put(one, letter)]


def _underscore(code: Code, node: ast.AST, rng: Random) -> list[Edit] | None:
    """A variable that nothing uses loses the underscore that says so."""
    target = node.target if isinstance(node, (ast.For, ast.AsyncFor)) else node.targets[0]  # type: ignore[attr-defined]
    function = code.function(node)
    if function is None or (isinstance(node, ast.Assign) and not isinstance(target, ast.Tuple)):
        return None
    several = target.elts if isinstance(target, ast.Tuple) else [target]
    marked = [one for one in several if isinstance(one, ast.Name) and one.id.startswith("_")]
    if not marked:
        return None
    one = rng.choice(marked)
    used = {each.id for each in ast.walk(function) if isinstance(each, ast.Name)}
    used |= {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    free = [name for name in _COUNTERS if name not in used]
    name = one.id.lstrip("_") or (rng.choice(free) if free else "")
    return code.put(one, name) if name.isidentifier() and name not in used | _BUILT_IN else None


def _itself(code: Code, node: ast.Compare, rng: Random) -> list[Edit] | None:
    """A comparison of something with itself."""
    left, right = node.left, node.comparators[0]
    if len(node.ops) > 1 or not isinstance(left, ast.Name) or not isinstance(right, ast.Name):
        return None
    keep, other = (left, right) if rng.random() < 0.5 else (right, left)
    return None if isinstance(node.ops[0], (ast.In, ast.NotIn)) else code.put(other, keep.id)


def _late(code: Code, node: ast.Lambda, rng: Random) -> list[Edit] | None:
    """A lambda in a loop no longer binds the loop's variable by a default."""
    arguments = node.args
    del rng
    if not arguments.defaults or arguments.kwonlyargs or arguments.vararg:
        return None
    last, default = arguments.args[-1], arguments.defaults[-1]
    if not isinstance(default, ast.Name) or default.id != last.arg or len(arguments.args) < 2:
        return None
    before = arguments.defaults[-2] if len(arguments.defaults) > 1 else arguments.args[-2]
    return [(code.at(before)[1], code.at(default)[1], b"")]


_Comprehension = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
MISTAKES: tuple[Mistake, ...] = (
    ("F821", ast.Name, _use),
    ("F821", ast.Attribute, _lost_owner),
    ("F841", ast.Expr, _kept_for_nothing),
    ("F841", ast.ExceptHandler, _caught_for_nothing),
    ("F841", ast.Assign, _bound_otherwise),
    ("F822", ast.Assign, _exported),
    ("E741", (*_Comprehension, ast.For), _ambiguous),
    ("B007", (ast.For, ast.AsyncFor), _underscore),
    ("RUF059", ast.Assign, _underscore),
    ("PLR0124", ast.Compare, _itself),
    ("B023", ast.Lambda, _late),
)
