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
    from bot.tasks.tests.subject import Subject

__all__ = ["Call", "propose"]

MOST = 48  # calls of one function
_RECEIVERS = 3


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
    receivers = _receivers(one, mined)
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
        chosen = receivers if number < 2 else [receivers[number % len(receivers)]]  # noqa: PLR2004
        found += [Call(r, one.node.name, each, origin, one.kind == "property") for r in chosen]
    return list(dict.fromkeys(found))[:MOST]


def _receivers(one: Subject, mined: Calls) -> list[str]:
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
    return list(dict.fromkeys(made))[: _RECEIVERS + 1]


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
        yield _by_position(slots, [each[n % len(each)] for each in options])
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
