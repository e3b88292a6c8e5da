"""Replacements of faulty lines, given a finding: examples of the kind "fix".

What is asked is what the product asks (`bot.prompt.fix`), how an answer is read is how it reads it
(`bot.tasks.fix_answers`), and an answer that its proof (`bot.verify.fix`) would refuse is no example.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.chunk.edit import edited_source, line_starts
from bot.data import Change, Completion, Rejected
from bot.findings.locate import locate
from bot.findings.ruff_json import SYNTAX
from bot.prompt.fix import LINES, SYMBOL, fix_prompts, fix_wording
from bot.tasks.fix_answers import read_fix
from bot.verify.fix import Fix, prove
from bot.verify.ruff import Ruff
from training.faults import Faults
from training.histories import mended

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from bot.data import Prompt
    from bot.findings.locate import Located
    from bot.ports import EngineInfo, Tokenizer
    from training.pieces import Case

__all__ = ["Answered", "Fixer", "fixes", "history", "wanted"]

_MOST_LINES = 6  # that a gap hides


@dataclass(frozen=True, slots=True)
class Answered:
    """A request for a fix, and its answer."""

    prompt: str
    answer: str
    rule: str
    form: str  # LINES or SYMBOL


class _Fault(NamedTuple):
    """A finding to be asked about, all findings before and after, and the source after."""

    one: Located
    before: Sequence[Located]
    left: Sequence[Located]
    clean: bytes


class Fixer:
    """Makes examples of faults for one engine's prompts and window."""

    def __init__(self, info: EngineInfo, tokenizer: Tokenizer, prompts: Path | None = None) -> None:
        """Ask as the product does, in the words of the folder `prompts` where that has some."""
        self._info = info
        self._tokenizer = tokenizer
        self._wording = fix_wording(info, prompts)
        self.fate: Counter[str] = Counter()  # why faults gave no example

    def examples(self, case: Case, rng: random.Random, *, both: float = 0.2) -> Iterator[Answered]:
        """Yield a fault's example: of the faulty lines, or of the function where these do not suffice.

        Args:
            case: The fault.
            rng: Whether to yield both, where both could be asked.
            both: How often that is.
        """
        change = Change(case.path, case.faulty, case.faulty)
        before = locate(change, "python", case.found)[0]
        after = Change(case.path, case.clean, case.clean)
        left = locate(after, "python", case.left, rooms=False)[0]
        one = wanted(before, left, case)
        if one is None:
            self.fate["not reported, or ruff mends it safely"] += 1
            return
        cause = rule.cause if (rule := Ruff.rule(one.finding.rule)) else ""
        asked = list(fix_prompts(one, cause, self._info, self._tokenizer, self._wording))
        if not asked:
            self.fate["does not fit the window"] += 1
        made = 0
        for prompt in asked:
            answer = _answer(one, case.clean, prompt.purpose)
            if answer is None or (prompt.purpose == LINES and _blind(one)):
                continue
            if made and rng.random() >= both:
                break
            why = self._against(prompt, answer, _Fault(one, before, left, case.clean))
            if why:
                self.fate[why] += 1
            else:
                made += 1
                yield Answered(prompt.text, answer, one.finding.rule, prompt.purpose)
        if asked and not made:
            self.fate["no example"] += 1

    def _against(self, prompt: Prompt, answer: str, fault: _Fault) -> str:
        """Return why the product would not show this answer as a fix, "" if it would."""
        tokens = self._tokenizer.count(answer)
        if tokens > prompt.max_tokens or prompt.tokens + tokens >= self._info.window:
            return "answer too long"
        one = fault.one
        said = Completion(prompt, answer, "stop", prompt.tokens, tokens, 0.0)
        read = read_fix(one, said, self._info.prompting.specials)
        if isinstance(read, Rejected):
            return f"reads as {read.reason}"
        if edited_source(one.change, [read]) != fault.clean:
            return "answer is not the clean code"
        fix = Fix(read, (one,), written=True)
        result = prove(fix, fault.before, lambda _: fault.left, lambda _, __: "")
        return f"refused: {result.reason}" if isinstance(result, Rejected) else ""


def fixes(files: Sequence[tuple[str, str]], fixer: Fixer, seed: str, most: int) -> Iterator[Answered]:
    """Yield the examples of one project's files: of mistakes made in them, and of faults found in them.

    Args:
        files: Paths and texts of Python files.
        fixer: Makes the examples.
        seed: Decides what is chosen.
        most: How many there may be; a tenth of them of one rule.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    cases = list(Faults(files, rng, most, _each(most)).cases())
    rng.shuffle(cases)
    yield from _capped(cases, fixer, rng, most)


def history(
    clone: Path, excluded: Collection[str], fixer: Fixer, seed: str, *, changes: int, most: int
) -> Iterator[Answered]:
    """Yield the examples of one project's past: of faults that a commit mended.

    Args:
        clone: A repository's folder or git directory.
        excluded: Parts of paths whose files are not used.
        fixer: Makes the examples.
        seed: Decides what is chosen.
        changes: Of files, that are looked at.
        most: How many examples there may be; a tenth of them of one rule.

    Raises:
        RepositoryError: It is no repository, or git fails.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    yield from _capped(mended(clone, excluded, changes, rng), fixer, rng, most)


def _each(most: int) -> int:
    return max(1, round(most / 10))


def _capped(cases: Iterable[Case], fixer: Fixer, rng: random.Random, most: int) -> Iterator[Answered]:
    count: Counter[str] = Counter()
    seen: set[str] = set()
    for case in cases:
        if count.total() >= most:
            return
        if count[case.rule] < _each(most):
            for one in fixer.examples(case, rng):
                if count[one.rule] < _each(most) and one.prompt not in seen:
                    seen.add(one.prompt)
                    count[one.rule] += 1
                    yield one


def wanted(before: Sequence[Located], left: Sequence[Located], case: Case) -> Located | None:
    """Return the finding that a fault is to be asked about: one that is gone without it.

    A finding that ruff mends safely by itself is none, as in the product, nor is any in what does not parse.
    """
    if any(one.finding.rule == SYNTAX for one in before):
        return None
    there, gone = Counter(o.key for o in before), Counter(o.key for o in left)
    new = [
        one
        for one in before
        if there[one.key] > gone[one.key]
        and not (one.finding.fix and one.finding.fix.safe)
        and (not case.line or one.start_line == case.line)
    ]
    meant = [one for one in new if one.finding.rule == case.rule]
    return next(iter(meant or ([] if case.line else new)), None)


def _blind(one: Located) -> bool:
    """Whether a request to replace the faulty lines shows nothing else of the code, or next to nothing."""
    if one.end_line - one.start_line >= _MOST_LINES:
        return True
    starts, source = line_starts(one.change.source), one.change.source
    around = (
        source[starts[one.first - 1] : starts[one.start_line - 1]]
        + source[starts[one.end_line] : starts[one.last]]
    )
    return not around.strip()


def _answer(one: Located, clean: bytes, purpose: str) -> str | None:
    """Return what a model is to write, None where the form has no words for it."""
    first, last = (one.start_line, one.end_line) if purpose == LINES else (one.first, one.last)
    was, now = (text.decode().splitlines(keepends=True) for text in (one.change.source, clean))
    behind = len(was) - last
    if len(now) - behind < first or was[: first - 1] != now[: first - 1]:
        return None
    if behind and was[-behind:] != now[-behind:]:
        return None
    new = "".join(now[first - 1 : len(now) - behind])
    if purpose == SYMBOL:
        return new.strip("\n").rstrip()
    old = "".join(was[first - 1 : last])
    indent = old[: len(old) - len(old.lstrip(" \t"))]
    return new[len(indent) :].rstrip() if new.startswith(indent) and new.strip() else None
