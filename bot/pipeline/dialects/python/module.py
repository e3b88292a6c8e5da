"""One module's missing tests: calls are tried, the useful ones written down, and the file is proven."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Union

from bot.data import Change, Outcome, Rejected
from bot.pipeline.dialects.base import Funnel, skip
from bot.pipeline.dialects.python.asking import Asker, Proposed
from bot.pipeline.dialects.shown import shown
from bot.tasks.tests.calls import mine
from bot.tasks.tests.choose import Case, Seen, choose
from bot.tasks.tests.compose import Written, write
from bot.tasks.tests.layout import Habits, home, nearest
from bot.tasks.tests.page import taken_names
from bot.tasks.tests.propose import propose, receivers_of
from bot.verify.tests.prove import Proof, prove
from bot.verify.tests.tidy import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.tasks.tests.calls import Calls
    from bot.tasks.tests.propose import Call
    from bot.tasks.tests.subject import Module, Subject
    from bot.verify.tests.lab import Arc, Coverage, Lab, Observed

__all__ = ["Ready", "missing", "test_module"]

_SAYS_NOTHING = frozenset({"none", "error", "late"})


@dataclass(frozen=True, slots=True)
class Ready:
    """What is known before any file is looked at."""

    root: Path
    lab: Lab
    habits: Habits
    coverage: Mapping[str, Coverage]  # what the project's own tests reach, by path
    before: Mapping[str, Change]  # Python files as they are, by path
    prose: Sequence[bytes] = ()  # documents with examples after `>>>`
    asker: Asker | None = None  # None: no engine is asked


def test_module(
    module: Module, subjects: Sequence[Subject], ready: Ready, funnel: Funnel
) -> Iterator[Outcome]:
    """Look for tests of one file's functions; every function ends in an outcome."""
    funnel.functions += len(subjects)
    calls = mine([*(each.source for each in ready.before.values()), *ready.prose], module)
    asked = _asked(module, subjects, calls, ready)
    tried = [propose(one, calls, asked.inputs.get(one.node.name, ())) for one in subjects]
    observed = ready.lab.observe(subjects, tried, [receivers_of(one, calls) for one in subjects])
    if isinstance(observed, str):
        yield from (skip(one, "not-importable", observed) for one in subjects)
        return
    path = home(module, ready.habits)
    old = ready.before.get(path)
    taken = taken_names(old)
    written: list[Written] = [each for each in asked.tests if each.name not in taken]
    helped = {each.subject.qualname for each in written}
    funnel.engine += len(written)
    funnel.helped |= {(module.path, name) for name in helped}
    for one, some, seen in zip(subjects, tried, observed, strict=True):
        cases = _cases(one, some, seen, ready.coverage, funnel)
        if isinstance(cases, Rejected):
            if one.qualname not in helped:
                yield replace(cases, completions=asked.completions.get(one.qualname, ()))
        else:
            written += write(one, cases, ready.habits.runner, taken)
    if not written:
        return
    form = partial(tidy, ready.root, path)
    proof = prove(
        ready.lab, path, old, written, runner=ready.habits.runner, coverage=ready.coverage, tidy=form
    )
    reasons = {each.test.subject.qualname: each for each in proof.dropped}
    for each in proof.dropped:
        funnel.drop(each.reason)
    kept = (
        list({one.subject.qualname: one.subject for one in proof.tests}.values())
        if isinstance(proof, Proof)
        else []
    )
    for one in {each.subject.qualname: each.subject for each in written}.values():
        if one not in kept:
            why = reasons[one.qualname]
            yield Rejected(one.chunk, why.reason, why.detail, asked.completions.get(one.qualname, ()))
    if isinstance(proof, Proof) and kept:
        funnel.proven += sum(len(one.cases) for one in proof.tests)
        funnel.tested += len(kept)
        answers = tuple(each for one in kept for each in asked.completions.get(one.qualname, ()))
        count = sum(max(len(one.cases), 1) for one in proof.tests)
        yield shown(proof.page, "python", count, kept, old, proof.evidence, answers)


def _asked(module: Module, subjects: Sequence[Subject], calls: Calls, ready: Ready) -> Proposed:
    """Ask the engine, where there is one; only pytest runs what it writes."""
    if ready.asker is None:
        return Proposed()
    near = nearest(module, ready.habits)
    tests = {path: ready.before[path] for path in near if path in ready.before}
    proposed = ready.asker.propose(ready.lab, module, subjects, calls, tests)
    return proposed if ready.habits.runner == "pytest" else replace(proposed, tests=())


def _cases(
    one: Subject, calls: Sequence[Call], seen: Observed, coverage: Mapping[str, Coverage], funnel: Funnel
) -> list[Case] | Rejected:
    """Return the cases that are worth a test, or why there are none."""
    funnel.tried += len(calls)
    if not calls:
        return Rejected(one.chunk, "no-inputs", "no way to make what it needs was found")
    if seen.crashed:
        return Rejected(one.chunk, "test-crashes", "calling it ended or hung the process")
    told = [(n, outcome) for n, outcome in enumerate(seen.outcomes) if outcome.kind not in _SAYS_NOTHING]
    funnel.told += len(told)
    if not told:
        kinds = Counter(str(each.told.get("detail") or each.kind) for each in seen.outcomes)
        return Rejected(
            one.chunk, "no-outcome", ", ".join(f"{kind} {n} times" for kind, n in kinds.most_common(3))
        )
    lacking = missing(one, coverage)
    where = {line for line in lacking if isinstance(line, int)} | {
        line for arc in lacking if isinstance(arc, tuple) for line in arc
    }
    mutants = [m for m in seen.mutants if m.killed is not None and m.line in where]
    candidates = []
    for n, outcome in told:
        reached = frozenset(outcome.reached.lines) | frozenset(outcome.reached.arcs)
        kills = frozenset(k for k, m in enumerate(mutants) if n in (m.killed or ()))
        call = replace(calls[n], receiver=str(outcome.told["receiver"]))
        candidates.append(Seen(Case(call, outcome.kind, outcome.told), reached & lacking, kills))
    if not any(each.gains for each in candidates):
        return Rejected(
            one.chunk, "no-new-coverage", f"{len(lacking)} lines and branches are still not reached"
        )
    cases = choose(candidates, mutable=bool(mutants))
    if not cases:
        return Rejected(
            one.chunk, "kills-nothing", f"none of {len(told)} calls noticed any of {len(mutants)} mutants"
        )
    funnel.useful += len(cases)
    return cases


def missing(one: Subject, coverage: Mapping[str, Coverage]) -> frozenset[Union[int, Arc]]:
    """Return the lines and branches of a function that nothing reaches; all lines where nothing is known."""
    known = coverage.get(one.module.path)
    if known is None:
        return frozenset(one.lines)
    lines = known.missing.lines & set(one.lines)
    arcs = {arc for arc in known.missing.arcs if arc[0] in one.lines}
    return frozenset(lines) | frozenset(arcs)
