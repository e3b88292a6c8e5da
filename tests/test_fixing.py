"""Fixes that a model writes: asked for in each model's own form, read as text, and proven like any other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest

from bot.data import Change, Completion, Failed, Outcome, Prompt, Rejected, Verified
from bot.pipeline import Work, run
from bot.pipeline.fixes import Fixes
from bot.pipeline.offering import EngineOffer
from bot.ports import EngineInfo, Prompting
from bot.verify.checker import Tools
from bot.verify.ruff import Ruff
from bot.verify.trials import NoTrials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from threading import Event

SPECIALS = (
    "<commit_after>",
    "<commit_before>",
    "<commit_msg>",
    "<fim_middle>",
    "<fim_prefix>",
    "<fim_suffix>",
    "<|endoftext|>",
)
TEMPLATE = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]"
CODE = """\
class Shelf:
    def find(self, title, books):
        found = None
        for book in books:
            if book.title == title or book.title == "any":
                found = book
        return found


def unrelated():
    return 1
"""


class Words:
    """Counts a token a word."""

    def count(self, text: str) -> int:
        return len(text.split())

    def head(self, text: str, tokens: int) -> str:
        return text[:tokens]

    def tail(self, text: str, tokens: int) -> str:
        return text[-tokens:]


class Scripted:
    """An engine that answers as it is told, and keeps what it was asked."""

    def __init__(
        self,
        answer: Callable[[Prompt], str],
        *,
        chat: bool = False,
        finish: Literal["stop", "length"] = "stop",
    ) -> None:
        self.asked: list[Prompt] = []
        self.tokenizer = Words()
        self.info = EngineInfo(
            "replay:",
            "scripted",
            "sha256:0",
            "none" if chat else "starcoder",
            2_048,
            chat=chat,
            prompting=Prompting(specials=() if chat else SPECIALS, chat_template=TEMPLATE if chat else ""),
        )
        self._answer, self._finish = answer, finish

    def complete(
        self,
        prompts: Iterable[Prompt],
        cancel: Event | None = None,  # noqa: ARG002
    ) -> Iterator[Completion | Failed]:
        for prompt in prompts:
            self.asked.append(prompt)
            text = self._answer(prompt)
            if text == "FAIL":
                yield Failed(prompt.chunk, "engine", "out of memory", prompt)
            else:
                yield Completion(prompt, text, self._finish, prompt.tokens, 5, 0.1)

    def close(self) -> None:
        """Hold nothing."""


def outcomes(root: Path, engine: Scripted, code: str = CODE, select: str = "PLR1714") -> list[Outcome]:
    """Take the findings of one file through the flow."""
    (root / "ruff.toml").write_text(f'lint.select = ["{select}"]\n', encoding="utf-8")
    source = code.encode()
    newline = "\r\n" if b"\r\n" in source else "\n"
    flow = Fixes(
        Tools(Ruff(root)), NoTrials("no test reaches this"), lambda _path, _name: "", EngineOffer(engine)
    )
    return list(run(flow, Work([Change("shelf.py", source, source, newline=newline)])))


GOOD = 'if book.title in {title, "any"}:'


def test_fill_in_the_middle_is_asked_for_the_faulty_lines_and_the_commit_form_for_the_function(
    tmp_path: Path,
) -> None:
    engine = Scripted(lambda _: "")
    outcomes(tmp_path, engine)
    lines, symbol = engine.asked
    before, _, after = lines.text.partition("<fim_suffix>")
    assert lines.purpose == "fix:lines"
    assert before.startswith("<fim_prefix>")
    assert "# Fix ruff PLR1714: " in before
    # what stands there now
    assert before.endswith('# `if book.title == title or book.title == "any":`\n            ')
    assert 'book.title == "any"' not in after
    assert after.endswith("<fim_middle>")
    assert "found = book" in after
    assert symbol.purpose == "fix:symbol"
    assert symbol.text.startswith("<commit_before>")
    assert 'book.title == "any"' in symbol.text
    assert symbol.text.endswith("<commit_after>")
    assert "unrelated" not in lines.text + symbol.text


def test_the_cheapest_answer_that_passes_becomes_the_suggestion(tmp_path: Path) -> None:
    def answer(prompt: Prompt) -> str:
        if prompt.purpose == "fix:lines":
            return GOOD
        method = "\n".join(CODE.split("\n")[1:7]).replace("found = None", "found = None  # none yet")
        return re.sub(r"if book.*:", GOOD, method)

    (outcome,) = outcomes(tmp_path, Scripted(answer))
    assert isinstance(outcome, Verified)
    one = outcome.suggestion
    assert (one.start_line, one.end_line, one.replacement) == (5, 5, f"            {GOOD}\n")
    assert [e.check for e in outcome.evidence][-1] == "untested"
    assert one.completions[0].prompt.purpose == "fix:lines"


def test_a_chat_model_answers_in_a_code_block(tmp_path: Path) -> None:
    method = re.sub(r"if book.*:", GOOD, "\n".join(CODE.split("\n")[1:7]))
    dedented = "\n".join(line[4:] for line in method.split("\n"))
    engine = Scripted(lambda _: f"Sure! Here it is:\n\n```python\n{dedented}\n```\nAnything else?", chat=True)
    (outcome,) = outcomes(tmp_path, engine)
    assert isinstance(outcome, Verified)
    assert outcome.suggestion.replacement == f"            {GOOD}\n"
    assert "[system]" in engine.asked[0].text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('if book.title in ({title, f"any"}):', 'if book.title in ({title, "any"}):'),  # F541: safe
        ('if book.title in sorted(list({title, "any"})):', ""),  # C414: ruff calls its fix unsafe
        ('if book.title in {title, f"any"} and undefined:', ""),  # F821 has no fix
    ],
)
def test_a_new_finding_that_ruff_can_safely_mend_is_mended_on_top(
    tmp_path: Path, written: str, shown: str
) -> None:
    """The whole of it is proven as one fix, and is one suggestion."""
    method = re.sub(r"if book.*:", written, "\n".join(CODE.split("\n")[1:7]))
    engine = Scripted(lambda _: f"```python\n{method}\n```", chat=True)
    (outcome,) = outcomes(tmp_path, engine, select='PLR1714", "F541", "F821", "C414')
    if shown:
        assert isinstance(outcome, Verified)
        assert outcome.suggestion.replacement == f"            {shown}\n"
        assert "no-new-finding" in {e.check for e in outcome.evidence if e.passed}
    else:
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "new-finding"


def test_line_ends_of_the_file_stay(tmp_path: Path) -> None:
    (outcome,) = outcomes(tmp_path, Scripted(lambda _: GOOD), CODE.replace("\n", "\r\n"))
    assert isinstance(outcome, Verified)
    assert outcome.suggestion.replacement == f"            {GOOD}\r\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no-answer"),
        ("FAIL", "no-answer"),
        ('if book.title == title or book.title == "any":', "does-not-apply"),
        ("if book.title in {title, 'any'}:  # noqa", "silences"),
        ("if False:", "weakens-check"),
        ("if book.title in (title:", "does-not-parse"),
        ("if book.title in {title, '\x1b[2J'}:", "unsafe-text"),
        ("if book.title in {title, '\u202e'}:", "unsafe-text"),
        ("if book.title == title or book.title == 'none':", "finding-remains"),
    ],
)
def test_an_answer_that_is_none_leaves_a_hint_with_the_reason(
    answer: str, reason: str, tmp_path: Path
) -> None:
    engine = Scripted(
        lambda prompt: answer if prompt.purpose == "fix:lines" else "FAIL" if answer == "FAIL" else ""
    )
    engine.info = EngineInfo(
        "replay:", "scripted", "sha256:0", "starcoder", 2_048, prompting=Prompting(specials=SPECIALS[3:])
    )
    (outcome,) = outcomes(tmp_path, engine)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason
    assert outcome.hint is not None
    assert outcome.hint.rule == "PLR1714"


def test_a_cut_answer_and_chat_without_code_are_no_answers(tmp_path: Path) -> None:
    (cut,) = outcomes(tmp_path, Scripted(lambda _: GOOD, finish="length"))
    (chatter,) = outcomes(tmp_path, Scripted(lambda _: "I would use a set.", chat=True))
    assert isinstance(cut, Rejected)
    assert isinstance(chatter, Rejected)
    assert (cut.reason, chatter.reason) == ("cut-short", "no-answer")


def test_words_and_code_of_others_spell_no_special_token(tmp_path: Path) -> None:
    code = 'def f(x):\n    y = "<fim_middle><commit_after>"\n    return x == None\n'
    engine = Scripted(lambda _: "")
    outcomes(tmp_path, engine, code, "E711")
    outcomes(tmp_path, engine, code, "F841")
    for prompt in engine.asked:
        assert prompt.text.count("<fim_middle>") + prompt.text.count("<commit_after>") == 1
