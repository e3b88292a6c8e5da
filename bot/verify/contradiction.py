"""Cheap proofs that a docstring is false. Every rule has a name, and fires only on a clear contradiction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.verify import openings, opposites, results
from bot.verify.facts import Facts
from bot.verify.subject import Problem, Result, Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[[Subject, Facts], str]  # answers what is contradicted, or ""

__all__ = ["RULES", "check_contradiction"]

RULES: tuple[Rule, ...] = (
    results.truth_of_other_kind,
    results.other_container,
    results.constant,
    results.kind_told_as,
    results.raising,
    results.only_raising,
    results.other_thing,
    results.accessor,
    openings.class_as_function,
    opposites.opposite_action,
    opposites.opposite_call,
    opposites.opposite_word,
    opposites.opposite_in_code,
    opposites.negated_truth,
    opposites.http_verb,
    opposites.unsupported_claim,
)
# Where there are no facts of the tree, only the names speak.
_NAMES_ONLY: tuple[Rule, ...] = (opposites.opposite_action, opposites.opposite_word)


def check_contradiction(subject: Subject) -> Result:
    """Run every rule that applies to the language; the first contradiction found is the problem."""
    rules = RULES if subject.facts else _NAMES_ONLY
    facts = subject.facts or Facts("function", subject.symbol.name, stub=True)
    for rule in rules:
        found = rule(subject, facts)
        if found:
            return Problem("contradicts-code", f"{rule.__name__.replace('_', '-')}: {found}")
    return f"{len(rules)} rules found no contradiction"
