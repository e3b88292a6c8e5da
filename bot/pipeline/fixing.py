"""One file's findings on their way to an outcome each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Union

from bot.chunk.edit import edited_source
from bot.data import Evidence, Hint, Outcome, Rejected, Verified
from bot.findings.finding import DOCTEST, clipped
from bot.tasks.fixes import Edits, Unfit, cost, fix_id, groups, suggest, tool_edits
from bot.tasks.polish import polished
from bot.verify.fix import Fix, Standing, prove
from bot.verify.together import joint, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.data import Change, Suggestion
    from bot.findings.locate import Located
    from bot.pipeline.fixes import Fixes

__all__ = ["FileOfFindings"]

_AGAIN = "run again after taking that"
_WORDS = 400  # characters of a finding's message in a hint


class FileOfFindings:
    """The findings of one file; `outcomes` is called once."""

    def __init__(self, flow: Fixes, change: Change, language: str, before: Sequence[Located]) -> None:
        self._flow = flow
        self._change = change
        self._language = language
        self._before = before
        self._against: dict[str, Rejected] = {}  # by a finding's name: what speaks against a fix of it

    def outcomes(self, wanted: Sequence[Located]) -> Iterator[Outcome]:
        """Yield one outcome for every finding; a suggestion may be that of several."""
        good = self._passed(self._together(self._harmless(list(self._by_tools(wanted)))))
        done = {fix_id([one]) for each in good for one in each.settled}
        for one in wanted:
            made = None if fix_id([one]) in done else self._by_engine(one, good)
            if made is not None:
                good.append(made)
                done |= {fix_id([each]) for each in made.settled}
        settled: set[str] = set()
        for each in self._together(good):
            also = [one for one in wanted if one in each.settled and fix_id([one]) not in settled]
            settled |= {fix_id([one]) for one in also}
            covers = tuple(one.chunk for one in also) if len(also) > 1 else ()
            yield Verified(replace(each.fix.suggestion, covers=covers), each.evidence)
        for one in wanted:
            if fix_id([one]) not in settled:
                yield self._hinted(one)

    def _by_tools(self, wanted: Sequence[Located]) -> Iterator[Standing]:
        """Yield the tools' own safe fixes that every static step passed."""
        fixes: list[Edits] = []
        for one in wanted:
            made = tool_edits(one)
            if isinstance(made, Unfit):
                self._refuse([one], made.reason, made.detail)
            elif not self._flow.checker.provable(one.finding):
                name = one.finding.tool.lower()
                self._refuse([one], "no-recheck", f'for example: recheck = ["{name}: COMMAND {{path}}"]')
            elif one.finding.fix and not one.finding.fix.safe:
                self._refuse([one], "unsafe-fix", f"{one.finding.tool} itself calls its fix unsafe")
            else:
                fixes.append(made)
        joined, left = groups(fixes)
        good = [one for each in joined for one in self._proven(each)]
        for each in left:  # a fix that had the same lines may have failed
            if _apart(each.lines(), good):
                good += self._proven(each)
            else:
                self._refuse(each.found, "overlap", f"changes the same code as another fix: {_AGAIN}")
        yield from good

    def _proven(self, made: Edits) -> Iterator[Standing]:
        result = self._prove(Fix(suggest(made.found, made.edits, made.message), made.found))
        if isinstance(result, Standing):
            yield result
        elif len(made.found) == 1:
            self._against[fix_id(made.found)] = result
        else:  # one of them may be to blame
            yield from self._each_alone(made.found)

    def _each_alone(self, found: Iterable[Located]) -> Iterator[Standing]:
        taken: list[Standing] = []
        for one in found:
            alone = tool_edits(one)
            if isinstance(alone, Unfit):
                continue
            each = self._prove(Fix(suggest([one], alone.edits, alone.message), (one,)))
            if isinstance(each, Rejected):
                self._against[fix_id([one])] = each
            elif _apart(_lines(each), taken):
                taken.append(each)
            else:
                self._refuse([one], "overlap", f"shares a line with another fix: {_AGAIN}")
        yield from taken

    def _by_engine(self, one: Located, good: Sequence[Standing]) -> Standing | None:
        """Return the cheapest of the engine's candidates that passes every step, tests included."""
        if self._flow.offer is None or not self._flow.checker.provable(one.finding):
            return None
        standing = []
        for candidate in self._flow.offer(one, self._flow.checker.explain(one.finding)):
            if isinstance(candidate, Rejected):
                self._against[fix_id([one])] = candidate
                continue
            result = self._prove_written(candidate, one)
            if isinstance(result, Rejected):
                self._against[fix_id([one])] = result
            elif _apart(_lines(result), good):
                standing.append(result)
            else:
                self._refuse([one], "overlap", f"shares a line with another fix: {_AGAIN}")
        for each in sorted(standing, key=lambda s: cost(s.fix.suggestion)):
            if passed := self._passed(self._harmless([each])):
                return passed[0]
        return None

    def _prove_written(self, candidate: Suggestion, one: Located) -> Union[Standing, Rejected]:
        """Prove what the engine wrote; if it brings new findings, with the tool's own safe fixes of them."""
        result = self._prove(Fix(candidate, (one,), written=True))
        if isinstance(result, Standing) or result.reason != "new-finding":
            return result
        after = self._recheck(edited_source(self._change, [candidate]), examples=False)
        better = polished(candidate, self._before, after)
        again = self._prove(Fix(better, (one,), written=True)) if better else result
        return again if isinstance(again, Standing) else result

    def _together(self, fixes: list[Standing]) -> list[Standing]:
        fixes.sort(key=lambda one: one.fix.suggestion.start_line)
        kept, left = together(fixes, self._before, self._recheck)
        for each in left:
            self._refuse(each.fix.found, "overlap", f"does not go together with another fix: {_AGAIN}")
        return kept

    def _harmless(self, fixes: list[Standing]) -> list[Standing]:
        """Return the fixes that break no example of a docstring; all are tried at once: that saves time."""
        if not fixes or not self._broken(joint(fixes)):
            return fixes
        kept = []
        for each in fixes:
            broken = self._broken(each.source)
            if broken is None:
                kept.append(each)
            else:
                detail = f"{broken.finding.label}: {' '.join(broken.finding.message.split())}"
                evidence = (*each.evidence, Evidence("examples-kept", passed=False, detail=detail))
                one = each.fix.suggestion
                against = Rejected(one.subject, "new-finding", detail, one.completions, one, evidence)
                self._against |= {fix_id([found]): against for found in each.fix.found}
        return kept

    def _broken(self, source: bytes) -> Located | None:
        """Return an example that fails in the edited file, of a symbol of which fewer fail now."""
        was = Counter(one.key for one in self._before if one.finding.rule == DOCTEST)
        left = [one for one in self._recheck(source) if one.finding.rule == DOCTEST]
        now = Counter(one.key for one in left)
        return next((one for one in left if now[one.key] > was[one.key]), None)

    def _passed(self, fixes: Sequence[Standing]) -> list[Standing]:
        """Return the fixes that the tests have nothing against."""
        passed = []
        for each, result in zip(fixes, self._flow.trials(fixes) if fixes else (), strict=True):
            if isinstance(result, Standing):
                passed.append(result)
            else:
                self._against |= {fix_id([one]): result for one in each.fix.found}
        return passed

    def _prove(self, fix: Fix) -> Union[Standing, Rejected]:
        """Take a fix through the static steps; examples run only for one that is to mend some."""
        if any(one.finding.rule == DOCTEST for one in fix.found):
            return prove(fix, self._before, self._recheck, self._flow.importers)
        before = [one for one in self._before if one.finding.rule != DOCTEST]
        recheck = partial(self._recheck, examples=False)
        return prove(fix, before, recheck, self._flow.importers)

    def _recheck(self, source: bytes, *, examples: bool = True) -> Sequence[Located]:
        return self._flow.checker.recheck(self._change, self._language, source, examples=examples)

    def _refuse(self, found: Sequence[Located], reason: str, detail: str) -> None:
        for one in found:
            self._against[fix_id([one])] = Rejected(one.chunk, reason, detail)

    def _hinted(self, one: Located) -> Rejected:
        """Return why a finding has no suggestion, with the finding as a hint."""
        name, finding = fix_id([one]), one.finding
        against = self._against.get(name) or Rejected(one.chunk, "no-fix", f"{finding.tool} offers no fix")
        offered = finding.fix is not None and against.reason not in {"no-fix", "overlap"}
        hint = Hint(
            id=name,
            tool=finding.tool,
            rule=finding.rule,
            message=" ".join(clipped(finding.message, _WORDS).split()),
            start_line=one.start_line,
            end_line=one.end_line,
            cause=self._flow.checker.explain(finding),
            url=finding.url,
            offer=" ".join(clipped(finding.fix.message, _WORDS).split()) if offered and finding.fix else "",
        )
        return replace(against, chunk=one.chunk, settles=(), hint=hint)


def _lines(one: Standing) -> tuple[int, int]:
    return one.fix.suggestion.start_line, one.fix.suggestion.end_line


def _apart(lines: tuple[int, int], others: Iterable[Standing]) -> bool:
    """Whether some lines are none of those that any of the fixes edits."""
    return not any(lines[0] <= end and start <= lines[1] for start, end in map(_lines, others))
