"""Which of the calls that were tried become tests: few, each for something that no other one does."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Case", "Seen", "Tried", "choose", "trimmed"]

MOST = 8  # cases of one function
_NAME = re.compile(r"[A-Za-z_]\w*")
_ORIGINS = {"call": 0, "engine": 1, "guess": 2}


class Tried(Protocol):
    """A call, in any language: its parts are text."""

    @property
    def receiver(self) -> str:
        """What makes the object, or names the class; "" for a function."""
        ...

    @property
    def name(self) -> str:
        """What is called."""
        ...

    @property
    def arguments(self) -> tuple[str, ...]:
        """What it is given."""
        ...

    @property
    def origin(self) -> str:
        """A "call" of the repository, an "engine", or a "guess"."""
        ...

    @property
    def text(self) -> str:
        """The call as a whole."""
        ...


@dataclass(frozen=True, slots=True)
class Case:
    """A call and what came of it: one test, or one row of one."""

    call: Tried
    kind: str
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one call reached and noticed."""

    case: Case
    gains: frozenset[Any]  # lines and branches that the project's tests do not reach
    kills: frozenset[int]  # mutants, by number


def choose(seen: Sequence[Seen], *, mutable: bool, dull: frozenset[str] = frozenset()) -> list[Case]:
    """Return the fewest cases that together gain and kill about as much as all; each kills a mutant.

    Args:
        seen: Cases whose outcome can be asserted.
        mutable: Whether there are any mutants; without them a gain is enough.
        dull: Arguments that show little, such as empty strings: of cases that do the same, others come first.
    """
    left = [one for one in seen if one.kills or not mutable]
    chosen: list[Seen] = []
    gained: set[Any] = set()
    killed: set[int] = set()
    while left and len(chosen) < MOST:
        best = max(
            left, key=lambda one: (len(one.gains - gained), len(one.kills - killed), _liked(one.case, dull))
        )
        if not best.gains - gained and not best.kills - killed:
            break
        left.remove(best)
        chosen.append(best)
        gained |= best.gains
        killed |= best.kills
    kept = list(chosen)
    for one in reversed(chosen):  # what later ones made superfluous
        others = [each for each in kept if each is not one]
        if others and one.gains <= _union(others, "gains") and one.kills <= _union(others, "kills"):
            kept = others
    return [trimmed(one.case) for one in kept]


def trimmed(case: Case) -> Case:
    """Return a case without assertions that no mutant changes, where there are some that one does.

    What an object's type, text or attribute was is one assertion each. A mutant that makes the call fail
    altogether speaks for none of them.
    """
    told = case.told
    telling = set(told.get("telling", ()))
    if case.kind == "text" and telling == {"text"}:
        return replace(case, told={**told, "untyped": True})
    attributes = [each for each in told.get("attrs", ()) if each[0] in telling]
    if case.kind not in {"attrs", "state"} or not attributes:
        return case
    needed = {name for _, text in attributes for name in _NAME.findall(str(text))}
    imports = [each for each in told["imports"] if needed & {each[1], each[0].rpartition(".")[2]}]
    return replace(
        case, told={**told, "attrs": attributes, "imports": imports, "untyped": "name" not in telling}
    )


def _union(some: Sequence[Seen], name: str) -> set[Any]:
    return {each for one in some for each in getattr(one, name)}


def _liked(case: Case, dull: frozenset[str]) -> tuple[int, int, int]:
    """Order cases that do the same: real calls before guesses, short ones before long ones."""
    shown = -sum(each in dull for each in case.call.arguments)
    return (-_ORIGINS[case.call.origin], shown, -len(case.call.text) - len(str(case.told.get("source", ""))))
