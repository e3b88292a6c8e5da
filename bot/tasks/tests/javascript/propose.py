"""Calls of JavaScript to try: those that were found, then guesses, each parameter's in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.tasks.tests.javascript.values import guesses, of_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.tasks.tests.javascript.calls import Calls
    from bot.tasks.tests.javascript.subject import Slot, Subject

__all__ = ["Call", "propose", "wanted_names"]

MOST = 48  # calls of one function
_RECEIVERS = 3


@dataclass(frozen=True, slots=True)
class Call:
    """One call to try. All of it is JavaScript, in the names that a test imports."""

    receiver: str  # makes the object, or names the class; "" for a function
    name: str
    arguments: tuple[str, ...]
    origin: str = "guess"  # "call" of the repository, "engine", or "guess"
    attribute: bool = False  # a getter: read, not called

    @property
    def text(self) -> str:
        """The call as a whole."""
        head = f"{self.receiver}.{self.name}" if self.receiver else self.name
        return head if self.attribute else f"{head}({', '.join(self.arguments)})"


def wanted_names(subjects: Sequence[Subject]) -> set[str]:
    """Return the names whose calls in the repository tell how to call some functions."""
    names = {one.name for one in subjects} | {one.owner for one in subjects if one.owner}
    for one in subjects:
        found = one.module.exports.get(one.owner or one.name)
        names |= {found.name} if found is not None and found.name else set()
    return {name for name in names if len(name) > 1 and name not in {"default", "exports"}}


def propose(one: Subject, called: str, mined: Calls, extra: Sequence[tuple[str, ...]] = ()) -> list[Call]:
    """Return calls of a function to try, without repetitions, at most `MOST`.

    Args:
        one: The function.
        called: What a test calls it, or its class.
        mined: Calls found in the repository, by name.
        extra: Arguments that an engine proposed.
    """
    name = one.name if one.owner else called
    receivers = _receivers(one, called, mined)
    known = [*mined.get(one.name, ()), *(mined.get(called, ()) if not one.owner else ())]
    arguments: list[tuple[tuple[str, ...], str]] = [
        *((each, "call") for each in known),
        *((each, "engine") for each in extra),
        *((each, "guess") for each in _guessed(one)),
    ]
    if one.kind == "getter":
        arguments = [((), "guess")]
    found: list[Call] = []
    for number, (each, origin) in enumerate(arguments):
        chosen = receivers if number < 2 else [receivers[number % len(receivers)]]  # noqa: PLR2004 - first ones
        found += [Call(r, name, each, origin, one.kind == "getter") for r in chosen]
    return list(dict.fromkeys(found))[:MOST]


def _receivers(one: Subject, called: str, mined: Calls) -> list[str]:
    if not one.owner:
        return [""]
    if one.kind == "static":
        return [called]
    made = [f"new {called}({', '.join(each)})" for each in mined.get(one.owner, ())][:_RECEIVERS]
    slots = [slot for slot in one.module.constructors.get(one.owner, ()) if slot.default is None]
    made.append(f"new {called}({', '.join(of_type(slot, one.module.types) for slot in slots)})")
    return list(dict.fromkeys(made))


def _guessed(one: Subject) -> Iterator[tuple[str, ...]]:
    """Yield arguments: the likeliest of each parameter, then one changed at a time, then all by turns."""
    needed = [slot for slot in one.slots if slot.default is None]
    optional = [slot for slot in one.slots if slot.default is not None]
    options = [guesses(one, slot) or ["undefined"] for slot in needed]
    if not needed:
        yield ()
    yield from _combined(options)
    base = [each[0] for each in options]
    placed = [slot for slot in one.slots if slot.default is None or not slot.rest]
    for slot in optional:
        for each in guesses(one, slot):
            row = _row(placed, needed, base, slot, each)
            if row is not None:
                yield row
    for n in range(4):  # optional ones together with other values of the needed ones
        row = tuple(
            (guesses(one, slot) or ["undefined"])[(n + k) % max(len(guesses(one, slot)), 1)]
            for k, slot in enumerate(one.slots)
        )
        yield row


def _row(
    placed: Sequence[Slot], needed: Sequence[Slot], base: Sequence[str], slot: Slot, value: str
) -> tuple[str, ...] | None:
    """Return the arguments up to an optional one, with what lies between left to its default."""
    given = dict(zip(map(id, needed), base, strict=True))
    if slot.rest:
        return (*(given.get(id(each), "undefined") for each in placed), value, value)
    row: list[str] = []
    for each in placed:
        if each is slot:
            return (*row, value)
        row.append(given.get(id(each), "undefined"))
    return None


def _combined(options: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    if not options:
        return
    longest = max(map(len, options))
    for n in range(longest):
        yield tuple(each[n % len(each)] for each in options)
    if len(options) > 1:
        for position, each in enumerate(options):
            for value in each[1:]:
                row = [other[0] for other in options]
                row[position] = value
                yield tuple(row)
        for n in range(longest):
            yield tuple(each[(n * (k + 2) + k) % len(each)] for k, each in enumerate(options))
