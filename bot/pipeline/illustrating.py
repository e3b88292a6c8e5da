"""Examples that answers hold: run, then put into a docstring that is proven, or left out with a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.data import Completion, Evidence, Outcome, Verified
from bot.reasons import EXAMPLES
from bot.tasks.docstrings import Target, example_width
from bot.tasks.examples import PURPOSE, Cut, Example, Tried, read_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.data import Change, Symbol

__all__ = ["Documented", "Illustrations", "unrun"]

_KINDS = frozenset({"function", "method", "class"})
_QUOTED = 70  # characters of a detail


@dataclass(frozen=True, slots=True)
class Documented:
    """What came of one target, and all answers about it."""

    target: Target
    answers: Sequence[Completion]
    outcome: Outcome


def unrun(_change: Change, _symbol: Symbol, examples: Sequence[Example]) -> Tried:
    """Keep none: there is nothing to run them in."""
    return Tried((), tuple(Cut("no-sandbox") for _ in examples))


@dataclass(slots=True)
class Illustrations:
    """Runs the examples of a run's answers, and counts what became of them."""

    run: Callable[[Change, Symbol, Sequence[Example]], Tried] = unrun
    kept: int = 0
    cut: Counter[str] = field(default_factory=Counter)

    def of(
        self,
        one: Documented,
        prove: Callable[[Target, Sequence[Completion], tuple[Example, ...]], Outcome],
        *,
        stopped: bool = False,
    ) -> Outcome:
        """Return the outcome with the examples that passed; as it is where no answer holds any.

        Args:
            one: A docstring that was proven without them.
            prove: Composes and proves it with them.
            stopped: Whether the run is to end, so that nothing is started any more.
        """
        target, outcome = one.target, one.outcome
        if not isinstance(outcome, Verified) or target.language != "python" or target.wrong is not None:
            return outcome
        if target.symbol.kind not in _KINDS:
            return outcome
        found, cut = read_examples(one.answers, example_width(target))
        if not found and not cut:
            return outcome
        if stopped:
            tried = Tried((), tuple(Cut("interrupted") for _ in found))
        else:
            tried = self.run(target.chunk.change, target.symbol, found) if found else Tried()
        cut = (*cut, *tried.cut)
        made_of = outcome.suggestion.completions
        made_of = (*made_of, *(c for c in one.answers if c.prompt.purpose == PURPOSE and c not in made_of))
        kept = tried.kept
        if kept:
            longer = prove(target, made_of, kept)
            if isinstance(longer, Verified):
                outcome = longer
            else:
                cut, kept = (*cut, Cut("unproven", _why(longer), len(kept))), ()
        self.kept += len(kept)
        for each in cut:
            self.cut[each.reason] += each.count
        label = Evidence("examples-run" if kept else "examples-cut", passed=True, detail=_label(kept, cut))
        suggestion = replace(outcome.suggestion, completions=made_of)
        return Verified(suggestion, (*outcome.evidence, label))

    @property
    def told(self) -> str:
        """What became of all of them in a sentence, "" where there were none."""
        if not self.kept and not self.cut:
            return ""
        written = self.kept + self.cut.total()
        reasons = [f"{count} cut: {EXAMPLES[reason]}" for reason, count in self.cut.most_common()]
        return "; ".join([f"Examples: {written} written, {self.kept} ran and stay", *reasons]) + "."


def _why(outcome: Outcome) -> str:
    return f"{getattr(outcome, 'reason', '')}: {getattr(outcome, 'detail', '')}"


def _label(kept: Sequence[Example], cut: Sequence[Cut]) -> str:
    """Return in words how many ran, and how many are left out and why."""
    said = [f"{len(kept)} example{'s run' if len(kept) != 1 else ' runs'}"] if kept else []
    for reason in dict.fromkeys(each.reason for each in cut):
        mine = [each for each in cut if each.reason == reason]
        count = sum(each.count for each in mine)
        detail = f" ({mine[0].detail[:_QUOTED]})" if mine[0].detail else ""
        said.append(f"{count} example{'s' * (count != 1)} cut: {EXAMPLES[reason]}{detail}")
    return "; ".join(said)
