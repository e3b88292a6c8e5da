"""Is a fix one? Each step is a check that could have failed; the first that does is the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Union

from bot.chunk.edit import edited_source, line_starts, same_ends
from bot.chunk.tree import parse
from bot.data import Evidence, Rejected, Suggestion
from bot.verify.python_tree import parse_python
from bot.verify.subject import Problem, Result
from bot.verify.surface import names_stay, signatures_stay
from bot.verify.text import unsafe
from bot.verify.weaken import keeps_checks, keeps_checks_text, near, silences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.findings.locate import Key, Located
    from bot.verify.python_tree import Parsed

__all__ = ["Fix", "Standing", "changed_lines", "parses", "prove"]

Recheck = "Callable[[bytes], Sequence[Located]]"  # the same tools on an edited source


@dataclass(frozen=True, slots=True)
class Fix:
    """A suggestion, the findings it is to settle, and whether a model wrote it."""

    suggestion: Suggestion
    found: tuple[Located, ...]
    written: bool = False  # by a model: types and decorators must then stay as they are spelt


@dataclass(frozen=True, slots=True)
class Standing:
    """A fix that every static step passed; tests have not run yet."""

    fix: Fix
    source: bytes  # the file with the fix
    evidence: tuple[Evidence, ...]
    settled: tuple[Located, ...]  # findings that are gone with it: those of the fix, and others


def prove(
    fix: Fix,
    before: Sequence[Located],
    recheck: Callable[[bytes], Sequence[Located]],
    importers: Callable[[str, str], str],
) -> Union[Standing, Rejected]:
    """Take a fix through the static steps.

    Args:
        fix: What is to be proven.
        before: Everything that the tools find in the file as it is.
        recheck: Runs the same tools on the file with the fix.
        importers: Tells which other file imports a name from a module, "" for none.

    Returns:
        The fix with its evidence, or the rejection with the step that failed last.
    """
    evidence: list[Evidence] = []
    case = _Case(fix, before, recheck, importers)
    for name, step in case.steps():
        result = step()
        if isinstance(result, Problem):
            evidence.append(Evidence(name, passed=False, detail=result.detail))
            one = fix.suggestion
            return Rejected(
                one.subject,
                result.reason,
                result.detail,
                one.completions,
                one,
                tuple(evidence),
                settles=one.settles,
            )
        evidence.append(Evidence(name, passed=True, detail=result))
    return Standing(fix, case.after, tuple(evidence), case.settled())


class _Case:
    """One fix under examination. A step may rely on those before it."""

    def __init__(
        self,
        fix: Fix,
        before: Sequence[Located],
        recheck: Callable[[bytes], Sequence[Located]],
        importers: Callable[[str, str], str],
    ) -> None:
        self.fix = fix
        self.source = fix.found[0].change.source
        self.language = fix.found[0].language
        self.after = b""
        self._before = before
        self._recheck = recheck
        self._importers = importers
        self._left: Sequence[Located] = ()

    def steps(self) -> Iterator[tuple[str, Callable[[], Result]]]:
        yield "applies", self._applies
        yield "parses", self._parses
        yield "inside", self._inside
        yield "finding-gone", self._gone
        yield "no-new-finding", self._new
        yield "not-silenced", self._silent
        yield "checks-kept", self._kept
        yield "signatures", self._signatures

    def settled(self) -> tuple[Located, ...]:
        """Return the findings of the file that are gone; a failing test is, if it passes."""
        left = Counter((one.key, one.text) for one in self._left)
        gone = [one for one in self.fix.found if one.finding.test]
        # of several that look the same, those that the fix is for are the ones that went
        for one in sorted(self._before, key=lambda each: each in self.fix.found):
            name = (one.key, one.text)
            if left[name]:
                left[name] -= 1
            else:
                gone.append(one)
        return tuple(gone)

    def _applies(self) -> Result:
        one = self.fix.suggestion
        if not 1 <= one.start_line <= one.end_line < len(line_starts(self.source)):
            return Problem("does-not-apply", f"lines {one.start_line}-{one.end_line} do not exist")
        self.after = edited_source(one.chunk.change, [one])
        if self.after == self.source:
            return Problem("does-not-apply", "it leaves the file as it is")
        added = set(one.replacement) - set(self.source.decode("utf-8", "replace"))
        if found := unsafe("".join(sorted(added))):
            return Problem("unsafe-text", found)
        try:
            one.replacement.encode(one.chunk.change.encoding.removesuffix("-sig"))
        except UnicodeEncodeError as error:
            return Problem(
                "unsafe-text", f"{error.object[error.start]!a} cannot be written in {error.encoding}"
            )
        except LookupError:
            pass  # a name of ours for an encoding with a mark; all of those spell everything
        return f"lines {one.start_line}-{one.end_line}"

    def _parses(self) -> Result:
        fine = parses(self.language, self.source, self.after)
        return "the file parses" if fine else Problem("does-not-parse", "the file no longer parses")

    def _inside(self) -> Result:
        first = min(one.first for one in self.fix.found)
        last = max(one.last for one in self.fix.found)
        start, end = changed_lines(self.fix.suggestion)
        if start < first or end > last:
            return Problem(
                "outside-symbol", f"it edits lines {start}-{end}; the finding is about {first}-{last}"
            )
        return f"within lines {first}-{last}"

    def _gone(self) -> Result:
        self._left = self._recheck(self.after)
        was, now = Counter(one.key for one in self._before), Counter(one.key for one in self._left)
        wanted = Counter(one.key for one in self.fix.found if not one.finding.test)
        if not wanted:
            return "the failing test decides"
        for key, count in wanted.items():
            if now[key] > was[key] - count:
                return Problem("finding-remains", f"{_named(key)} is still reported")
        return ", ".join(dict.fromkeys(_named(key) for key in wanted)) + " no longer reported"

    def _new(self) -> Result:
        was, now = Counter(one.key for one in self._before), Counter(one.key for one in self._left)
        for one in self._left:
            if now[one.key] > was[one.key]:
                return Problem("new-finding", f"{one.finding.label}: {' '.join(one.finding.message.split())}")
        return f"{len(self._left)} other finding{'s' * (len(self._left) != 1)} in the file, none new"

    def _silent(self) -> Result:
        return silences(self._replaced(), self.fix.suggestion.replacement)

    def _kept(self) -> Result:
        before, after = self._trees()
        if before and after:
            one = self.fix.suggestion
            more = one.replacement.count("\n") - self._replaced().count("\n")
            return keeps_checks(*near(before.tree, after.tree, one.start_line, one.end_line, more))
        return keeps_checks_text(self._replaced(), self.fix.suggestion.replacement)

    def _replaced(self) -> str:
        starts, one = line_starts(self.source), self.fix.suggestion
        return self.source[starts[one.start_line - 1] : starts[one.end_line]].decode("utf-8", "replace")

    def _trees(self) -> tuple[Parsed | None, Parsed | None]:
        if self.language != "python":
            return None, None
        return _parsed(self.source), _parsed(self.after)

    def _signatures(self) -> Result:
        about = {one.symbol.qualname for one in self.fix.found if one.end <= one.symbol.body}
        kept = signatures_stay(
            self.language, self.source, self.after, annotations=self.fix.written, about=about - {""}
        )
        before, after = self._trees()
        if isinstance(kept, Problem) or not before or not after:
            return kept
        names = names_stay(self.fix.suggestion.path, before.tree, after.tree, self._importers)
        return names if isinstance(names, Problem) else kept


def parses(language: str, before: bytes, after: bytes) -> bool:
    """Whether an edited source parses at least as well as it did."""
    if language == "python" and _parsed(before) is not None:
        return _parsed(after) is not None
    return _errors(language, after) <= _errors(language, before)


def changed_lines(one: Suggestion) -> tuple[int, int]:
    """Return the lines a suggestion changes, without those at its ends that it only repeats.

    An insertion changes the line that it stands in front of.
    """
    source, starts = one.chunk.change.source, line_starts(one.chunk.change.source)
    old = source[starts[one.start_line - 1] : starts[one.end_line]].splitlines(keepends=True)
    new = one.replacement.encode().splitlines(keepends=True)
    head, tail = same_ends(old, new)
    start = min(one.start_line + head, one.end_line)
    return start, max(start, one.end_line - tail)


@lru_cache(maxsize=8)
def _parsed(source: bytes) -> Parsed | None:
    return parse_python(source)


def _named(key: Key) -> str:
    tool, rule, symbol = key
    return f"{tool} {rule}".rstrip() + (f" in {symbol}" if symbol else "")


def _errors(language: str, source: bytes) -> int:
    """Count the places where a source does not parse; a source that takes too long counts as one."""
    tree = parse(language, source)
    if tree is None:
        return 1
    count, todo = 0, [tree.root_node]
    while todo:
        node = todo.pop()
        if node.has_error:
            count += node.is_error or node.is_missing
            todo += node.children
    return count
