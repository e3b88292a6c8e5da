"""One module's missing tests: calls are tried, the useful ones written down, and the file is proven."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.data import Outcome, Rejected
from bot.languages import detect
from bot.pipeline.dialects.base import Funnel, skip
from bot.pipeline.dialects.javascript.asking import Proposed
from bot.pipeline.dialects.javascript.ready import Place, Ready, missing
from bot.pipeline.dialects.shown import shown
from bot.tasks.tests.choose import Case, Seen, choose
from bot.tasks.tests.javascript.calls import mine
from bot.tasks.tests.javascript.compose import Written, requoted, write
from bot.tasks.tests.javascript.imports import Sheet, local_names
from bot.tasks.tests.javascript.layout import specifier, stem_of
from bot.tasks.tests.javascript.page import titles
from bot.tasks.tests.javascript.propose import propose, wanted_names
from bot.verify.tests.javascript.instrument import instrument
from bot.verify.tests.javascript.prove import Bench, Proof, prove

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.tasks.tests.javascript.layout import Habits
    from bot.tasks.tests.javascript.propose import Call
    from bot.tasks.tests.javascript.subject import Subject
    from bot.verify.tests.javascript.instrument import Instrumented, Mutation
    from bot.verify.tests.javascript.lab import Observed

__all__ = ["test_module"]

_SAYS_NOTHING = frozenset({"none", "error", "late", "varies"})
_DULL = frozenset({"''", '""', "[]", "{}", "undefined", "null", "NaN", "0", "new Map()", "new Set()"})


def test_module(subjects: Sequence[Subject], ready: Ready, funnel: Funnel) -> Iterator[Outcome]:
    """Look for tests of one file's functions; every function ends in an outcome."""
    module = subjects[0].module
    place = ready.place(module.path)
    why = place if isinstance(place, str) else place.untyped if module.language != "javascript" else ""
    if isinstance(place, str) or why:
        yield from (skip(one, "no-test-runner", why) for one in subjects)
        return
    funnel.functions += len(subjects)
    sheet = _sheet(subjects[0], place, ready)
    yield from (skip(one, "out-of-reach") for one in subjects if _exported(one) not in sheet.locals)
    subjects = [one for one in subjects if _exported(one) in sheet.locals]
    if not subjects:
        return
    sources = [(detect(path), each.source) for path, each in ready.before.items()]
    mined = mine([*sources, *(("text", each) for each in ready.prose)], wanted_names(subjects))
    taken = titles(sheet.old)
    asked = ready.asker.propose(place.lab, sheet, subjects, mined, taken) if ready.asker else Proposed()
    tried = [
        _quoted(
            propose(one, sheet.locals[_exported(one)][0], mined, asked.inputs.get(one.name, ())), place.habits
        )
        for one in subjects
    ]
    instrumented = instrument(module, subjects)
    observed = place.lab.observe(sheet, subjects, tried, instrumented)
    if isinstance(observed, str):
        yield from (skip(one, "not-importable", observed) for one in subjects)
        return
    written = list(asked.tests)
    funnel.engine += len(written)
    helped = {each.subject.qualname for each in written}
    funnel.helped |= {(module.path, name) for name in helped}
    bench = Bench(place.lab, sheet, instrumented)
    for n, one in enumerate(subjects):
        lacking = missing(one, ready)
        cases = _cases(one, tried[n], observed[n], _Known(instrumented, n, lacking), funnel)
        if isinstance(cases, Rejected):
            if one.qualname in helped:
                bench.mutants[one.qualname] = instrumented.mutations[n]
            else:
                yield replace(cases, completions=asked.completions.get(one.qualname, ()))
            continue
        written += write(one, _exported(one), cases.cases, place.project.runner, place.habits, taken)
        bench.mutants[one.qualname] = cases.mutants
        bench.silent[one.qualname] = cases.silent
        bench.reached[one.qualname] = cases.gained
    if written:
        yield from _proven(bench, written, funnel, asked)


def _exported(one: Subject) -> str:
    """Return the name, in its module, of what has to be imported."""
    return one.owner or one.name


def _proven(bench: Bench, written: Sequence[Written], funnel: Funnel, asked: Proposed) -> Iterator[Outcome]:
    proof = prove(bench, written)
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
            why, answers = reasons[one.qualname], asked.completions.get(one.qualname, ())
            yield Rejected(one.chunk, why.reason, why.detail, answers)
    if isinstance(proof, Proof):
        funnel.proven += len(proof.tests)
        funnel.tested += len(kept)
        answers = tuple(each for one in kept for each in asked.completions.get(one.qualname, ()))
        count = len(proof.tests)
        yield shown(
            proof.page, detect(proof.page.path), count, kept, bench.sheet.old, proof.evidence, answers
        )


def _sheet(one: Subject, place: Place, ready: Ready) -> Sheet:
    """Return what is fixed of the file that tests a module."""
    module, project, known = one.module, place.project, place.habits
    esm = module.esm or module.language != "javascript" or project.runner == "vitest" or bool(known.esm)
    path = ready.home(module, place, esm=esm)
    old = ready.before.get(path)
    if old is not None and not module.esm:
        esm = b"require(" not in old.source or b"\nimport " in old.source
    return Sheet(
        path=path,
        runner=project.runner,
        habits=known,
        esm=esm,
        specifier=specifier(path, module, project, known),
        module_esm=module.esm,
        locals=local_names(module.exports, stem_of(module.path, project)),
        old=old,
    )


def _quoted(calls: Sequence[Call], known: Habits) -> list[Call]:
    """Return calls with their strings between the project's quotes."""
    return list(
        dict.fromkeys(
            replace(
                each,
                receiver=requoted(each.receiver, known.quote) if each.receiver else "",
                arguments=tuple(requoted(argument, known.quote) for argument in each.arguments),
            )
            for each in calls
        )
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the numbers of one function mean, and which of its blocks are not reached."""

    instrumented: Instrumented
    number: int
    lacking: Collection[int]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is to be written down of one function."""

    cases: list[Case]
    mutants: list[Mutation]
    silent: int
    gained: int


def _cases(
    one: Subject, calls: Sequence[Call], seen: Observed, known: _Known, funnel: Funnel
) -> _Chosen | Rejected:
    """Return the cases that are worth a test, or why there are none."""
    funnel.tried += len(calls)
    if not calls:
        return Rejected(one.chunk, "no-inputs", "no way to make what it needs was found")
    if seen.crashed:
        return Rejected(one.chunk, "test-crashes", "calling it ended or hung the process")
    told = [
        (n, each)
        for n, each in enumerate(seen.outcomes)
        if each.kind not in _SAYS_NOTHING and not _hidden(one, each.told.get("attrs", ()))
    ]
    funnel.told += len(told)
    if not told:
        kinds = Counter(str(each.told.get("detail") or each.kind) for each in seen.outcomes)
        said = ", ".join(f"{kind} {n} times" for kind, n in kinds.most_common(3))
        return Rejected(one.chunk, "no-outcome", said)
    blocks = known.instrumented.blocks[known.number]
    where = {line for n in known.lacking for line in range(blocks[n].line, blocks[n].end_line + 1)}
    able = [
        each
        for each in known.instrumented.mutations[known.number]
        if each.edit.line in where and seen.killed.get(each.number, ()) is not None
    ]
    heard = [each for each in able if seen.killed.get(each.number)]
    index = {block.number: n for n, block in enumerate(blocks)}
    candidates = []
    for n, outcome in told:
        gains = frozenset(index[hit] for hit in outcome.hits if hit in index) & frozenset(known.lacking)
        kills = frozenset(each.number for each in heard if n in (seen.killed[each.number] or ()))
        candidates.append(Seen(Case(calls[n], outcome.kind, outcome.told), gains, kills))
    if not any(each.gains for each in candidates):
        return Rejected(one.chunk, "no-new-coverage", f"{len(known.lacking)} blocks are still not reached")
    cases = choose(candidates, mutable=bool(able), dull=_DULL)
    if not cases:
        return Rejected(
            one.chunk, "kills-nothing", f"none of {len(told)} calls noticed any of {len(able)} mutants"
        )
    funnel.useful += len(cases)
    gained = {gain for each in candidates if each.case in cases for gain in each.gains}
    return _Chosen(cases, heard, len(able) - len(heard), len(gained))


def _hidden(one: Subject, attributes: Sequence[Sequence[str]]) -> bool:
    """Whether a test would look at what TypeScript keeps private."""
    names = "|".join(re.escape(name) for name, *_ in attributes)
    declared = rf"\b(?:private|protected)\s+(?:static\s+|readonly\s+)*(?:{names})\b"
    return bool(names) and re.search(declared.encode(), one.module.source) is not None
