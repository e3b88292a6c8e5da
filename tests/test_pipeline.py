"""The whole flow with the real embedded model, and with engines that misbehave."""

from __future__ import annotations

import ast
import sysconfig
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from bot.chunk.edit import edited_source
from bot.chunk.split import split
from bot.data import Change, Completion, Failed, Outcome, Prompt, Rejected, Skipped, Suggestion, Verified
from bot.engines import open_engine
from bot.files import read_folder
from bot.ledger import Ledger, Review
from bot.pipeline import Docstrings, Plan, Taken, Work, annotate, run
from bot.prompt.template import wording_for
from bot.tasks.docstrings import DocOptions, HouseStyle
from bot.verify.confidence import NO_GATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.ports import Engine, EngineInfo, Tokenizer

STDLIB = Path(sysconfig.get_path("stdlib"))
GREET = b"""\
def greet(name, times):
    message = "Hello, " + name
    for _ in range(times):
        print(message)
    return message


class Shelf:
    def __init__(self):
        self.books = []

    def add_book(self, book):
        if book not in self.books:
            self.books.append(book)
        return len(self.books)
"""


@pytest.fixture(scope="module")
def embedded() -> Iterator[Engine]:
    engine = open_engine("embedded:", jobs=1)
    yield engine
    engine.close()


class Scripted:
    """An engine that gives one answer, NAME being the symbol's; None is one that never comes."""

    def __init__(
        self, like: Engine, answer: str | Failed | None = "Do the thing that was asked for."
    ) -> None:
        self.like, self.answer = like, answer
        self.asked: list[Prompt] = []

    @property
    def info(self) -> EngineInfo:
        return self.like.info

    @property
    def tokenizer(self) -> Tokenizer:
        return self.like.tokenizer

    def complete(
        self, prompts: Iterable[Prompt], cancel: Event | None = None
    ) -> Iterator[Completion | Failed]:
        for prompt in prompts:
            self.asked.append(prompt)
            if cancel is not None and cancel.is_set():
                yield Failed(prompt.chunk, "cancelled", prompt=prompt)
            elif isinstance(self.answer, Failed):
                yield Failed(prompt.chunk, self.answer.reason, self.answer.detail, prompt)
            elif self.answer is not None:
                name = prompt.chunk.symbol.name if prompt.chunk.symbol else ""
                answer = self.answer.replace("NAME", name)
                yield Completion(prompt, answer, "stop", prompt.tokens, 7, 0.01)

    def close(self) -> None:
        pass


def plan(engine: Engine, **more: object) -> Plan:
    wording = wording_for("docstring", engine.info)
    values: dict[str, object] = {
        "options": DocOptions(),
        "style": HouseStyle(),
        "gate": NO_GATE,
        "wording": wording,
    }
    return Plan(**{**values, **more})  # type: ignore[arg-type]


def change(source: bytes, path: str = "a.py") -> Change:
    return Change(path, source, source)


def booked(outcomes: Iterable[Outcome], engine: Engine) -> Review:
    review = Review(engine.info, Ledger())
    review.take(outcomes)
    assert review.ledger.balanced()
    return review


def test_real_code_gets_suggestions_that_change_nothing_but_docstrings(embedded: Engine) -> None:
    """Over a package of the standard library: the ledger adds up and every suggestion keeps the tree."""
    outcomes = list(annotate(read_folder(STDLIB / "wsgiref"), embedded, plan(embedded, limit=12)))
    review = booked(outcomes, embedded)
    assert review.ledger.chunks == len(outcomes)
    assert review.ledger.completed == 12
    assert review.verified, "the model proposes something for the first dozen functions"
    for verified in review.verified:
        before = verified.suggestion.chunk.change
        after = edited_source(before, [verified.suggestion])
        assert stripped(after) == stripped(before.source)
        assert all(evidence.passed for evidence in verified.evidence)


def stripped(source: bytes) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return ast.dump(tree)


def test_applied_suggestions_are_not_made_again(embedded: Engine) -> None:
    """Applying everything and running again yields none for the same symbols."""
    engine = Scripted(embedded, "Collect everything that NAME needs here.")
    first = booked(annotate([change(GREET)], engine, plan(engine)), engine)
    assert [v.suggestion.message for v in first.verified]
    after = edited_source(change(GREET), [v.suggestion for v in first.verified])
    again = booked(annotate([change(after)], engine, plan(engine)), engine)
    done = {v.suggestion.message for v in first.verified}
    assert not done & {v.suggestion.message for v in again.verified}


def test_a_failing_engine_loses_nothing(embedded: Engine) -> None:
    """Every chunk is on the ledger as failed, with the engine's own words."""
    broken = Failed(split(change(GREET), budget=1000)[0], "engine", "out of memory")
    engine = Scripted(embedded, broken)
    review = booked(annotate([change(GREET)], engine, plan(engine)), engine)
    assert review.ledger.failed["engine"] == len(engine.asked) > 0
    assert {failed.detail for failed in review.failed} == {"out of memory"}


def test_a_silent_engine_loses_nothing(embedded: Engine) -> None:
    """A prompt that the engine never answered is a failure, not a gap."""
    engine = Scripted(embedded, None)
    review = booked(annotate([change(GREET)], engine, plan(engine)), engine)
    assert review.ledger.failed["engine"] == len(engine.asked) > 0


def test_interrupting_leaves_the_rest_on_the_ledger(embedded: Engine) -> None:
    """After cancel is set nothing more is asked, and every target is counted as interrupted."""
    engine, cancel = Scripted(embedded), Event()
    cancel.set()
    review = booked(annotate([change(GREET)], engine, plan(engine), cancel=cancel), engine)
    assert engine.asked == []
    assert review.ledger.skipped["interrupted"] > 0


def test_interrupted_while_asking(embedded: Engine) -> None:
    """What was already sent when the run was cancelled is interrupted too, not failed."""
    cancel = Event()

    class Slow(Scripted):
        def complete(
            self, prompts: Iterable[Prompt], cancel: Event | None = None
        ) -> Iterator[Completion | Failed]:
            assert cancel is not None
            for each in super().complete(prompts, cancel):
                cancel.set()
                yield each

    engine = Slow(embedded)
    review = booked(annotate([change(GREET)], engine, plan(engine), cancel=cancel), engine)
    assert review.ledger.skipped["interrupted"] == len(engine.asked) - 1


def test_limit_takes_the_first_targets_in_order(embedded: Engine) -> None:
    """--limit asks about the first N and books the others as beyond the limit."""
    engine = Scripted(embedded)
    review = booked(annotate([change(GREET)], engine, plan(engine, limit=1)), engine)
    assert len(engine.asked) == 1
    assert review.ledger.skipped["limit"] >= 2


def test_other_languages_are_skipped_for_a_model_that_speaks_python_alone(embedded: Engine) -> None:
    """The embedded model is not asked about JavaScript, and the ledger says why."""
    source = b"export function add(a, b) {\n  const sum = a + b;\n  log(sum);\n  return sum;\n}\n"
    outcomes = list(annotate([change(source, "a.js")], embedded, plan(embedded)))
    reasons = {o.reason for o in outcomes if isinstance(o, Skipped)}
    assert "language" in reasons


def test_skipped_files_pass_through(embedded: Engine) -> None:
    """A file that was not read is one entry of the ledger."""
    review = booked(annotate([Skipped("x.bin", "binary")], embedded, plan(embedded)), embedded)
    assert review.ledger.skipped == {"binary": 1}
    assert [skipped.path for skipped in review.skipped_files] == ["x.bin"]


def test_sections_replace_the_summary_only_when_proven(embedded: Engine) -> None:
    """Where the house style has sections, descriptions are asked for and the longer docstring is checked."""
    engine = Scripted(embedded, "Print the message for every name that NAME was given.")
    wanted = plan(engine, options=DocOptions(sections="always"), style=HouseStyle(sections=True))
    review = booked(annotate([change(GREET)], engine, wanted), engine)
    purposes = {prompt.purpose for prompt in engine.asked}
    assert {"summary", "param:name", "param:times", "returns"} <= purposes
    greet = next(
        v for v in review.verified if v.suggestion.chunk.symbol and v.suggestion.chunk.symbol.name == "greet"
    )
    assert greet.suggestion.replacement.startswith("def greet(name, times):\n")


def test_suggestions_never_share_a_line(embedded: Engine) -> None:
    """Two edits of one line: only one of them is shown, the other is booked as a rejection."""
    engine = Scripted(embedded, "Collect everything that is needed here.")
    source = b"def collect(items):\n    found = sorted(items)\n    return found\n"
    twice = [change(source), change(source)]  # the same file again: every edit would meet itself
    outcomes = list(annotate(twice, engine, plan(engine)))
    shown = [o.suggestion for o in outcomes if isinstance(o, Verified)]
    ranges = sorted((s.start_line, s.end_line) for s in shown)
    assert shown
    assert all(a[1] < b[0] for a, b in pairwise(ranges))
    assert any(isinstance(o, Rejected) and o.reason == "overlap" for o in outcomes)


TWINS = b"""\
def collect(items):
    found = sorted(items)
    return found


def gather(items):
    found = list(items)
    return found
"""


def test_one_sentence_for_several_symbols_is_shown_for_none(embedded: Engine) -> None:
    """What fits every function of a file says nothing of any, whichever is asked about first."""
    engine = Scripted(embedded, "Collect everything that is needed here.")
    outcomes = list(annotate([change(TWINS)], engine, plan(engine)))
    rejected = [o for o in outcomes if isinstance(o, Rejected) and o.reason == "repeated"]
    assert {o.detail for o in rejected} == {
        "the same sentence for gather",
        "the same sentence for collect",
    }
    assert not [o for o in outcomes if isinstance(o, Verified)]


def test_one_sentence_may_be_said_in_two_files_or_of_equal_names(embedded: Engine) -> None:
    """Two files, and two definitions of one name, may share a sentence."""
    engine = Scripted(embedded, "Collect everything that is needed here.")
    first, second = TWINS.split(b"\n\n\n")
    files = [change(first + b"\n", "a.py"), change(second, "b.py")]
    files.append(change(TWINS.replace(b"gather", b"collect"), "c.py"))
    outcomes = list(annotate(files, engine, plan(engine)))
    assert len([o for o in outcomes if isinstance(o, Verified)]) == 4


def test_tasks_of_one_run_never_share_a_line(embedded: Engine) -> None:
    """What an earlier task edits is taken: a later one is rejected there, and goes on elsewhere."""
    engine = Scripted(embedded, "Do NAME as it was asked for.")
    taken = Taken()
    flow = Docstrings(engine, plan(engine))
    first = list(run(flow, Work([change(GREET)], taken=taken)))
    again = list(
        run(flow, Work([change(GREET), change(TWINS[: TWINS.index(b"\n\n\n") + 1], "b.py")], taken=taken))
    )
    assert [o for o in first if isinstance(o, Verified)]
    assert {o.reason for o in again if isinstance(o, Rejected) and o.chunk.change.path == "a.py"} >= {
        "overlap"
    }
    assert {o.suggestion.path for o in again if isinstance(o, Verified)} == {"b.py"}


def test_a_suggestion_may_settle_several_chunks(embedded: Engine) -> None:
    """A new test file ends the functions it tests, each counted once."""
    chunks = tuple(split(change(GREET), budget=1000, measure=len))
    one = Suggestion("id", "test", chunks[0], 1, 1, "x\n", "m", new_file=True, covers=chunks)
    review = Review(embedded.info, Ledger())
    review.take([Verified(one, ()), Rejected(chunks[0], "overlap", settles=chunks)], "test")
    assert review.ledger.balanced()
    assert review.ledger.chunks == 2 * len(chunks) == review.tasks["test"].chunks
    assert (one.subject, one.settles) == (chunks[0], chunks)
