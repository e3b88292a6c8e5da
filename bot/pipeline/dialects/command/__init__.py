"""Missing tests in any language whose tests the configuration says how to run; an engine writes them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Union

from bot.chunk.split import split
from bot.chunk.tree import has_error, parse
from bot.data import Change, Chunk, Completion, Evidence, Outcome, Rejected, Skipped, Suggestion, Verified
from bot.languages import detect
from bot.pipeline.dialects.base import Unready
from bot.prompt.asking import asking_for
from bot.prompt.asking_files import WantedFile, ask_file
from bot.tasks.identity import symbol_id
from bot.tasks.tests.anywhere import home, read, test_path
from bot.verify.tests.commands import banned, run
from bot.verify.tests.mutants import applied, mutants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bot.pipeline.dialects.base import Funnel, Setting
    from bot.ports import Engine
    from bot.verify.sandbox import Sandbox
    from bot.verify.tests.commands import Command, Ran

__all__ = ["CommandTests"]

_BUDGET = 1 << 20  # bytes of a chunk: no function is cut
_MUTANTS = 12  # of one function: each is a run of the command
_ZONES = ("America/New_York", "Pacific/Kiritimati", "UTC", "Asia/Kathmandu")  # of the passes after the first
_STYLE = 2_000  # characters of a test that is shown as style


@dataclass(frozen=True, slots=True)
class Subject:
    """A function that is to be tested."""

    chunk: Chunk
    qualname: str
    name: str


class CommandTests:
    """The dialect of one language."""

    def __init__(self, setting: Setting, command: Command) -> None:
        self._setting = setting
        self._command = command
        self._before: dict[str, Change] = {}

    def speaks(self, language: str) -> bool:
        """Whether it is the command's language."""
        return language == self._command.language

    def learn(self, item: Change | Skipped) -> None:
        """Keep the language's files."""
        if isinstance(item, Change) and detect(item.path, item.source[:80]) == self._command.language:
            self._before[item.path] = item

    def look(self, change: Change) -> Iterator[Union[Subject, Outcome]]:
        """Yield what of a file is to be tested, and an outcome for every other chunk."""
        language = self._command.language
        whole = "is-a-test" if test_path(language, change.path) else ""
        whole = whole or ("unparsable" if has_error(language, change.source) else "")
        for chunk in split(change, budget=_BUDGET):
            reason = whole or self._reason(chunk)
            if reason:
                name = chunk.symbol.qualname if chunk.symbol else ""
                yield Skipped(change.path, reason, name, chunk)
            else:
                assert chunk.symbol is not None  # noqa: S101 - there would be a reason
                yield Subject(chunk, chunk.symbol.qualname, chunk.symbol.name)

    def _reason(self, chunk: Chunk) -> str:
        symbol = chunk.symbol
        if symbol is None or symbol.kind in {"module", "class"} or chunk.kind != "function":
            return "no-function"
        if chunk.part > 0:
            return "continuation"
        if not chunk.change.touched(symbol.start_line, symbol.end_line):
            return "unchanged"
        if not self._setting.private and not symbol.public:
            return "not-public"
        return "out-of-reach" if symbol.nested or symbol.body >= symbol.end else ""

    def prepare(
        self, found: Sequence[Sequence[Subject]], changed: Mapping[str, bytes], sandbox: Sandbox
    ) -> Commanded | Unready:
        """Open the engine: without one that writes code there is nothing to try."""
        del found
        language = self._command.language
        if self._setting.engine is None:
            return Unready(
                "no-test-runner",
                f"tests of {language} are written by an engine that writes code: name one with --engine",
            )
        before = self._before
        files = {p: raw for p, raw in changed.items() if p not in before or before[p].raw != raw}
        return Commanded(self._setting, self._command, self._setting.engine(), sandbox, before, files)


@dataclass(frozen=True, slots=True)
class _Try:
    """An answer that was tried."""

    text: str
    why: tuple[str, str]  # the reason against it and its detail; ("", "") where it passes


class Commanded:
    """The dialect over one repository, ready."""

    def __init__(  # noqa: PLR0917 - what it works with
        self,
        setting: Setting,
        command: Command,
        engine: Engine,
        sandbox: Sandbox,
        before: Mapping[str, Change],
        files: Mapping[str, bytes],
    ) -> None:
        self._setting = setting
        self._command = command
        self._engine = engine
        self._sandbox = sandbox
        self._before = before
        self._files = files
        self._words = asking_for("test-file", engine.info, setting.prompts)
        self._lock = Lock()
        self._taken: set[str] = set(before)
        self._tests = [path for path in before if test_path(command.language, path)]

    def missing(self, one: Subject) -> Collection[object]:
        """Return something, always: what a command's tests reach is not known."""
        return (one.qualname,)

    def risk(self, one: Subject) -> int:
        """Weigh how long it is, and who calls it."""
        callers = sum(each.source.count(f"{one.name}(".encode()) for each in self._before.values())
        return one.chunk.end_line - one.chunk.start_line + 3 * min(callers, 10)

    def test(self, subjects: Sequence[Subject], funnel: Funnel) -> Iterator[Outcome]:
        """Ask for a test of each function, and prove it."""
        funnel.functions += len(subjects)
        for one in subjects:
            if self._setting.cancel.is_set():
                yield Skipped(one.chunk.change.path, "interrupted", one.qualname, one.chunk)
                continue
            outcome = self._one(one, funnel)
            if isinstance(outcome, Rejected):
                funnel.drop(outcome.reason)
            yield outcome

    def _one(self, one: Subject, funnel: Funnel) -> Outcome:
        language, source = self._command.language, one.chunk.change.path
        with self._lock:
            path = home(language, source, one.qualname, self._tests, self._taken)
            self._taken.add(path)
        wanted = WantedFile(
            chunk=one.chunk,
            language=language,
            name=one.qualname,
            source=source,
            code=one.chunk.change.source.decode("utf-8", "replace"),
            path=path,
            command=" && ".join(shlex.join(step) for step in (*self._command.build, self._command.test)),
            style=next((_head(self._before[each]) for each in self._tests), ""),
        )
        answers: list[Completion] = []
        tried: _Try | None = None
        for _ in range(2 if self._engine.info.chat else 1):  # one that chats sees its error once
            answer = self._ask(wanted)
            if answer is None:
                break
            answers.append(answer)
            funnel.tried += 1
            tried = self._tried(one, path, read(answer.text, chat=self._engine.info.chat))
            if not tried.why[0]:
                break
            wanted = replace(wanted, failed=(answer.text, tried.why[1]))
        if tried is None:
            return Rejected(one.chunk, "no-answer", "", tuple(answers))
        if tried.why[0]:
            return Rejected(one.chunk, *tried.why, tuple(answers))
        funnel.told += 1
        funnel.engine += 1
        funnel.helped.add((source, one.qualname))
        return self._proven(one, path, tried.text, tuple(answers), funnel)

    def _ask(self, wanted: WantedFile) -> Completion | None:
        prompt = ask_file(wanted, self._engine.info, self._engine.tokenizer, self._words)
        if prompt is None:
            return None
        with self._lock:
            found = list(self._engine.complete([prompt], self._setting.cancel))
        return next((each for each in found if isinstance(each, Completion)), None)

    def _tried(self, one: Subject, path: str, text: str) -> _Try:
        """Run an answer once, after what need not be run to be refused."""
        if not text:
            return _Try(text, ("no-answer", "the answer holds no test file"))
        if has_error(self._command.language, text.encode()):
            return _Try(text, ("test-does-not-parse", "it does not parse"))
        if why := banned(text):
            return _Try(text, ("banned", why))
        if one.name not in text:
            return _Try(text, ("asserts-nothing", f"it never mentions {one.name}"))
        ran = self._run(one, path, text)
        reasons = {"passed": "", "failed": "fails", "unbuilt": "test-import", "stopped": "fails"}
        return _Try(text, (reasons[ran.outcome], ran.said))

    def _run(self, one: Subject, path: str, text: str, source: bytes | None = None, zone: str = "UTC") -> Ran:
        changed = one.chunk.change.path
        files = {**self._files, path: text.encode()}
        if source is not None:
            files[changed] = source
        return run(self._sandbox, self._command, path, changed, files, {"TZ": zone})

    def _proven(
        self, one: Subject, path: str, text: str, answers: tuple[Completion, ...], funnel: Funnel
    ) -> Outcome:
        for zone in _ZONES:
            ran = self._run(one, path, text, zone=zone)
            if ran.outcome != "passed":
                return Rejected(one.chunk, "flaky", f"fails when it is run again: {ran.said}", answers)
        killed = total = 0
        for source in self._mutants(one):
            ran = self._run(one, path, text, source)
            if ran.outcome in {"unbuilt", "stopped"}:
                continue  # the language's own tools notice that one, or it hangs
            total += 1
            killed += ran.outcome == "failed"
        if not killed:
            return Rejected(one.chunk, "kills-nothing", f"passes on all {total} mutants", answers)
        funnel.useful += 1
        funnel.proven += 1
        funnel.tested += 1
        return _verified(one, path, text, answers, f"kills {killed} of {total} mutants")

    def _mutants(self, one: Subject) -> Iterator[bytes]:
        """Yield the file with one mistake in the function each time."""
        symbol, source = one.chunk.symbol, one.chunk.change.source
        tree = parse(self._command.language, source)
        assert symbol is not None  # noqa: S101 - a subject is a function
        node = tree.root_node.descendant_for_byte_range(symbol.header, symbol.end - 1) if tree else None
        if node is None:
            return
        span = (symbol.body, symbol.end)
        for edit in mutants(self._command.language, source, node, most=_MUTANTS, span=span):
            made = applied(source, edit)
            if not has_error(self._command.language, made):
                yield made


def _head(test: Change) -> str:
    return test.source[:_STYLE].decode("utf-8", "replace")


def _verified(one: Subject, path: str, text: str, answers: tuple[Completion, ...], kills: str) -> Verified:
    assert one.chunk.symbol is not None  # noqa: S101 - a subject is a function
    chunk = Chunk(Change(path, b"", b""), one.chunk.language, "module", 0, 0, 1, 1)
    passes = len(_ZONES) + 1
    suggestion = Suggestion(
        id=symbol_id("test", one.chunk.change, one.chunk.symbol, path),
        task="test",
        chunk=chunk,
        start_line=1,
        end_line=1,
        replacement=text,
        message=f"A test of {one.qualname}; what other tests reach of it was not measured",
        completions=answers,
        new_file=True,
        covers=(one.chunk,),
    )
    evidence = (
        Evidence("passes", passed=True, detail=f"{passes}/{passes} passes"),
        Evidence("catches", passed=True, detail=kills),
        Evidence("not-banned", passed=True, detail="no sleep, network, clock or path of this machine"),
    )
    return Verified(suggestion, evidence)
