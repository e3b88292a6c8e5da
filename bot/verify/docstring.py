"""The proof of docstrings: every check, cheapest first, until one fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Union

from bot.data import Evidence, Failed, Rejected, Suggestion, Symbol, Verified
from bot.verify import contradiction, grounding, lint, other_tree, python_tree, signature, text
from bot.verify.confidence import Gate, judge
from bot.verify.subject import Problem, Result, Subject

if TYPE_CHECKING:
    from bot.ports import Scorer
    from bot.tasks.examples import Example

__all__ = ["Proof", "verify"]

Proof = Union[Verified, Rejected, Failed]

_Named = tuple[str, Callable[[Subject], Result]]


def verify(
    suggestions: Sequence[Suggestion],
    *,
    scorer: Scorer | None,
    gate: Gate,
    convention: str,
    ignore: Sequence[str] = (),
    ran: Mapping[str, Sequence[Example]] | None = None,
) -> list[Proof]:
    """Return one outcome a suggestion, in order, each with the evidence of every check that ran.

    Args:
        suggestions: docstring suggestions; each is judged alone, on its own file.
        scorer: an engine that can score answers, or None.
        gate: the calibrated confidence gate (`confidence.load_gate`, or `confidence.NO_GATE`).
        convention: "google", "numpy" or "sphinx".
        ignore: `D` rules the house does not keep ("D400" where summaries have no period).
        ran: the examples that passed in the sandbox, by a suggestion's id; no others may be in it.
    """
    trials = [_Trial(suggestion) for suggestion in suggestions]
    for trial in trials:
        trial.run(lambda one=trial: one.read())  # type: ignore[misc]
        for name, check in _checks(convention, (ran or {}).get(trial.suggestion.id, ())):
            trial.run(lambda one=trial, n=name, c=check: one.add(n, c(one.looked_at)))  # type: ignore[misc]
    _together(trials, "convention", lambda subjects: lint.check_all(subjects, convention, ignore=ignore))
    _together(trials, "confidence", lambda subjects: judge(subjects, gate, scorer))
    return [trial.outcome for trial in trials]


def _checks(convention: str, ran: Sequence[Example]) -> tuple[_Named, ...]:
    return (
        ("safe-text", text.check_safe),
        ("signature", lambda subject: signature.check_signature(subject, convention)),
        ("raises", lambda subject: signature.check_raises(subject, convention)),
        ("returns", lambda subject: signature.check_results(subject, convention)),
        ("examples", lambda subject: text.check_examples(subject, ran)),
        ("text", text.check_text),
        ("grounding", grounding.check_grounding),
        ("contradiction", contradiction.check_contradiction),
        ("worth", text.check_worth),
    )


class _Trial:
    """One suggestion on its way through the checks."""

    def __init__(self, suggestion: Suggestion) -> None:
        self.suggestion = suggestion
        self.subject: Subject | None = None
        self.evidence: list[Evidence] = []
        self.verdict: Rejected | Failed | None = None

    @property
    def looked_at(self) -> Subject:
        if self.subject is None:
            raise RuntimeError("a check ran before the file was read")
        return self.subject

    @property
    def outcome(self) -> Proof:
        return self.verdict or Verified(self.suggestion, tuple(self.evidence))

    def run(self, step: Callable[[], None]) -> None:
        """Take one step unless the verdict is in; a crash is a verdict on this suggestion alone."""
        if self.verdict is not None:
            return
        try:
            step()
        except Exception as error:  # noqa: BLE001 - a crashing check must not lose the suggestion
            self.crashed(error)

    def crashed(self, error: Exception) -> None:
        detail = f"{type(error).__name__}: {error}"
        prompt = self.suggestion.completions[0].prompt if self.suggestion.completions else None
        self.verdict = Failed(self.suggestion.chunk, "verifier", detail, prompt)

    def add(self, check: str, result: Result) -> None:
        """Book a check's result as evidence, and as the verdict if it is a problem."""
        if isinstance(result, str):
            self.evidence.append(Evidence(check, passed=True, detail=result))
            return
        self.evidence.append(Evidence(check, passed=False, detail=result.detail))
        one = self.suggestion
        self.verdict = Rejected(
            one.chunk, result.reason, result.detail, one.completions, one, tuple(self.evidence)
        )

    def read(self) -> None:
        """Apply the suggestion and prove that it changes nothing but the docstring."""
        from bot.chunk import edit, tree  # noqa: PLC0415 - loads tree-sitter

        one, chunk = self.suggestion, self.suggestion.chunk
        before = chunk.change.source
        after = edit.replace_lines(before, one.start_line, one.end_line, one.replacement)
        symbol = _symbol(one)
        old = _parsed(before) if chunk.language == "python" else None
        new = python_tree.parse_python(after) if old else None
        if old and (new is None or new.warnings > old.warnings):
            self.add("parses", Problem("does-not-parse", "the edited file is not valid Python"))
            return
        if not old and tree.has_error(chunk.language, after) and not tree.has_error(chunk.language, before):
            self.add("parses", Problem("does-not-parse", f"the edited file is not valid {chunk.language}"))
            return
        self.add("parses", "the edited file parses")
        looked_at = (
            python_tree.subject_of(one, symbol, old, new)
            if old and new
            else other_tree.subject_of(one, symbol, after)
        )
        if isinstance(looked_at, Subject):
            self.subject = looked_at
            self.add("tree-unchanged", "identical without the docstring")
        else:
            self.add("tree-unchanged", looked_at)


def _together(
    trials: Sequence[_Trial], check: str, judge_all: Callable[[list[Subject]], list[Result]]
) -> None:
    """Run a check that is cheaper for many at once; if it crashes, run it one by one to see on which."""
    alive = [trial for trial in trials if trial.verdict is None]
    if not alive:
        return
    try:
        results = judge_all([trial.looked_at for trial in alive])
    except Exception:  # noqa: BLE001 - one by one, the crash becomes a value
        for trial in alive:
            trial.run(lambda one=trial: one.add(check, judge_all([one.looked_at])[0]))  # type: ignore[misc]
        return
    for trial, result in zip(alive, results, strict=True):
        trial.add(check, result)


def _symbol(suggestion: Suggestion) -> Symbol:
    """Return the symbol with its signature, which `split` leaves out of chunks for speed."""
    from bot.chunk.symbols import detail  # noqa: PLC0415 - loads tree-sitter

    if suggestion.chunk.language == "python" and suggestion.chunk.symbol is not None:
        return suggestion.chunk.symbol  # its facts come from `ast`
    return detail(suggestion.chunk)


@lru_cache(maxsize=8)
def _parsed(source: bytes) -> python_tree.Parsed | None:
    return python_tree.parse_python(source)
