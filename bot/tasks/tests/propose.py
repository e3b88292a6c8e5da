"""Calls to try: those that were found, then guesses, each parameter's in turn."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from bot.tasks.tests.guess import guesses
from bot.tasks.tests.values import instances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.tasks.tests.calls import Calls
    from bot.tasks.tests.subject import Module, Subject

__all__ = ["Call", "propose", "receivers_of"]

MOST = 48  # calls of one function
_RECEIVERS = 3  # of those that were found
_CANDIDATES = 12  # altogether: in place of one that cannot be made, another is taken
_FIRST = 4  # that calls are made on
_BELOW = 2  # classes


@dataclass(frozen=True, slots=True)
class Call:
    """One call to try. All of it is Python text, in the names of the module under test."""

    receiver: str  # makes the object, or names the class; "" for a function
    name: str
    arguments: tuple[str, ...]  # with "name=" where they are passed by name
    origin: str = "guess"  # "call" of the repository, "engine", or "guess"
    attribute: bool = False  # a property: read, not called

    @property
    def text(self) -> str:
        """The call as a whole."""
        head = f"{self.receiver}.{self.name}" if self.receiver else self.name
        return head if self.attribute else f"{head}({', '.join(self.arguments)})"


def propose(one: Subject, mined: Calls, extra: Sequence[tuple[str, ...]] = ()) -> list[Call]:
    """Return calls of a function to try, without repetitions, at most `MOST`.

    Args:
        one: The function.
        mined: Calls found in the repository, by name.
        extra: Arguments that an engine proposed.
    """
    receivers = receivers_of(one, mined)
    if not receivers:
        return []
    found: list[Call] = []
    arguments = [
        *((each, "call") for each in mined.get(one.node.name, ())),
        *((each, "engine") for each in extra),
        *((each, "guess") for each in _guessed(one)),
    ]
    if one.kind == "property":
        arguments = [((), "guess")]
    for number, (each, origin) in enumerate(arguments):
        # The first calls meet every receiver; later ones take turns.
        first = receivers[:_FIRST]
        chosen = first if number < 2 else [first[number % len(first)]]  # noqa: PLR2004
        found += [Call(r, one.node.name, each, origin, one.kind == "property") for r in chosen]
    return list(dict.fromkeys(found))[:MOST]


def receivers_of(one: Subject, mined: Calls) -> list[str]:
    """Return expressions for what a method is called on, the likeliest first; "" for a function."""
    if one.owner is None:
        return [""]
    name = one.owner.name
    if one.kind in {"static", "class"}:
        return [name]
    made = [f"{name}({', '.join(each)})" for each in mined.get(name, ())]
    for each in one.owner.body:  # other ways to make one: Version.parse("1.2.3")
        marks = [ast.unparse(mark) for mark in getattr(each, "decorator_list", ())]
        if isinstance(each, ast.FunctionDef) and "classmethod" in marks:
            made += [f"{name}.{each.name}({', '.join(given)})" for given in mined.get(each.name, ())]
    made = made[:_RECEIVERS] + list(instances(one.owner, one.module))
    for below in _below(one.owner, one.module):  # a base class alone may have nothing to show
        made[2:2] = list(instances(below, one.module))[:1]
    return list(dict.fromkeys(made))[:_CANDIDATES]


def _below(owner: ast.ClassDef, module: Module) -> list[ast.ClassDef]:
    """Return classes in sight that inherit from a class directly, at most two."""
    names = dict.fromkeys([*module.classes, *module.elsewhere])
    nodes = [node for name in names if (node := module.class_of(name)) is not None and node is not owner]
    return [
        node
        for node in nodes
        if any(ast.unparse(base).rpartition(".")[2] == owner.name for base in node.bases)
    ][:_BELOW]


def _guessed(one: Subject) -> Iterator[tuple[str, ...]]:
    """Yield arguments: the likeliest of each parameter, then one changed at a time, then all by turns."""
    needed = [slot for slot in one.slots if slot.default is None]
    optional = [slot for slot in one.slots if slot.default is not None]
    options = [guesses(one, slot) for slot in needed]
    if not needed:
        yield ()
    elif all(options):
        yield from _combined(one, [slot.name for slot in needed], options)
    base = [each[0] for each in options if each]
    columns = []
    for slot in optional:
        tried = [
            each for each in guesses(one, slot) if each != ast.unparse(slot.default or ast.Constant(None))
        ]
        columns.append([(*_by_position(needed, base), f"{slot.name}={each}") for each in tried])
    if len(base) == len(needed):
        for row in zip_longest(*columns):
            yield from (each for each in row if each is not None)


def _combined(one: Subject, names: list[str], options: list[list[str]]) -> Iterator[tuple[str, ...]]:
    slots = [slot for slot in one.slots if slot.name in names]
    longest = max(map(len, options))
    for n in range(longest):
        # after the likeliest, neighbours differ: f(0, 0, 0) tells less than f(1, 2, 3)
        yield _by_position(slots, [each[(n + k * bool(n)) % len(each)] for k, each in enumerate(options)])
    if len(options) > 1:
        for position, each in enumerate(options):
            for value in each[1:]:
                row = [other[0] for other in options]
                row[position] = value
                yield _by_position(slots, row)
        for n in range(longest):  # other pairs than those of the first pass
            yield _by_position(slots, [each[(n * (k + 2) + k) % len(each)] for k, each in enumerate(options)])


def _by_position(slots: Sequence[object], values: Sequence[str]) -> tuple[str, ...]:
    pairs = zip(slots, values, strict=False)
    return tuple(f"{slot.name}={value}" if slot.keyword else value for slot, value in pairs)  # type: ignore[attr-defined]
